// The imports of each file go down the layers, and no comment cites a document that does not exist.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : path.endsWith(".ts") || path.endsWith(".tsx") ? [path] : [];
  });
}

interface Import {
  /** A path from the root of the repository, or the name of a package. */
  readonly target: string;
  /** It brings types alone, and is gone at run time. */
  readonly isOfTypes: boolean;
}

function readImports(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  return [
    ...text.matchAll(/^(?:import|export)\b([^;]*?)from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ].map((match) => {
    const specifier = (match[2] ?? match[3] ?? match[4])!;
    const target = specifier.startsWith(".") ? relative(root, resolve(root, dirname(file), specifier)) : specifier;
    return { target, isOfTypes: isOfTypes(match[1]?.trim() ?? "") };
  });
}

/** Of what stands between `import` and `from`: `type { A }`, or `{ type A, type B }`. */
function isOfTypes(names: string): boolean {
  if (names.startsWith("type ")) return true;
  const inBraces = /^\{(.*)\}$/s
    .exec(names)?.[1]
    ?.split(",")
    .filter((name) => name.trim() !== "");
  return inBraces?.every((name) => name.trim().startsWith("type ")) ?? false;
}

function importsOf(file: string): string[] {
  return (graph.get(file) ?? []).map(({ target }) => target);
}

const files = [...filesBelow("machines"), ...filesBelow("src")];
const graph = new Map(files.map((file) => [file, readImports(file)]));

/** The layers, from the bottom up. A file may import its own layer and those below. */
const layers: readonly (readonly [name: string, test: RegExp])[] = [
  ["policies", /^machines\/policies\//],
  ["machines", /^machines\//],
  ["contract", /^src\/contract\//],
  ["definition, engine", /^src\/(definition|engine)\//],
  ["tree", /^src\/tree\//],
  ["observation", /^src\/observation\//],
  ["handle", /^src\/[^/]+\.ts$/],
  ["cluster", /^src\/cluster\/[^/]+\.ts$/],
  ["edges", /^src\/(node|http|otel|inspector|testing|cli|cluster\/\w+)\//],
];
const layerOf = (file: string) => layers.findIndex(([, test]) => test.test(file));
const isEdge = (file: string) => /^src\/(node|http|otel|inspector|cli|cluster\/\w+)\//.test(file);

describe("imports", () => {
  it("go one way: policies, machines, contract, definition and engine, tree, observation, handle, cluster, edges", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => graph.has(target) && layerOf(target) > layerOf(file))
        .map(
          (target) =>
            `${file} may not import ${target}: ${layers[layerOf(target)]![0]} is above ${layers[layerOf(file)]![0]}`,
        ),
    );
    expect(wrong).toEqual([]);
  });

  it("of policies name nothing at all, not even each other", () => {
    const importing = files.filter((file) => layerOf(file) === 0 && importsOf(file).length > 0);
    expect(importing).toEqual([]);
  });

  it("of the core name no platform, and no package but xstate and immer", () => {
    const wrong = files
      .filter((file) => !isEdge(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !graph.has(target) && !["xstate", "immer"].includes(target.split("/")[0]!))
          // The explorer of statevisor/testing loads it when it is used.
          .filter((target) => !(file.startsWith("src/testing/explore/") && target === "fast-check"))
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  // What XState does not document is kept in one file, and the inspector shows XState's actors.
  it("of the command, the inspector, the HTTP handlers and OpenTelemetry name public entries, the contract and xstate.ts alone", () => {
    const entry = /^(machines|src|src\/(node|http|inspector|cli|testing|cluster|cluster\/\w+))\/index\.ts$/;
    const wrong = files
      .filter((file) => /^src\/(cli|inspector|http|otel)\//.test(file))
      .flatMap((file) => {
        const own = file.split("/", 2).join("/");
        return (
          importsOf(file)
            .filter((target) => graph.has(target) && !target.startsWith(`${own}/`))
            .filter((target) => !entry.test(target) && !target.startsWith("src/contract/"))
            .filter((target) => !(own === "src/inspector" && target === "src/engine/xstate.ts"))
            // The metrics are the same.
            .filter((target) => !(own === "src/otel" && target === "src/http/families.ts"))
            .map((target) => `${file} may not import ${target}: what it lacks belongs on the handle`)
        );
      });
    expect(wrong).toEqual([]);
  });

  it("make no circle of values", () => {
    expect(findCircles((file) => graph.get(file)!.filter(({ isOfTypes }) => !isOfTypes))).toEqual([]);
  });

  it("make no circle between folders, those of types included", () => {
    const isElsewhere = (file: string) => (one: Import) => dirname(one.target) !== dirname(file);
    expect(findCircles((file) => graph.get(file)!.filter(isElsewhere(file)))).toEqual([]);
  });
});

describe("the core", () => {
  it("takes time and chance only from its clock and its random source", () => {
    const sources = files.filter(
      (file) => !isEdge(file) && file !== "src/engine/system-clock.ts" && !file.startsWith("src/testing/"),
    );
    const wrong = sources.filter((file) =>
      /Date\.now|performance\.now|(?<![.\w#])setTimeout\((?!fn: )|setInterval\(|Math\.random\(/.test(
        readFileSync(join(root, file), "utf8"),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("has no bare wildcard in its charts", () => {
    const wrong = filesBelow("machines").filter((file) =>
      /["']\*["']\s*:/.test(readFileSync(join(root, file), "utf8")),
    );
    expect(wrong).toEqual([]);
  });
});

/** The circles of files that import each other, each as a path. */
function findCircles(among: (file: string) => readonly Import[]): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
    if (done.has(file) || trail.includes(file)) return;
    for (const { target } of among(file)) if (graph.has(target)) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return circles;
}
