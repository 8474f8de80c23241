// The README of the command: its config is valid, its tables have every verb and every exit code, and no others.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { exitCodes } from "../../src/cli/cli-error.ts";
import { readData } from "../../src/cli/config/read-data.ts";
import { describeTree } from "../../src/index.ts";
import { createCli } from "./support.ts";

const page = readFileSync(new URL("../../src/cli/README.md", import.meta.url), "utf8");

/** The first cells of the table below a row of headers. */
function firstCells(header: string): string[] {
  const [, table] = page.split(`| ${header} |`);
  const rows = table!.split("\n").slice(2);
  const end = rows.findIndex((row) => !row.startsWith("|"));
  return rows.slice(0, end).map((row) => row.split("|")[1]!.trim());
}

it("shows a config that is valid", () => {
  const [, text] = /```yaml\n([\s\S]*?)```/.exec(page)!;
  const { spec } = readData("/app/statevisor.config.yaml", text!);
  expect(describeTree(spec).startOrder).toEqual([["shop/database"], ["shop/migrate"], ["shop/api"]]);
});

it("lists every verb", async () => {
  const { stdout } = await createCli().run("--help");
  const verbs = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[.*?\])*(?: <.*?>)? {2,}/gm)].map((match) => match[1]!);
  const listed = firstCells("verb | does").flatMap((cell) =>
    [...cell.matchAll(/`([a-z]+)/g)].map((match) => match[1]!),
  );
  expect(listed.toSorted()).toEqual(verbs.filter((verb) => verb !== "help").toSorted());
});

it("lists every exit code", () => {
  const listed = firstCells("exit code | means").flatMap((cell) => cell.split(", ").map(Number));
  expect(listed).toEqual([...Object.values(exitCodes), 130, 143]);
});

// Case K19.
it("tells users of PM2 what bounds the restarts of a program that exits with 0, and that it does", async () => {
  const [row] = page.match(/^\|.*max_restarts.*exits with 0.*$/m)!;
  expect(row).toContain("intensity: { maxRestarts, withinMs }");
  const cli = createCli();
  cli.write("statevisor.config.json", {
    name: "app",
    intensity: { maxRestarts: 3, withinMs: 60_000 },
    services: [{ name: "web", command: ["true"], restart: { policy: "always", initialBackoffMs: 10, maxRetries: 3 } }],
  });
  const { code, stderr } = await cli.run("up");
  expect(stderr).toMatch(/web ↻ .*restarts in/);
  expect(stderr).toMatch(/app ✖ gives up: more than 3 automatic restarts/);
  expect(code).toBe(1);
}, 30_000);
