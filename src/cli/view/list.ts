// list.ts: the list of services at the bottom of the terminal, as lines: what they show follows from the state and the size.

import { clip, formatMs, plural, withoutRoot } from "../print/format.ts";
import { isFine } from "../print/states.ts";
import { formatStatusTable } from "../print/status-table.ts";
import type { Style } from "../print/style.ts";
import { cut } from "../print/table.ts";
import { flatten, type Report, type TreeReport } from "../report.ts";
import { formatHints, listKeys } from "./keys.ts";
import type { ViewState } from "./state.ts";

/** How the tree is. */
export interface Look {
  readonly tree: TreeReport;
  /** clock.now() of the process that runs the tree. */
  readonly now: number;
  readonly health: string;
  readonly ranMs: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ListOptions {
  readonly size: Size;
  readonly style: Style;
  /** Whether keys are read, and whether leaving stops the tree. */
  readonly takesKeys: boolean;
  readonly ownsTree: boolean;
  /** Lines of output that have not ended. */
  readonly unended: readonly string[];
}

type Row = ReturnType<typeof flatten>[number];

/** How many lines that have not ended are shown. */
const shownUnended = 5;

export function rowsOf({ tree }: Look, { filter }: ViewState): Row[] {
  const wanted = filter.toLowerCase();
  return flatten(tree).filter(({ report }) => withoutRoot(report.path).toLowerCase().includes(wanted));
}

export function drawList(look: Look, state: ViewState, options: ListOptions): string[] {
  const { size, style, takesKeys, unended } = options;
  const width = size.columns - 1;
  const all = rowsOf(look, state);
  const shown = chooseRows(all, state.selected, Math.max(3, Math.floor(size.rows / 2) - 3));
  const mark = (path: string | undefined) =>
    path !== undefined && path === state.selected ? style("cyan", "❯ ") : "  ";
  const table = formatStatusTable(shown, { now: look.now, style, width: takesKeys ? width - 2 : width });
  const marked = takesKeys ? table.map((line, i) => `${mark(shown[i - 1]?.report.path)}${line}`) : table;
  const rest = all.length - shown.length;
  const lines = [
    ...unended.slice(-shownUnended).map((line) => cut(line, width)),
    style("dim", "─".repeat(Math.max(0, Math.min(width, 100)))),
    ...marked,
    ...(rest > 0 ? [style("dim", clip(restOf(rest, state), width))] : []),
    style("dim", clip(footer(look, options), width)),
    ...(takesKeys ? [cut(lastLine(state, look, options), width)] : []),
  ];
  // What is higher than the terminal cannot be drawn in place.
  return lines.slice(-Math.max(1, size.rows - 1));
}

function restOf(rest: number, { selected, filter }: ViewState): string {
  const isChosen = selected === null && filter === "";
  return `… and ${plural(rest, "service")} more${isChosen ? ", all as they should be" : ""}`;
}

/** The rows that fit: those around the selection, or the most telling ones. All in the order of the tree. */
function chooseRows(rows: readonly Row[], selected: string | null, room: number): readonly Row[] {
  if (rows.length <= room) return rows;
  const at = rows.findIndex(({ report }) => report.path === selected);
  if (at === -1) return mostTelling(rows, room);
  const from = Math.min(Math.max(0, at - Math.floor(room / 2)), rows.length - room);
  return rows.slice(from, from + room);
}

/** First the services that are not as they should be, then others. */
function mostTelling(rows: readonly Row[], room: number): readonly Row[] {
  const is = (wanted: boolean) => (row: { report: Report }) => isFine(row.report) === wanted;
  const chosen = new Set([...rows.filter(is(false)), ...rows.filter(is(true))].slice(0, room));
  return rows.filter((row) => chosen.has(row));
}

function footer({ tree, health, ranMs }: Look, { ownsTree, takesKeys }: ListOptions): string {
  const leaves = flatten(tree).filter(({ report }) => report.kind === "service");
  const up = leaves.filter(({ report }) => report.state === "running").length;
  const stop = tree.state === "stopping" ? "stopping; Ctrl-C again kills what is left" : "Ctrl-C stops";
  const leave = `${tree.state === "stopping" ? "stopping; " : ""}${takesKeys ? "" : "read only, no keys here; "}Ctrl-C leaves`;
  const what = ownsTree ? stop : leave;
  return `${tree.name}: ${up} of ${leaves.length} up, ${health}, for ${formatMs(ranMs)} (${what})`;
}

/** What is being typed, what a key did, or the hints. */
function lastLine(state: ViewState, { tree }: Look, { size, style }: ListOptions): string {
  if (state.prompt !== null) return `/${state.prompt.text}▏ ${style("dim", "Enter keeps the filter, Esc drops it")}`;
  if (state.isLeaving) return style("yellow", `q again stops ${tree.name}; any other key goes on`);
  if (state.message !== null) return state.message;
  const filter = state.filter === "" ? "" : `filter: ${state.filter}  `;
  return style("dim", `${filter}${formatHints(listKeys, size.columns - 1 - filter.length)}`);
}
