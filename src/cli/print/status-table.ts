// status-table.ts: the list of services that `status` prints and `up` keeps on the screen.

import type { Report } from "../report.ts";
import { clip, formatMs } from "./format.ts";
import { harmless } from "./harmless.ts";
import { formatState } from "./states.ts";
import type { Style } from "./style.ts";
import { type Align, formatTable } from "./table.ts";

export interface StatusTableOptions {
  /** clock.now() of the process that runs the tree. */
  readonly now: number;
  readonly style: Style;
  /** Columns of the terminal; no row is longer. */
  readonly width?: number;
}

/** Columns for everything but the name: the numbers, and a reason of a readable length. */
const roomForTheRest = 85;
/** A name is cut no shorter than this, unless not even the state would fit beside it. */
const leastName = 12;
const widestState = 13;

const headers = ["SERVICE", "STATE", "SINCE", "RESTARTS", "PID", "WHY"];
const align: Align[] = ["left", "left", "right", "right", "right", "left"];
/** What a narrow terminal does without: first the process id, then the restarts, then the time. */
const spare = [4, 3, 2];

/** A header, and a line for each service; a nested service is indented below its supervisor. */
export function formatStatusTable(
  rows: readonly { report: Report; depth: number }[],
  { now, style, width = Number.POSITIVE_INFINITY }: StatusTableOptions,
): string[] {
  // The reason matters more than the end of a long name.
  const nameWidth = Math.max(4, Math.min(Math.max(leastName, width - roomForTheRest), width - widestState));
  const dimmed = (text: string) => (text === "" ? "" : style("dim", text));
  const cells = rows.map(({ report, depth }) => [
    clip(`${"  ".repeat(depth)}${report.name}`, nameWidth),
    formatState(report, style),
    formatMs(now - report.since),
    String(report.restarts),
    report.pid === null ? "" : String(report.pid),
    dimmed(clip(harmless(reasonOf(report), false), Number.POSITIVE_INFINITY)),
  ]);
  return formatTable([headers.map((header) => style("dim", header)), ...cells], { align, width, spare });
}

/** Empty for a service that is as it should be. */
function reasonOf({ path, state, phase, summary }: Report): string {
  if (phase === "healthy" || phase === "completed") return "";
  if (state === "stopped" && phase === "scheduled") return summary.replace(/^.*, (?=next run)/, "");
  // The column of the state says that much already.
  return summary.replace(`${path}: `, "").replace(/^(in backoff, |stopped; |stopped |failed for good )/, "");
}
