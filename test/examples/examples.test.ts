// Each example prints the output that is kept beside it, and ends by itself.

import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { runExample } from "./run-example.ts";

const folder = new URL("../../examples/", import.meta.url);
const examples = readdirSync(folder).filter((file) => /^\d\d-.*\.ts$/.test(file));

it("the examples are numbered without a gap", () => {
  expect(examples.map((file) => Number(file.slice(0, 2)))).toEqual(examples.map((_, index) => index + 1));
  expect(examples.length).toBeGreaterThan(0);
});

it.for(examples)("%s prints what is kept beside it, and ends by itself", async (file) => {
  const expected = await readFile(new URL(file.replace(/\.ts$/, ".out.txt"), folder), "utf8");
  const { stdout, stderr, end } = await runExample(file).ended;
  expect(stderr).toBe("");
  expect(stdout).toBe(expected);
  expect(end).toBe(0);
});
