export default {
  transform: {}, // ES modules as they are
  // Only needed inside this repository, where the package is not installed.
  moduleNameMapper: { "^statevisor/testing$": "<rootDir>/../../../dist/src/testing/index.js" },
};
