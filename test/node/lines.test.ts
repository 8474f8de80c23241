import { describe, expect, it } from "vitest";
import { LineSplitter, maxLineLength } from "../../src/node/lines.ts";

function split(...chunks: string[]): string[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

describe("a line splitter", () => {
  it.for<[what: string, chunks: string[], lines: string[]]>([
    ["gives whole lines, however they come", ["a", "b\nc", "\n", "\nd\n"], ["ab", "c", "", "d"]],
    ["gives a last line without an end", ["a\nb"], ["a", "b"]],
    ["gives nothing for nothing", ["", ""], []],
    ["takes \\r\\n as one end, also when it comes in two pieces", ["a\r", "\nb\r\n"], ["a", "b"]],
    ["leaves a lone \\r where it is", ["10 %\r20 %\n"], ["10 %\r20 %"]],
  ])("%s", ([, chunks, lines]) => {
    expect(split(...chunks)).toEqual(lines);
  });

  it("gives a line that is too long in pieces, and keeps no more than one piece", () => {
    const splitter = new LineSplitter();
    const chunk = "x".repeat(100_000);
    let given = 0;
    for (let i = 0; i < 20; i++) given += splitter.push(chunk).join("").length;
    expect(2_000_000 - given).toBeLessThanOrEqual(maxLineLength);
    const lines = split("x".repeat(maxLineLength), "x", "\n", "y\n");
    expect(lines.map(({ length }) => length)).toEqual([maxLineLength, 1, 1]);
  });

  it("cuts no character in two", () => {
    const lines = split(`x${"😀".repeat(maxLineLength)}\n`);
    expect(lines.every((line) => Buffer.from(line).toString() === line)).toBe(true);
    expect(lines.join("")).toBe(`x${"😀".repeat(maxLineLength)}`);
  });
});
