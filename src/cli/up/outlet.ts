// outlet.ts: writes lines to stdout or stderr of `up` without ever waiting for the reader: what does not fit is dropped.
//
// A terminal is paused by Ctrl-S, a pipe has a slow reader: supervision must go on meanwhile, in bounded memory.

import { whenWritten } from "../print/when-written.ts";

/** The most text that waits for the reader, in characters. */
const maxUnread = 1_000_000;

export interface Outlet {
  /** Writes the line that `format` makes, or counts it as dropped: then it is not made at all. */
  add(format: () => string): void;
  /** Writes what is left, and waits for the reader; at most that long. */
  close(waitMs: number): Promise<void>;
}

/** `formatDropped`: the line that stands for the lines that were dropped. */
export function createOutlet(stream: NodeJS.WriteStream, formatDropped: (count: number) => string): Outlet {
  let lines: string[] = [];
  let length = 0;
  let dropped = 0;
  let isScheduled = false;

  function isFull(): boolean {
    return stream.writableLength + length > maxUnread;
  }

  function push(line: string): void {
    lines.push(line);
    length += line.length + 1;
    // One write in a turn of the event loop, not one for each line: a process may write thousands of lines.
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    isScheduled = false;
    if (lines.length === 0) return;
    const text = `${lines.join("\n")}\n`;
    lines = [];
    length = 0;
    stream.write(text);
  }

  function reportDropped(): void {
    if (dropped === 0 || isFull()) return;
    const line = formatDropped(dropped);
    dropped = 0;
    push(line);
  }

  stream.on("drain", reportDropped);
  return {
    add(format) {
      if (isFull()) {
        dropped++;
        return;
      }
      reportDropped();
      push(format());
    },
    async close(waitMs) {
      stream.off("drain", reportDropped);
      if (dropped > 0) push(formatDropped(dropped));
      flush();
      await whenWritten(stream, waitMs);
    },
  };
}
