// json-printer.ts: what `up --json` prints for programs: one document a line, on stdout.

import { summariseError } from "../../contract/error-summary.ts";
import { schemaVersion } from "../control/call.ts";
import { createOutlet } from "./outlet.ts";
import { goodbyeMs, type Printer, type Stage } from "./printer.ts";

/**
 * Types: "update" (an update of the tree), "output" (a line), "notice", "dropped" (so many documents were left out, since
 * the reader was slow), and at the end "summary".
 */
export function createJsonPrinter({ stdout }: Pick<Stage, "stdout">): Printer {
  const toLine = (document: object) => JSON.stringify({ schemaVersion, ...document }, withErrors);
  const out = createOutlet(stdout, (count) => toLine({ type: "dropped", time: Date.now(), count }));
  const print = (document: object) => out.add(() => toLine(document));
  return {
    line: (line) => print({ type: "output", ...line }),
    update: (update) => print({ type: "update", time: Date.now(), update }),
    notice: (text) => print({ type: "notice", time: Date.now(), text }),
    tick: () => {},
    async end({ exitCode, outcome, reasons, ranMs, tally }) {
      print({ type: "summary", exitCode, outcome, reasons, ranMs, services: tally.services() });
      await out.close(goodbyeMs);
    },
  };
}

/** JSON has no errors: an error becomes an object with its name, message, code and stack. */
function withErrors(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Error ? summariseError(value) : value;
}
