// status-table.ts: the list of services that `status` prints and `up` keeps on the screen.

import type { Report } from "../report.ts";
import { clip, formatMs } from "./format.ts";
import { harmless } from "./harmless.ts";
import { formatState } from "./states.ts";
import type { Style } from "./style.ts";
import { type Align, formatTable, lengthOf } from "./table.ts";

export interface StatusTableOptions {
  /** clock.now() of the process that runs the tree. */
  readonly now: number;
  readonly style: Style;
  /** Columns of the terminal; no row is longer. */
  readonly width?: number;
}

/** Columns for everything but the name: the numbers, and a reason of a readable length. */
const roomForTheRest = 85;

const headers = ["SERVICE", "STATE", "SINCE", "RESTARTS", "PID", "WHY"];
const align: Align[] = ["left", "left", "right", "right", "right", "left"];

/** A header, and a line for each service; a nested service is indented below its supervisor. */
export function formatStatusTable(
  rows: readonly { report: Report; depth: number }[],
  { now, style, width = Number.POSITIVE_INFINITY }: StatusTableOptions,
): string[] {
  // The reason matters more than the end of a long name.
  const nameWidth = Math.max(12, width - roomForTheRest);
  const cells = rows.map(({ report, depth }) => [
    clip(`${"  ".repeat(depth)}${report.name}`, nameWidth),
    formatState(report, style),
    formatMs(now - report.since),
    String(report.restarts),
    report.pid === null ? "" : String(report.pid),
    "",
  ]);
  const lines = formatTable([headers.map((header) => style("dim", header)), ...cells], align);
  // The last column gets the width that the others leave.
  const start = lengthOf(lines[0]!) - lengthOf("WHY");
  return lines.map((line, i) => {
    const why = i === 0 ? "" : harmless(reasonOf(rows[i - 1]!.report), false);
    if (why === "") return line;
    return line + " ".repeat(Math.max(0, start - lengthOf(line))) + style("dim", clip(why, width - start - 1));
  });
}

/** Empty for a service that is as it should be. */
function reasonOf({ path, phase, summary }: Report): string {
  if (phase === "healthy" || phase === "completed") return "";
  // The column of the state says that much already.
  return summary.replace(`${path}: `, "").replace(/^(in backoff, |stopped; |stopped |failed for good )/, "");
}
