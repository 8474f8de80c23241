// Importing `statevisor` loads nothing of a cluster, and importing `statevisor/cluster` loads no engine.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const dist = fileURLToPath(new URL("../../dist/src/", import.meta.url));

/** The text of a bundle and of all that it imports, but for what it imports when it is called. */
function loaded(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, "utf8");
  seen.set(file, text);
  for (const [, target] of text.matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"/gm)) {
    loaded(join(dirname(file), target!), seen);
  }
  return seen;
}

const sourcesOf = (entry: string) =>
  [...loaded(join(dist, entry)).values()].flatMap((text) =>
    [...text.matchAll(/^\/\/ (src\/\S+|machines\/\S+)$/gm)].map(([, source]) => source!),
  );

it("importing the core loads no part of a cluster", () => {
  const sources = sourcesOf("index.js");
  expect(sources).toContain("src/tree/service.ts");
  expect(
    sources.filter((source) =>
      /cluster|membership|role(-parts)?\.ts|lease\.ts|placement|failover|directory/.test(source),
    ),
  ).toEqual([]);
});

it("importing a cluster loads no engine", () => {
  const sources = sourcesOf("cluster/index.js");
  expect(sources).toContain("src/cluster/session.ts");
  expect(sources.filter((source) => /cluster\/(nats|postgres)\//.test(source))).toEqual([]);
  const packages = [...loaded(join(dist, "cluster/index.js")).values()].join("\n");
  expect(packages).not.toMatch(/from "(pg|@nats-io\/[^"]+)"/);
});
