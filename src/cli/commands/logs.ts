// logs.ts: `logs` prints the newest output of the services, with --follow also what comes, and after the end that of the last run.

import { CliError, exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { type AskOptions, askAndPrint, printDocument, style } from "../control/ask-and-print.ts";
import { schemaVersion } from "../control/call.ts";
import type { JournalLine } from "../journal.ts";
import { type LastOutput, readLastRun } from "../last-run.ts";
import { formatTime, withoutRoot } from "../print/format.ts";
import { colourOf } from "../print/style.ts";

export interface LogsOptions extends AskOptions {
  follow?: boolean;
  lines: number;
  /** Milliseconds since 1970. */
  since?: number;
}

export async function logs(services: readonly string[], options: LogsOptions): Promise<number> {
  const { follow = false, lines, since } = options;
  try {
    return await askAndPrint(
      { verb: "logs", services, follow, lines, ...(since !== undefined && { since }), format },
      options,
    );
  } catch (error) {
    const isOver = error instanceof CliError && error.exitCode === exitCodes.notRunning;
    const last = isOver && !follow ? readLastRun(findConfig(options.config), services, options) : null;
    if (last === null) throw error;
    return printLastRun(last, options);
  }
}

function printLastRun({ run, lines, unknown }: LastOutput, { json }: LogsOptions): number {
  if (unknown.length > 0) {
    throw new CliError(exitCodes.usage, `there was no service ${unknown.join(", ")} in the last run of ${run.name}`);
  }
  process.stderr.write(`nothing is running; this is of the run that ended at ${formatTime(run.endedAt)}\n`);
  for (const line of lines) printDocument({ schemaVersion, ...line }, format, json);
  return exitCodes.ok;
}

function format(line: JournalLine | { dropped: number }): string {
  if ("dropped" in line) {
    return style("yellow", `… ${line.dropped} lines left out: they came faster than they were read`);
  }
  const name = withoutRoot(line.path);
  const mark = style(line.stream === "stdout" || line.stream === "log" ? "dim" : "red", "│");
  return `${style("dim", formatTime(line.time))} ${style(colourOf(name), name)} ${mark} ${line.text}`;
}
