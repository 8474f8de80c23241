// Tables fit the terminal: no line is longer, and what matters least goes first.

import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { formatStatusTable } from "../../src/cli/print/status-table.ts";
import { createStyle } from "../../src/cli/print/style.ts";
import { cut } from "../../src/cli/print/table.ts";
import type { Report } from "../../src/cli/report.ts";

const report = (name: string, more: object = {}) =>
  ({
    name,
    path: `app/${name}`,
    state: "running",
    phase: "healthy",
    exit: null,
    since: 0,
    restarts: 3,
    pid: 12_345,
    summary: "",
    ...more,
  }) as unknown as Report;

const failing = {
  state: "backoff",
  phase: "counting",
  summary: `app/b: in backoff, next attempt in 4 s: ${"x".repeat(300)}`,
};
const rows = [report("a-service-with-a-long-name"), report("b", failing)].map((each) => ({ report: each, depth: 0 }));
const style = createStyle({ isTTY: true }, {});
const tableOf = (width: number) =>
  formatStatusTable(rows, { now: 5_000, style, width }).map((line) => stripVTControlCharacters(line));

// Case K20.
describe("the table of `status`", () => {
  it("has no line that is longer than the terminal, however narrow that is", () => {
    for (let width = 8; width < 200; width++) {
      for (const line of tableOf(width)) expect(line.length, line).toBeLessThanOrEqual(width);
    }
  });

  it.each([
    [100, "SERVICE          STATE      SINCE  RESTARTS    PID  WHY"],
    [62, "SERVICE       STATE      SINCE  RESTARTS  WHY"],
    [50, "SERVICE       STATE      SINCE  WHY"],
    [30, "SERVICE       STATE"],
  ])("has on %d columns what fits: %s", (width, header) => {
    expect(tableOf(width)[0]).toBe(header);
  });

  it("shows a name and a state on 30 columns", () => {
    expect(tableOf(30).slice(1)).toEqual(["a-service-w…  ● running", "b             ↻ backoff"]);
  });
});

it("a text that is cut keeps its colours, and ends them", () => {
  expect(cut("\u001b[31mabcdef\u001b[39m", 4)).toBe("\u001b[31mabc…\u001b[0m");
  expect(cut("\u001b[31mabc\u001b[39m", 3)).toBe("\u001b[31mabc\u001b[39m");
  expect(cut("abc", 2)).toBe("a…");
});
