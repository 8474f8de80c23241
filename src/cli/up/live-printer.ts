// live-printer.ts: what `up` prints on a terminal: lines that scroll by above a live list of the services.

import { createLogUpdate } from "log-update";
import type { JournalLine } from "../journal.ts";
import { clip, formatMs, plural } from "../print/format.ts";
import { isFine } from "../print/states.ts";
import { formatStatusTable } from "../print/status-table.ts";
import { createStyle } from "../print/style.ts";
import { cut } from "../print/table.ts";
import { whenWritten } from "../print/when-written.ts";
import { flatten, type Report, type TreeReport, toReport } from "../report.ts";
import { createChangeReader } from "./changes.ts";
import { createLineFormat } from "./lines.ts";
import { createLongWaits } from "./long-waits.ts";
import { goodbyeMs, type Printer, type Stage } from "./printer.ts";
import { formatTally } from "./tally.ts";

/** How long changes are gathered before the screen is drawn again, in milliseconds. */
const drawMs = 60;
/** How long to wait before the next look at a terminal that has not taken what was written, in milliseconds. */
const busyMs = 250;
/** How many lines that have not ended are shown. */
const shownOpen = 5;
/** The most text that waits for a slow terminal, in characters. */
const maxPending = 1_000_000;

export function createLivePrinter({ supervisor, journal, stdout, stderr }: Stage): Printer {
  const style = createStyle(stderr);
  const format = createLineFormat(supervisor.describe());
  const changes = createChangeReader(supervisor, journal.pidOf);
  const longWaits = createLongWaits(supervisor);
  const list = createLogUpdate(stderr);
  const began = supervisor.now();
  /** The lines that have not ended: prompts and progress bars, shown in place. */
  const open = new Map<string, JournalLine>();
  let pending: { stream: NodeJS.WriteStream; text: string }[] = [];
  let length = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;

  /** A terminal that is paused, or slow, is not drawn on: the changes gather, and what does not fit is dropped. */
  function draw(): void {
    timer = undefined;
    if (stdout.writableLength + stderr.writableLength > 0) {
      timer = setTimeout(draw, busyMs);
      return;
    }
    flush();
    list(drawList().join("\n"));
  }

  function flush(): void {
    if (dropped > 0) pending.push({ stream: stderr, text: format.dropped(dropped, Date.now(), style) });
    if (pending.length === 0) return;
    const lines = pending;
    pending = [];
    length = 0;
    dropped = 0;
    list.clear();
    for (const { stream, text } of lines) stream.write(`${text}\n`);
  }

  function drawSoon(): void {
    timer ??= setTimeout(draw, drawMs);
  }

  function drawList(): string[] {
    const tree = toReport(supervisor.status(), supervisor, journal);
    const columns = stderr.columns || 80;
    const rows = stderr.rows || 24;
    const all = flatten(tree);
    const shown = mostTelling(all, Math.max(3, Math.floor(rows / 2) - 3));
    const table = formatStatusTable(shown, { now: supervisor.now(), style, width: columns - 1 });
    const rest = all.length - shown.length;
    const unended = [...open.values()].slice(-shownOpen).map((line) => cut(format.output(line, style), columns - 1));
    return [
      ...unended,
      style("dim", "─".repeat(Math.max(0, Math.min(columns - 1, 100)))),
      ...table,
      ...(rest > 0
        ? [style("dim", clip(`… and ${plural(rest, "service")} more, all as they should be`, columns - 1))]
        : []),
      style("dim", clip(footer(tree), columns - 1)),
    ];
  }

  function footer(tree: TreeReport): string {
    const leaves = flatten(tree).filter(({ report }) => report.kind === "service");
    const up = leaves.filter(({ report }) => report.state === "running").length;
    const what = tree.state === "stopping" ? "stopping; Ctrl-C again kills what is left" : "Ctrl-C stops";
    const ran = formatMs(supervisor.now() - began);
    return `${tree.name}: ${up} of ${leaves.length} up, ${supervisor.health().status}, for ${ran} (${what})`;
  }

  function add(stream: NodeJS.WriteStream, toText: () => string): void {
    drawSoon();
    if (length > maxPending) {
      dropped++;
      return;
    }
    const text = toText();
    pending.push({ stream, text });
    length += text.length;
  }

  const line = (line: JournalLine) =>
    add(line.stream === "stderr" || line.stream === "tree" ? stderr : stdout, () => format.output(line, style));

  return {
    line,
    piece({ line: piece, whole }) {
      const key = `${piece.stream} ${piece.path}`;
      if (!piece.part) {
        open.delete(key);
        line({ ...piece, text: whole });
        return;
      }
      open.set(key, { ...piece, text: whole });
      drawSoon();
    },
    update(update) {
      const change = changes.read(update);
      if (change) add(stderr, () => format.change(change, Date.now(), style));
      else drawSoon();
    },
    notice: (text) => add(stderr, () => format.notice(text, Date.now(), style)),
    tick() {
      for (const { path, summary } of longWaits()) {
        const change = { path, sign: "…", colour: "yellow", text: summary } as const;
        add(stderr, () => format.change(change, Date.now(), style));
      }
      drawSoon();
    },
    async end({ outcome, reasons, ranMs, tally }) {
      clearTimeout(timer);
      flush();
      list.clear();
      list.done();
      const reason = [`${outcome} after ${formatMs(ranMs)}`, ...reasons].join("\n  because ");
      const summary = [
        format.notice(reason, Date.now(), style),
        ...formatTally(tally, supervisor, style, stderr.columns || 80),
      ];
      stderr.write(`${summary.join("\n")}\n`);
      await Promise.all([whenWritten(stdout, goodbyeMs), whenWritten(stderr, goodbyeMs)]);
    },
  };
}

/** The rows that fit: first the services that are not as they should be, then others; all in the order of the tree. */
function mostTelling<Row extends { report: Report }>(rows: readonly Row[], room: number): readonly Row[] {
  if (rows.length <= room) return rows;
  const [fine, others] = [rows.filter(({ report }) => isFine(report)), rows.filter(({ report }) => !isFine(report))];
  const chosen = new Set([...others, ...fine].slice(0, room));
  return rows.filter((row) => chosen.has(row));
}
