// The two forms of a recording: one document, and the lines of a file that a program writes as it runs.

import { describe, expect, it } from "vitest";
import { parseRecording } from "../../src/inspector/shared/parse-recording.ts";

describe("a recording in lines", () => {
  const head = { lines: true, format: "statevisor-recording", now: 0, tree: 1, charts: { a: 1 }, entries: [] };
  const batch = { now: 7, entries: [{ n: 1 }, { n: 2 }], charts: { b: 2 } };

  it("is put together, without a last line that was cut off", () => {
    const text = [head, batch, { now: 9, tree: 2, entries: [{ n: 3 }] }].map((line) => JSON.stringify(line)).join("\n");
    expect(parseRecording(`${text}\n{"now":11,"entries":[{"n":4}`)).toEqual({
      format: "statevisor-recording",
      now: 9,
      tree: 2,
      charts: { a: 1, b: 2 },
      entries: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
  });

  it("is told from a document, which may have line breaks, too", () => {
    expect(parseRecording('{\n"format": "x"\n}')).toEqual({ format: "x" });
    expect(() => parseRecording("no JSON")).toThrow(SyntaxError);
  });
});
