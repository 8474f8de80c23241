// Every document and every test that a comment cites is in the repository.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./support/pages.ts";

const files = ["examples", "machines", "src", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => join(folder, file)),
);
const known = new Set([...files, "README.md", "CONTRIBUTING.md"].map((file) => basename(file)));
const sources = files.filter((file) => /\.(tsx?|m?js|css|go|erl|py)$/.test(file));

/** The comments of a file, each a line. What stands behind code on its line is left out. */
function commentsOf(file: string): string[] {
  return readFileSync(join(root, file), "utf8")
    .split("\n")
    .filter((line) => /^\s*(\/\/|\/?\*|#|%)/.test(line));
}

it("every document and every test that a comment cites is in the repository", () => {
  const dead = sources.flatMap((file) =>
    commentsOf(file).flatMap((line) =>
      [...line.matchAll(/[\w-]+\.(?:md|test\.ts)\b/g)]
        .filter(([name]) => !known.has(name))
        .map(([name]) => `${file} cites ${name}`),
    ),
  );
  expect(dead).toEqual([]);
});

it("no comment cites a section by its number or letter: those move", () => {
  const cited = sources.flatMap((file) =>
    commentsOf(file)
      .filter((line) => /\bsections? ([A-Z]|\d[\d.]*)\b/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(cited).toEqual([]);
});
