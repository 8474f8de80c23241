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

function captureStream(name: "stdout" | "stderr", journal: Journal, root: string) {
  const stream = process[name];
  const { write } = stream;
  /** The beginning of a line that each service has not finished yet. */
  const begun = new Map<string, string>();

  const captured = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const owner = currentService();
    const path = owner?.path ?? root;
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const lines = ((begun.get(path) ?? "") + text).split("\n");
    begun.set(path, lines.pop()!);
    for (const line of lines) journal.write(path, owner?.incarnation ?? null, name, line);
    const done = rest.at(-1);
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
