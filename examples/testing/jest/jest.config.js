export default {
  transform: {}, // ES modules as they are
  // Only inside of this repository, where the package is not installed: a package of yours needs none of this.
  moduleNameMapper: { "^statevisor/testing$": "<rootDir>/../../../dist/src/testing/index.js" },
};
