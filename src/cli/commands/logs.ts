// logs.ts: `logs` prints the newest output of the services, and with --follow the output that comes.

import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import type { JournalLine } from "../journal.ts";
import { formatTime, withoutRoot } from "../print/format.ts";
import { colourOf } from "../print/style.ts";

export interface LogsOptions extends AskOptions {
  follow?: boolean;
  lines: number;
}

export function logs(services: readonly string[], options: LogsOptions): Promise<number> {
  const { follow = false, lines } = options;
  return askAndPrint({ verb: "logs", services, follow, lines, format }, options);
}

function format(line: JournalLine | { dropped: number }): string {
  if ("dropped" in line) {
    return style("yellow", `… ${line.dropped} lines left out: they came faster than they were read`);
  }
  const name = withoutRoot(line.path);
  const mark = style(line.stream === "stdout" || line.stream === "log" ? "dim" : "red", "│");
  return `${style("dim", formatTime(line.time))} ${style(colourOf(name), name)} ${mark} ${line.text}`;
}
