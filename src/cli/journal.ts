// journal.ts: the newest output and log entries of each service, for `logs`, `explain` and the printers of `up`.
//
// It is the logger of the tree: each line of a process comes as a log entry with a `stream`.

import { toError } from "../contract/errors.ts";
import type { Logger } from "../contract/spec.ts";
import { lastState, textOf } from "../contract/wording.ts";
import { spawnedPid } from "../node/index.ts";

export interface JournalLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly path: string;
  readonly incarnation: number | null;
  /** stdout, stderr: output. log: an entry that a service logged by its context. tree: an entry of the tree itself. */
  readonly stream: "stdout" | "stderr" | "log" | "tree";
  readonly level: Level;
  readonly text: string;
  /** The line has not ended; what follows of it comes as a line of its own. */
  readonly part?: true;
}

/** A piece of a line, for who shows lines that have not ended in place. */
export interface Piece {
  readonly line: JournalLine;
  /** The line from its beginning. It is not recorded while it is a bar that moves. */
  readonly whole: string;
  readonly isRecorded: boolean;
}

type Level = "debug" | "info" | "warn" | "error";

export interface Journal {
  readonly logger: Logger;
  /**
   * The newest `count` lines of the services at or below `paths`, or without paths of all; oldest first. `since`: of those
   * from then on.
   */
  newest(paths: readonly string[], count: number, since?: number): JournalLine[];
  /** Calls `listener` for each line from now on; returns the remover. */
  follow(listener: (line: JournalLine) => void): () => void;
  /** The same for each piece of a line, recorded or not. */
  followPieces(listener: (piece: Piece) => void): () => void;
  /** Adds a line, or with `part` the beginning of one, that code in this process wrote; `path` is the root's for code of no service. */
  write(path: string, incarnation: number | null, stream: "stdout" | "stderr", text: string, part?: boolean): void;
  /** The id of the process that a service spawned last. */
  pidOf(path: string): number | null;
}

export interface JournalOptions {
  /** How many lines of each service are kept. */
  keptLines?: number;
  /** How many characters of each service are kept. */
  keptChars?: number;
}

/** The newest lines of one service, bounded by number and by size: a process may write lines of any length. */
class Tail {
  readonly lines: { line: JournalLine; order: number }[] = [];
  #chars = 0;
  readonly #maxLines: number;
  readonly #maxChars: number;

  constructor(maxLines: number, maxChars: number) {
    this.#maxLines = maxLines;
    this.#maxChars = maxChars;
  }

  push(line: JournalLine, order: number): void {
    this.lines.push({ line, order });
    this.#chars += line.text.length;
    while (this.lines.length > this.#maxLines || (this.#chars > this.#maxChars && this.lines.length > 1)) {
      this.#chars -= this.lines.shift()!.line.text.length;
    }
  }
}

export function createJournal({ keptLines = 10_000, keptChars = 1_000_000 }: JournalOptions = {}): Journal {
  const tails = new Map<string, Tail>();
  const pids = new Map<string, number>();
  const listeners = new Set<(piece: Piece) => void>();
  /** What has been recorded of each line that has not ended. */
  const begun = new Map<string, string>();
  let order = 0;

  /** Records each line of a text. */
  function recordAll(line: JournalLine): void {
    for (const text of line.text.split("\n")) record({ ...line, text });
  }

  function record(line: JournalLine, whole = line.text, isRecorded = true): void {
    if (isRecorded) {
      const tail = tails.get(line.path) ?? new Tail(keptLines, keptChars);
      tails.set(line.path, tail);
      tail.push(line, order++);
    }
    for (const listener of [...listeners]) listener({ line, whole, isRecorded });
  }

  /** Records of a line what has not been recorded of it yet, and of a progress bar its last state. */
  function recordOutput(line: JournalLine): void {
    const key = `${line.stream} ${line.path}`;
    const before = begun.size === 0 ? undefined : begun.get(key);
    const whole = lastState(line.text);
    if (line.part && line.text.includes("\r")) return record({ ...line, text: whole }, whole, false);
    if (line.part) begun.set(key, whole);
    else if (before !== undefined) begun.delete(key);
    const isContinued = before !== undefined && whole.startsWith(before);
    const text = isContinued ? whole.slice(before.length) : whole;
    record({ ...line, text }, whole, text !== "" || !isContinued);
  }

  function bind(bindings: Record<string, unknown>): Logger {
    const at = (level: Level) => (data: object, message: string) => {
      // By far the most entries are lines of output, so these are recognised first, at little cost.
      const { stream, part } = data as { stream?: unknown; part?: unknown };
      if ((stream === "stdout" || stream === "stderr") && typeof bindings.path === "string") {
        const line = toLine(bindings.path, runOf(bindings), stream, "info", message);
        return recordOutput(part === true ? { ...line, part } : line);
      }
      const all: Record<string, unknown> = { ...bindings, ...data };
      const { path, incarnation: _incarnation, pid: _pid, ...rest } = all;
      if (typeof path !== "string") return recordAll(toLine("", null, "tree", level, withData(message, rest)));
      const spawned = spawnedPid(data);
      if (spawned !== null) {
        pids.set(path, spawned);
        return;
      }
      const run = runOf(all);
      // The log of a service is bound to an incarnation; the log of the tree is not.
      if ("incarnation" in bindings) return recordAll(toLine(path, run, "log", level, withData(message, rest)));
      if (!isShownByUpdates(message, rest)) recordAll(toLine(path, run, "tree", level, withData(message, rest)));
    };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => bind({ ...bindings, ...more }),
    };
  }

  return {
    logger: bind({}),
    newest(paths, count, since = 0) {
      const wanted = [...tails].filter(([path]) => isAmong(path, paths));
      const all = wanted.flatMap(([, { lines }]) => lines.slice(Math.max(0, lines.length - count)));
      all.sort((a, b) => a.order - b.order);
      const newest = all.slice(Math.max(0, all.length - count)).map(({ line }) => line);
      return since === 0 ? newest : newest.filter(({ time }) => time >= since);
    },
    follow(listener) {
      return this.followPieces(({ line, isRecorded }) => isRecorded && listener(line));
    },
    followPieces(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    write: (path, incarnation, stream, text, part = false) =>
      recordOutput({ ...toLine(path, incarnation, stream, "info", text), ...(part && { part }) }),
    pidOf: (path) => pids.get(path) ?? null,
  };
}

function runOf({ incarnation }: Record<string, unknown>): number | null {
  return typeof incarnation === "number" ? incarnation : null;
}

/** The failure of a service and the end of a supervisor: the printers show the updates about them. */
function isShownByUpdates(message: string, data: object): boolean {
  return "failures" in data || message === "supervisor gives up";
}

/** Whether a path is one of `paths` or below one of them; always, when there are none. */
export function isAmong(path: string, paths: readonly string[]): boolean {
  return paths.length === 0 || paths.some((wanted) => path === wanted || path.startsWith(`${wanted}/`));
}

function toLine(
  path: string,
  incarnation: number | null,
  stream: JournalLine["stream"],
  level: Level,
  text: string,
): JournalLine {
  return { time: Date.now(), path, incarnation, stream, level, text };
}

/** A log entry as text: the message, its data, and the stack of its error, on lines of its own. */
function withData(message: string, { err, ...data }: Record<string, unknown>): string {
  const rest = Object.keys(data).length > 0 ? ` ${toJson(data)}` : "";
  if (err === undefined) return `${message}${rest}`;
  const error = toError(err);
  return `${message}${rest}: ${textOf(error, "stack") || textOf(error)}`;
}

function toJson(data: object): string {
  try {
    return JSON.stringify(data, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  } catch {
    return "[data that JSON cannot hold]";
  }
}
