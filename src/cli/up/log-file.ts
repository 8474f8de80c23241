// log-file.ts: one file of output, opened when there is something to write. Like a slow terminal, a slow disk never holds up
// supervision: what does not fit is dropped.

import type { RotatingFileStream } from "rotating-file-stream";
import { textOf } from "../../contract/wording.ts";
import type { LogTarget } from "../config/log-targets.ts";
import type { JournalLine } from "../journal.ts";
import { withoutRoot } from "../print/format.ts";
import { openRotating } from "./open-rotating.ts";

/** The most text that waits for the disk, in characters, for each file. */
const maxUnwritten = 1_000_000;
/** How long a file that failed is left alone, in milliseconds. */
const retryMs = 10_000;
/** How long the disk may take to write the end, in milliseconds. */
const goodbyeMs = 1_000;

export class LogFile {
  readonly #target: LogTarget;
  readonly #tell: (text: string) => void;
  #stream: RotatingFileStream | null = null;
  #failedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  constructor(target: LogTarget, tell: (text: string) => void) {
    this.#target = target;
    this.#tell = tell;
  }

  write(line: JournalLine): void {
    const stream = this.#open();
    if (stream === null || stream.writableLength > maxUnwritten) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      stream.write(`${new Date().toISOString()} … ${this.#dropped} lines left out: they came faster than the disk\n`);
      this.#dropped = 0;
    }
    const name = this.#target.isShared ? `${withoutRoot(line.path)} ` : "";
    stream.write(`${new Date(line.time).toISOString()} ${name}${line.stream === "stderr" ? "! " : ""}${line.text}\n`);
  }

  #open(): RotatingFileStream | null {
    if (this.#stream !== null) return this.#stream;
    if (performance.now() - this.#failedAt < retryMs) return null;
    try {
      this.#stream = openRotating(this.#target);
      this.#stream.on("error", (error) => this.#fail(error));
    } catch (error) {
      this.#fail(error as Error);
    }
    return this.#stream;
  }

  #fail(error: Error): void {
    if (this.#failedAt === Number.NEGATIVE_INFINITY) {
      this.#tell(
        `${this.#target.file} cannot be written: ${textOf(error)}; it is tried again every ${retryMs / 1_000} s`,
      );
    }
    this.#failedAt = performance.now();
    this.#stream?.destroy();
    this.#stream = null;
  }

  close(): Promise<void> {
    const stream = this.#stream;
    if (stream === null) return Promise.resolve();
    return new Promise((resolve) => {
      setTimeout(resolve, goodbyeMs).unref();
      stream.end(() => resolve());
    });
  }
}
