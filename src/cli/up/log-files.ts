// log-files.ts: writes output to files, which are rotated by size. Like the terminal, a slow disk never holds up supervision.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import type { RotatingFileStream } from "rotating-file-stream";
import { textOf } from "../../contract/wording.ts";
import type { LogTarget, LogTargetOf } from "../config/log-targets.ts";
import type { Journal, JournalLine } from "../journal.ts";
import { withoutRoot } from "../print/format.ts";

/** The most text that waits for the disk, in characters, for each file. */
const maxUnwritten = 1_000_000;
/** How long a file that failed is left alone, in milliseconds. */
const retryMs = 10_000;
/** How long the disk may take to write the end, in milliseconds. */
const goodbyeMs = 1_000;

export interface LogFiles {
  /** Writes what is left; waits for the disk for a second at most. */
  close(): Promise<void>;
}

/** `targetOf`: where the output of a path goes; undefined for nowhere. `tell` is told once of each file that fails. */
export function writeLogFiles(journal: Journal, targetOf: LogTargetOf, tell: (text: string) => void): LogFiles {
  const open = new Map<string, OpenFile>();
  const unfollow = journal.follow((line) => {
    const target = targetOf(line.path);
    if (target === undefined) return;
    let file = open.get(target.file);
    if (file === undefined) {
      file = new OpenFile(target, tell);
      open.set(target.file, file);
    }
    file.write(line);
  });
  return {
    async close() {
      unfollow();
      await Promise.all([...open.values()].map((file) => file.close()));
    },
  };
}

class OpenFile {
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

/** The library is loaded when there is something to write. */
export function openRotating({ file, maxSize, keep }: Omit<LogTarget, "isShared">): RotatingFileStream {
  const { createStream }: typeof import("rotating-file-stream") = createRequire(import.meta.url)(
    "rotating-file-stream",
  );
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return createStream(basename(file), {
    path: dirname(file),
    size: `${Math.max(1, Math.floor(maxSize))}B`,
    ...(keep > 0 && { rotate: keep }),
    mode: 0o600,
  });
}
