// bundle.mjs: the build step that bundles each entry of the package, with shared modules in chunks.
// Without bundles, an import would spend most of its time loading files: `statevisor` has fifty modules.

import { copyFileSync } from "node:fs";
import { rolldown } from "rolldown";

const entries = [
  "src/index",
  "machines/index",
  "src/testing/index",
  "src/node/index",
  "src/http/index",
  "src/otel/index",
  "src/inspector/index",
  "src/cluster/index",
  "src/cluster/nats/index",
  "src/cluster/postgres/index",
  "src/cli/main",
];

/** The modules of the core, which go into one chunk that all entries share. */
const clustered = "membership|role|policies/(?:lease|directory|placement|failover)";
const core = new RegExp(
  `/machines/(?!index|${clustered})|/src/(?:(?:contract|definition|engine|tree|observation)/)?[\\w-]+\\.ts$`,
);

/** It has a hundred files, of which half are languages: `up` would spend a sixth of its start on loading them. */
const bundled = /^zod(\/|$)/;

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [entry, `${entry}.ts`])),
  external: (id) => /^[^./]/.test(id) && !bundled.test(id),
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
  codeSplitting: {
    groups: [
      // All of the core that a verb such as `status` needs, which asks a running tree.
      { name: "states", test: /\/(?:machines|contract)\/states\.ts$/, priority: 1 },
      { name: "core", test: core },
      { name: "zod", test: /\/node_modules\/zod\// },
    ],
  },
});
copyFileSync("node_modules/zod/LICENSE", "dist/src/chunks/zod.LICENSE");
