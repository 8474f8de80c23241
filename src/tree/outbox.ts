// Updates: what can be observed of a tree, as one closed set of facts, and how they reach listeners and iterators.

import type { Exit } from "../../machines/events.ts";
import type { Health } from "../../machines/policies/health.ts";
import { describe, didYouMean, SupervisorError, toError } from "../contract/errors.ts";

/** The public states: the top level of the service chart. */
export type ServiceState = "stopped" | "starting" | "running" | "stopping" | "backoff" | "failed";

/** A fact as it happened. */
export type Fact =
  /** A service, a supervisor or the root changed state, or only phase (then `from` equals `to`). */
  | {
      type: "status";
      from: ServiceState;
      to: ServiceState;
      phase: string | null;
      incarnation: number;
      /** With the update that leaves an incarnation. */
      exit?: Exit;
      /** With `to: "backoff"`. */
      delayMs?: number;
      /** With `to: "backoff"` and `"failed"`: consecutive failures. */
      failures?: number;
    }
  /** The aggregate health of a supervisor changed. */
  | { type: "health"; from: Health; to: Health }
  /** The readiness of a running service changed. */
  | { type: "service-health"; healthy: boolean; error?: Error }
  /** A supervisor gave up. */
  | { type: "escalation"; error: SupervisorError }
  /** A service still runs after its stop deadline. */
  | { type: "unstopped"; incarnation: number; waitedMs: number }
  /** An unstopped incarnation ended at last. */
  | { type: "late"; incarnation: number; outcome: "completed" | "failed"; error?: Error }
  /** An error that escaped into the host was given to the service it came from. */
  | { type: "stray-error"; error: Error }
  /** A service was removed from the tree, and with it all that was in it. Code of it that ran on may still be `late` or stray. */
  | { type: "removed" };

/** A fact with its place in the history: `seq` counts 1, 2, 3, … without a gap; `at` is clock.now(). */
export type Update = Fact & { seq: number; at: number; path: string };

/** In the stream of a reader that fell behind: so many of the oldest updates were dropped. */
export interface Dropped {
  type: "dropped";
  count: number;
}

/** Every type of update. */
export const updateTypes: readonly Update["type"][] = [
  "status",
  "health",
  "service-health",
  "escalation",
  "unstopped",
  "late",
  "stray-error",
  "removed",
];

type Listener = (update: Update) => unknown;

/** The updates of one tree. */
export class Updates {
  #seq = 0;
  #outbox: Update[] = [];
  /** Replaced, never changed: a listener may add and remove others. */
  readonly #listeners = new Map<Update["type"], readonly Listener[]>();
  #readers = new Set<Reader>();
  readonly #now: () => number;
  readonly #onListenerError: (error: Error, update: Update) => void;

  constructor(now: () => number, onListenerError: (error: Error, update: Update) => void) {
    this.#now = now;
    this.#onListenerError = onListenerError;
  }

  /** Records a fact; it goes out with the next `publish`. Unheard facts are numbered all the same. */
  record(path: string, fact: Fact): void {
    if (this.number(fact.type)) this.add({ ...fact, seq: 0, at: 0, path });
  }

  /** Gives the next fact its number. False: nobody hears it, so that it need not be made. */
  number(type: Fact["type"]): boolean {
    this.#seq++;
    return this.#readers.size > 0 || this.#listeners.has(type);
  }

  /** Adds the fact that was numbered last, with its number and its time. It is nobody else's, and is frozen then. */
  add(update: Update): void {
    update.seq = this.#seq;
    update.at = this.#now();
    this.#outbox.push(Object.freeze(update));
  }

  /** Delivers what was recorded, in order. A listener that throws or rejects is reported and harms nobody. */
  publish = (): void => {
    while (this.#outbox.length > 0) {
      const batch = this.#outbox;
      this.#outbox = [];
      for (const update of batch) {
        if (this.#readers.size > 0) for (const reader of this.#readers) reader.push(update);
        const listeners = this.#listeners.get(update.type);
        if (listeners !== undefined) for (const listener of listeners) this.#deliver(listener, update);
      }
    }
  };

  #deliver(listener: Listener, update: Update): void {
    try {
      const answer = listener(update);
      if (isThenable(answer)) answer.then(undefined, (error) => this.#onListenerError(toError(error), update));
    } catch (error) {
      this.#onListenerError(toError(error), update);
    }
  }

  /** Returns the remover. */
  on(type: Update["type"], listener: Listener): () => void {
    if (!updateTypes.includes(type)) {
      const hint = didYouMean(String(type), updateTypes) || `; known are ${updateTypes.join(", ")}`;
      throw new SupervisorError("ERR_INVALID_SPEC", `on(): there is no update "${String(type)}"${hint}`);
    }
    if (typeof listener !== "function") {
      throw new SupervisorError(
        "ERR_INVALID_SPEC",
        `on("${type}"): the listener must be a function; got ${describe(listener)}`,
      );
    }
    // A wrapper of its own, so that the same function registered twice is two listeners with two removers.
    const entry: Listener = (update) => listener(update);
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), entry]);
    return () => {
      const left = (this.#listeners.get(type) ?? []).filter((other) => other !== entry);
      if (left.length > 0) this.#listeners.set(type, left);
      else this.#listeners.delete(type);
    };
  }

  /** Buffers from the call on, up to `bufferSize`; ends when `signal` aborts or the loop is left. */
  read(
    options: { signal?: AbortSignal | undefined; bufferSize?: number | undefined } = {},
  ): AsyncIterableIterator<Update | Dropped> {
    const bufferSize = options.bufferSize ?? 1_024;
    if (bufferSize !== Number.POSITIVE_INFINITY && !(Number.isInteger(bufferSize) && bufferSize >= 1)) {
      throw new SupervisorError(
        "ERR_INVALID_SPEC",
        `updates(): bufferSize must be an integer of at least 1, or Infinity; got ${describe(bufferSize)}`,
      );
    }
    const reader = new Reader(bufferSize, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    reader.endWith(options.signal);
    return reader;
  }
}

/** One reader and its bounded buffer. */
class Reader implements AsyncIterableIterator<Update | Dropped> {
  #buffer: Update[] = [];
  #first = 0;
  #dropped = 0;
  #ended = false;
  #waiting: ((result: IteratorResult<Update | Dropped>) => void)[] = [];
  #unlisten: () => void = () => {};
  readonly #size: number;
  readonly #onEnd: () => void;

  constructor(size: number, onEnd: () => void) {
    this.#size = size;
    this.#onEnd = onEnd;
  }

  endWith(signal: AbortSignal | undefined): void {
    if (!signal) return;
    if (signal.aborted) return this.#end();
    const onAbort = () => this.#end();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#unlisten = () => signal.removeEventListener("abort", onAbort);
  }

  push(update: Update): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting({ done: false, value: update });
    this.#buffer.push(update);
    if (this.#buffer.length - this.#first > this.#size) {
      this.#first++;
      this.#dropped++;
      if (this.#first > this.#size) this.#compact();
    }
  }

  next(): Promise<IteratorResult<Update | Dropped>> {
    if (this.#dropped > 0) {
      const value: Dropped = { type: "dropped", count: this.#dropped };
      this.#dropped = 0;
      return Promise.resolve({ done: false, value });
    }
    if (this.#first < this.#buffer.length) {
      const value = this.#buffer[this.#first++]!;
      if (this.#first === this.#buffer.length || this.#first > 1_024) this.#compact();
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Update | Dropped>> {
    this.#buffer = [];
    this.#first = 0;
    this.#dropped = 0;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #compact(): void {
    this.#buffer = this.#buffer.slice(this.#first);
    this.#first = 0;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten();
    this.#onEnd();
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }
}

/** Whether a value can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === "object" && typeof (value as { then?: unknown }).then === "function";
}
