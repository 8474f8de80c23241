// json-printer.ts: what `up --json` prints for programs: one document a line, on stdout.

import { SupervisorError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import { schemaVersion } from "../control/verbs.ts";
import type { Printer, Stage } from "./printer.ts";

/** Types: "update" (an update of the tree), "output" (a line), "notice", and at the end "summary". */
export function createJsonPrinter({ stdout }: Pick<Stage, "stdout">): Printer {
  const print = (document: object) =>
    void stdout.write(`${JSON.stringify({ schemaVersion, ...document }, withErrors)}\n`);
  return {
    line: (line) => print({ type: "output", ...line }),
    update: (update) => print({ type: "update", time: Date.now(), update }),
    notice: (text) => print({ type: "notice", time: Date.now(), text }),
    tick: () => {},
    end: ({ exitCode, outcome, reasons, ranMs, tally }) =>
      print({ type: "summary", exitCode, outcome, reasons, ranMs, services: tally.services() }),
  };
}

/** JSON has no errors: an error becomes an object with its name, message, code and stack. */
function withErrors(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (!(value instanceof Error)) return value;
  return {
    name: value.name,
    message: textOf(value),
    ...(value instanceof SupervisorError && { code: value.code }),
    stack: value.stack,
  };
}
