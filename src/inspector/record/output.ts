// output.ts: what services write, as facts: a batch of lines of one service at a time, the newest of them. A service that
// writes without end costs a few facts a second at most, and the fact says how many lines it leaves out.

import type { LogEntry } from "../../index.ts";
import type { Entry, OutputLine } from "../shared/protocol.ts";
import { toPreview } from "./preview.ts";
import { shorten } from "./shorten.ts";

/** The most lines of a fact, and the longest line, in characters. */
const [mostLines, longestLine] = [20, 1_000];
/** How long lines are gathered for a fact, in milliseconds: at first, and at most, for a service that writes too much. */
const [soonMs, latestMs] = [100, 4_000];

interface Gathered {
  readonly path: string;
  incarnation: number;
  lines: OutputLine[];
  dropped: number;
  everyMs: number;
  timer: ReturnType<typeof setTimeout> | null;
}

export class Output {
  readonly #all = new Map<string, Gathered>();
  readonly #push: (entry: Entry) => void;
  readonly #now: () => number;

  /** `push` records a fact; its number is not set yet. */
  constructor(push: (entry: Entry) => void, now: () => number) {
    this.#push = push;
    this.#now = now;
  }

  readonly note = ({ path, incarnation, level, data, message }: LogEntry): void => {
    const { event, pid, stream, part } = data as { event?: unknown; pid?: unknown; stream?: unknown; part?: unknown };
    if (event === "spawned" && typeof pid === "number") {
      this.flush(path);
      return this.#push({ n: 0, at: this.#now(), path, kind: "process", incarnation, pid });
    }
    // The beginning of a line that has not ended comes again with the whole line.
    if (part === true) return;
    const isOutput = stream === "stdout" || stream === "stderr";
    const text = isOutput ? message : `${message}${detailOf(data)}`;
    this.#add(path, incarnation, {
      stream: isOutput ? stream : "log",
      text,
      ...(!isOutput && level !== "info" && { level }),
    });
  };

  #add(path: string, incarnation: number, line: OutputLine): void {
    const known = this.#all.get(path);
    const one = known ?? { path, incarnation, lines: [], dropped: 0, everyMs: soonMs, timer: null };
    if (known === undefined) this.#all.set(path, one);
    if (one.incarnation !== incarnation) this.flush(path);
    one.incarnation = incarnation;
    one.lines.push(line);
    if (one.lines.length > mostLines) {
      one.lines.shift();
      one.dropped++;
    }
    if (one.timer !== null) return;
    one.timer = setTimeout(() => this.#onTime(one), one.everyMs);
    // Node's timers alone can be told not to keep the process alive.
    (one.timer as { unref?: () => void }).unref?.();
  }

  #onTime(one: Gathered): void {
    one.everyMs = one.dropped > 0 ? Math.min(latestMs, one.everyMs * 2) : soonMs;
    this.flush(one.path);
  }

  /** Records what was gathered of a service: before a change of its state, so that its last words come first. */
  flush(path: string): void {
    const one = this.#all.get(path);
    if (one === undefined) return;
    if (one.timer !== null) clearTimeout(one.timer);
    one.timer = null;
    if (one.lines.length === 0) return;
    const { incarnation, dropped } = one;
    // Only the lines that are kept are cut: cutting costs more than all the rest.
    const lines = one.lines.map((line) => ({ ...line, text: shorten(line.text, longestLine) }));
    one.lines = [];
    one.dropped = 0;
    this.#push({ n: 0, at: this.#now(), path, kind: "output", incarnation, lines, dropped });
  }

  forget(path: string): void {
    this.flush(path);
    this.#all.delete(path);
  }

  close(): void {
    for (const path of [...this.#all.keys()]) this.flush(path);
  }
}

/** The data of a log entry, beside what its fact says anyway. */
function detailOf(data: object): string {
  const { path: _path, incarnation: _incarnation, err, ...rest } = data as Record<string, unknown>;
  const error = err instanceof Error ? `: ${err.message}` : "";
  return `${Object.keys(rest).length === 0 ? "" : ` ${toPreview(rest)}`}${error}`;
}
