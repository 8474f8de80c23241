// plain-printer.ts: what `up` prints without a terminal: a line for each change and each line of output, with the time.

import { formatMs } from "../print/format.ts";
import { createStyle } from "../print/style.ts";
import { createChangeReader } from "./changes.ts";
import { createLineFormat } from "./lines.ts";
import { createLongWaits } from "./long-waits.ts";
import type { Printer, Stage } from "./printer.ts";
import { describeStop } from "./stopping.ts";
import { formatTally } from "./tally.ts";

/** Output of a service goes to the stream that the service wrote to, everything else to stderr. */
export function createPlainPrinter({ supervisor, journal, stdout, stderr }: Stage): Printer {
  const [outStyle, errStyle] = [createStyle(stdout), createStyle(stderr)];
  const format = createLineFormat(supervisor.describe());
  const changes = createChangeReader(supervisor, journal.pidOf);
  const longWaits = createLongWaits(supervisor);
  const [out, err] = [createBatch(stdout), createBatch(stderr)];
  const notice = (text: string) => err.add(format.notice(text, Date.now(), errStyle));

  return {
    line(line) {
      if (line.stream === "stderr" || line.stream === "tree") err.add(format.output(line, errStyle));
      else out.add(format.output(line, outStyle));
    },
    update(update) {
      const change = changes.read(update);
      if (change) err.add(format.change(change, Date.now(), errStyle));
      if (update.type === "status" && update.path === supervisor.name && update.to === "stopping") {
        const text = describeStop(supervisor);
        if (text !== undefined) notice(text);
      }
    },
    notice,
    tick() {
      for (const { path, summary } of longWaits()) {
        err.add(format.change({ path, sign: "…", colour: "yellow", text: summary }, Date.now(), errStyle));
      }
    },
    end({ outcome, reasons, ranMs, tally }) {
      notice([`${outcome} after ${formatMs(ranMs)}`, ...reasons].join("\n  because "));
      for (const line of formatTally(tally, supervisor, errStyle)) err.add(line);
      out.flush();
      err.flush();
    },
  };
}

interface Batch {
  add(line: string): void;
  flush(): void;
}

/** One write in a turn of the event loop, not one for each line: a process may write thousands of lines. */
function createBatch(stream: NodeJS.WriteStream): Batch {
  let lines: string[] = [];
  const flush = () => {
    if (lines.length === 0) return;
    const text = lines.join("\n");
    lines = [];
    stream.write(`${text}\n`);
  };
  return {
    add(line) {
      if (lines.length === 0) setImmediate(flush);
      lines.push(line);
    },
    flush,
  };
}
