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

export class ProcessOutput {
  readonly #log: Logger;
  readonly #source: object;
  readonly #onLine: ((line: string, stream: OutputStream) => unknown) | undefined;
  readonly #sources = new Map<Readable, Promise<void>>();
  #tail: { readonly line: string; readonly stream: OutputStream }[] = [];
  #hasComplained = false;
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
   * Resolves when all of it has been read, and at the latest after `patienceMs`: a process outside of the group may hold
   * the other end of a pipe for ever.
   */
  async close(patienceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all(this.#sources.values()), patience]);
    clearTimeout(timer);
    for (const source of this.#sources.keys()) source.destroy();
  }
}
