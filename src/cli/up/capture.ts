// capture.ts: turns what code in this process writes to stdout and stderr into lines of the service that wrote it. Written
// directly, it would break the list on a terminal, and stand between the documents of --json.

import { currentService } from "../../node/index.ts";
import type { Journal } from "../journal.ts";

export interface Captured {
  /** The streams as they were, without the capture. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  release(): void;
}

/** `root`: the path for what no service wrote. */
export function captureOutput(journal: Journal, root: string): Captured {
  const parts = (["stdout", "stderr"] as const).map((name) => captureStream(name, journal, root));
  const [out, err] = parts;
  return {
    stdout: out!.stream,
    stderr: err!.stream,
    release() {
      for (const part of parts) part.release();
    },
  };
}

/** How long the end of a line may take before its beginning is shown, in milliseconds. */
const silentMs = 300;
/** The longest line, in characters; a longer one becomes several. */
const longestLine = 65_536;

function captureStream(name: "stdout" | "stderr", journal: Journal, root: string) {
  const stream = process[name];
  const { write } = stream;
  /** The beginning of a line that each service has not finished yet. */
  const begun = new Map<string, string>();

  /** The timers of unfinished lines, whose beginning is passed on after a while, as with the output of a process. */
  const waiting = new Map<string, NodeJS.Timeout>();
  const tellSoon = (path: string, incarnation: number | null) => {
    if (begun.get(path) === "") return;
    const timer = waiting.get(path);
    if (timer !== undefined) return void timer.refresh();
    const tell = () => {
      waiting.delete(path);
      const text = begun.get(path);
      if (text) journal.write(path, incarnation, name, text, true);
    };
    waiting.set(path, setTimeout(tell, silentMs).unref());
  };

  const captured = (chunk: string | Uint8Array, ...args: unknown[]): boolean => {
    const owner = currentService();
    const path = owner?.path ?? root;
    const record = (line: string) => {
      for (let at = 0; at === 0 || at < line.length; at += longestLine) {
        journal.write(path, owner?.incarnation ?? null, name, line.slice(at, at + longestLine));
      }
    };
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const lines = ((begun.get(path) ?? "") + text).split("\n");
    for (const line of lines.slice(0, -1)) record(line);
    const rest = lines.at(-1)!;
    // A line without an end is cut, like that of a process.
    const isLong = rest.length > longestLine;
    if (isLong) record(rest);
    begun.set(path, isLong ? "" : rest);
    tellSoon(path, owner?.incarnation ?? null);
    const done = args.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  stream.write = captured as typeof stream.write;

  return {
    stream: Object.create(stream, { write: { value: write.bind(stream) } }) as NodeJS.WriteStream,
    release() {
      stream.write = write;
      for (const [path, text] of begun) if (text !== "") journal.write(path, null, name, text);
    },
  };
}
