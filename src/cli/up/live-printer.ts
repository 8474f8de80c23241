// live-printer.ts: what `up` prints on a terminal: the live view of its own tree.

import type { Ask } from "../control/ask.ts";
import { createChangeReader } from "../print/changes.ts";
import { formatMs } from "../print/format.ts";
import { createLineFormat } from "../print/lines.ts";
import { createLongWaits } from "../print/long-waits.ts";
import { createStyle } from "../print/style.ts";
import { whenWritten } from "../print/when-written.ts";
import { toReport } from "../report.ts";
import { createView } from "../view/view.ts";
import { formatTally } from "./format-tally.ts";
import { goodbyeMs, type Printer, type Stage } from "./printer.ts";

export interface LiveOptions {
  /** null: no keys are read. */
  readonly stdin: NodeJS.ReadStream | null;
  readonly ask: Ask;
}

export function createLivePrinter(
  { supervisor, journal, stdout, stderr }: Stage,
  { stdin, ask }: LiveOptions,
): Printer {
  const style = createStyle(stderr);
  const tree = supervisor.describe();
  const format = createLineFormat(tree);
  const changes = createChangeReader(supervisor, journal.pidOf);
  const longWaits = createLongWaits(supervisor);
  const began = supervisor.now();
  const view = createView({
    tree,
    stdout,
    stderr,
    stdin,
    ownsTree: true,
    ask,
    look: () => ({
      tree: toReport(supervisor.status(), supervisor, journal),
      now: supervisor.now(),
      health: supervisor.health().status,
      ranMs: supervisor.now() - began,
    }),
    onLeave: () => process.kill(process.pid, "SIGINT"),
  });

  return {
    line: (line) => view.piece({ line, whole: line.text }),
    piece: (piece) => view.piece(piece),
    update(update) {
      const change = changes.read(update);
      if (change) view.change(change, Date.now());
      else view.drawSoon();
    },
    notice: (text) => view.notice(text),
    tick() {
      for (const { path, summary } of longWaits()) {
        view.change({ path, sign: "…", colour: "yellow", text: summary }, Date.now());
      }
      view.tick();
    },
    async end({ outcome, reasons, ranMs, tally }) {
      view.close();
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
