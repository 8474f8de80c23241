// plain-printer.ts: what `up` prints without a terminal: a line for each change and each line of output, with the time.

import { createChangeReader } from "../print/changes.ts";
import { formatMs } from "../print/format.ts";
import { createLineFormat } from "../print/lines.ts";
import { createLongWaits } from "../print/long-waits.ts";
import { createStyle } from "../print/style.ts";
import { formatTally } from "./format-tally.ts";
import { createOutlet } from "./outlet.ts";
import { goodbyeMs, type Printer, type Stage } from "./printer.ts";
import { describeStop } from "./stopping.ts";

/** Output of a service goes to the stream that the service wrote to, everything else to stderr. */
export function createPlainPrinter({ supervisor, journal, stdout, stderr }: Stage): Printer {
  const [outStyle, errStyle] = [createStyle(stdout), createStyle(stderr)];
  const format = createLineFormat(supervisor.describe());
  const changes = createChangeReader(supervisor, journal.pidOf);
  const longWaits = createLongWaits(supervisor);
  const out = createOutlet(stdout, (count) => format.dropped(count, Date.now(), outStyle));
  const err = createOutlet(stderr, (count) => format.dropped(count, Date.now(), errStyle));
  const notice = (text: string) => err.add(() => format.notice(text, Date.now(), errStyle));

  return {
    line(line) {
      if (line.stream === "stderr" || line.stream === "tree") err.add(() => format.output(line, errStyle));
      else out.add(() => format.output(line, outStyle));
    },
    update(update) {
      const change = changes.read(update);
      if (change) err.add(() => format.change(change, Date.now(), errStyle));
      if (update.type === "status" && update.path === supervisor.name && update.to === "stopping") {
        const text = describeStop(supervisor);
        if (text !== undefined) notice(text);
      }
    },
    notice,
    tick() {
      for (const { path, summary } of longWaits()) {
        const change = { path, sign: "…", colour: "yellow", text: summary } as const;
        err.add(() => format.change(change, Date.now(), errStyle));
      }
    },
    async end({ outcome, reasons, ranMs, tally }) {
      notice([`${outcome} after ${formatMs(ranMs)}`, ...reasons].join("\n  because "));
      for (const line of formatTally(tally, supervisor, errStyle)) err.add(() => line);
      await Promise.all([out.close(goodbyeMs), err.close(goodbyeMs)]);
    },
  };
}
