// The line of a program's output that says why it ended.

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { lastWordsOf } from "../../src/node/last-words.ts";
import type { OutputStream } from "../../src/node/process-output.ts";

const said = (text: string, stream: OutputStream = "stderr") => text.split("\n").map((line) => ({ line, stream }));

describe("the last words of a program", () => {
  it.each([
    ["the last line that is not blank", said("one\ntwo\n\n"), "two"],
    ["a line of stderr before one of stdout", [...said("why"), ...said("bye", "stdout")], "why"],
    ["of stdout, where stderr has none", [...said("bye", "stdout"), ...said(" ")], "bye"],
    ["none at all", [], undefined],
    ["the version of Node, where a program prints just that", said("Node.js v20.1.0"), "Node.js v20.1.0"],
    [
      "the error, though the carets are no longer kept",
      said(`Error: deep\n${"    at f (a.js:1:1)\n".repeat(40)}\nNode.js v20.1.0`),
      "Error: deep",
    ],
  ])("are %s", (_, lines, expected) => expect(lastWordsOf(lines)).toBe(expected));

  // Case K10.
  it.each([
    ['throw new Error("no disk")', "Error: no disk"],
    ['throw Object.assign(new TypeError("bad"), { code: "E_BAD", detail: { a: 1 } })', "TypeError: bad"],
    ['throw new Error("outer", { cause: new Error("inner") })', "Error: outer"],
    ['Promise.reject(new RangeError("too far"))', "RangeError: too far"],
    ['require("./is-not-there")', "Error: Cannot find module './is-not-there'"],
    ["let a = ;", "SyntaxError: Unexpected token ';'"],
    ['throw "just text"', "just text"],
  ])("of a Node program that runs %s are its error, not the version of Node", (program, expected) => {
    const { stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
    expect(stderr).toMatch(/^Node\.js v\d+/m);
    expect(lastWordsOf(said(stderr))).toBe(expected);
  });
});
