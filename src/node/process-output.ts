// ProcessOutput: reads the output of a process or thread line by line, and keeps its end for an error that may come.

import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { lastWordsOf } from "./last-words.ts";
import { LinePart } from "./line-part.ts";
import { LineSplitter } from "./lines.ts";

export type OutputStream = "stdout" | "stderr";

/** How many lines an error shows, and at how many characters each is cut. */
const keptLines = 50;
const keptLength = 2_000;
/** How long lines may still come after the end of their process. */
const mostMs = 5_000;

export class ProcessOutput {
  readonly #log: Logger;
  readonly #source: object;
  readonly #onLine: ((line: string, stream: OutputStream) => unknown) | undefined;
  readonly #sources = new Map<Readable, Promise<void>>();
  #tail: { readonly line: string; readonly stream: OutputStream }[] = [];
  #hasComplained = false;
  /** The number of lines so far. */
  #delivered = 0;
  /** Called with each line, by code that waits for one. */
  watcher: ((line: string) => void) | null = null;

  /** `source` says in the log whose output it is: `{ pid }`, `{ threadId }`. */
  constructor(log: Logger, source: object, onLine: ((line: string, stream: OutputStream) => unknown) | undefined) {
    this.#log = log;
    this.#source = source;
    this.#onLine = onLine;
  }

  /** The last lines, oldest first. */
  get tail(): string[] {
    return this.#tail.slice(-keptLines).map(({ line }) => line);
  }

  /** The line that most likely says what went wrong. */
  get lastWords(): string | undefined {
    return lastWordsOf(this.#tail.slice(-keptLines));
  }

  /** Reads a stream to its end. It is not read further while `onLine` is busy: a fast writer has to wait. */
  read(source: Readable, stream: OutputStream): void {
    this.#sources.set(source, this.#read(source.setEncoding("utf8"), stream));
  }

  async #read(source: Readable, stream: OutputStream): Promise<void> {
    const splitter = new LineSplitter();
    const part = new LinePart(
      () => splitter.rest,
      (text) => this.#log.debug({ stream, part: true, ...this.#source }, text),
    );
    try {
      for await (const text of source) {
        const lines = splitter.push(text as string);
        for (const line of lines) {
          const busy = this.#deliver(line, stream);
          if (busy !== undefined) await busy;
        }
        part.noteRead(lines.length > 0);
        // libuv would read up to two megabytes in one turn of the event loop, and all else would wait for its lines.
        await nextTurn();
      }
    } catch {
      // The stream was closed before its end: the lines until then are all there are.
    }
    part.close();
    for (const line of splitter.end()) this.#deliver(line, stream);
  }

  #deliver(line: string, stream: OutputStream): Promise<unknown> | undefined {
    this.#delivered++;
    this.#tail.push({ line: line.length > keptLength ? `${line.slice(0, keptLength)}…` : line, stream });
    if (this.#tail.length > 2 * keptLines) this.#tail = this.#tail.slice(-keptLines);
    this.#log.info({ stream, ...this.#source }, line);
    this.watcher?.(line);
    try {
      const answer = this.#onLine?.(line, stream);
      return isThenable(answer) ? Promise.resolve(answer).catch((error) => this.#complain(error)) : undefined;
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  /** Logs once: a function that fails for one line most likely fails for all. */
  #complain(error: unknown): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#log.error({ err: error, ...this.#source }, "onLine failed; the output is read on");
  }

  /**
   * Resolves when all of it has been read. A process outside of the group may hold the other end of a pipe for ever: it is
   * read no further when no line has come for `quietMs`, after five seconds, and `quietMs` after `forced` has aborted.
   */
  async close(quietMs: number, forced?: AbortSignal): Promise<void> {
    const begun = performance.now();
    const read = Promise.all(this.#sources.values());
    let isRead = false;
    let isQuiet = false;
    while (!isRead && !isQuiet) {
      const before = this.#delivered;
      isRead = await within(quietMs, read);
      isQuiet = this.#delivered === before;
      if (forced?.aborted || performance.now() - begun > mostMs) break;
    }
    if (!isRead && !isQuiet) {
      const tookMs = Math.round(performance.now() - begun);
      this.#log.warn({ ...this.#source }, `its output still came ${tookMs} ms after its end, and is read no further`);
    }
    for (const source of this.#sources.keys()) source.destroy();
  }
}

/** Whether a promise resolves within so many milliseconds. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const isInTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isInTime;
}
