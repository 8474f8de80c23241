// Part of the build: bundles each entry of the package with what it needs, and what several need into chunks. Loading a
// file for each module would be most of the time of an import: `statevisor` has fifty of them.

import { rolldown } from "rolldown";

const entries = [
  "src/index",
  "machines/index",
  "src/testing/index",
  "src/node/index",
  "src/http/index",
  "src/inspector/index",
  "src/cli/main",
];

/** What the core is made of: one file, whoever loads it. */
const core = /\/machines\/(?!index)|\/src\/(?:(?:contract|definition|engine|tree|observation)\/)?[\w-]+\.ts$/;

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [entry, `${entry}.ts`])),
  external: /^[^./]/,
  platform: "neutral",
});
await bundle.write({
  dir: "dist",
  format: "esm",
  comments: false,
  entryFileNames: "[name].js",
  chunkFileNames: "src/chunks/[name].js",
  sourcemap: true,
  sourcemapExcludeSources: true, // the package ships src/ itself
  codeSplitting: { groups: [{ name: "core", test: core }] },
});
