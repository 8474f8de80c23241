// outbox.ts: delivers the updates of a tree to listeners (`on`) and readers (`updates`), in order.

import { SupervisorError, toError } from "../contract/errors.ts";
import { isThenable } from "../contract/thenable.ts";
import { type Dropped, type Fact, type Update, updateTypes } from "../contract/updates.ts";
import { describe, didYouMean } from "../contract/wording.ts";
import { Reader } from "./reader.ts";

type Listener = (update: Update) => unknown;

/** The updates that a listener asks for: one type, or "*" for every type. */
export type Heard = Update["type"] | "*";

const noUpdates: Update[] = [];

/** The updates of one tree. */
export class Updates {
  #seq = 0;
  #outbox = noUpdates;
  /** Each list is replaced and never changed, because a listener may add and remove others while it runs. */
  readonly #listeners = new Map<Heard, readonly Listener[]>();
  #readers = new Set<Reader>();
  #hasEnded = false;
  readonly #onHeard = new Set<() => void>();
  readonly now: () => number;
  readonly #onListenerError: (error: Error, update: Update) => void;

  constructor(now: () => number, onListenerError: (error: Error, update: Update) => void) {
    this.now = now;
    this.#onListenerError = onListenerError;
  }

  /** The number of the last fact: it grows with each change. */
  get seq(): number {
    return this.#seq;
  }

  /** Records a fact for the next `publish`. Facts without a listener are numbered, too. */
  record(path: string, fact: Fact): void {
    const seq = this.next(fact.type);
    if (seq !== null) this.push({ ...fact, seq, at: this.now(), path });
  }

  /** The number of the next fact; null if it has no listener and no reader, so that the caller need not make it. */
  next(type: Fact["type"]): number | null {
    this.#seq++;
    return this.isHeard(type) ? this.#seq : null;
  }

  /** Whether it has a listener, or a reader. */
  isHeard(type: Fact["type"]): boolean {
    return this.#readers.size > 0 || this.#listeners.has(type) || this.#listeners.has("*");
  }

  /** Calls back when somebody begins to listen, to whatever type. Returns the remover. */
  onHeard(listener: () => void): () => void {
    this.#onHeard.add(listener);
    return () => this.#onHeard.delete(listener);
  }

  /** Adds a numbered fact, and freezes it. */
  push(update: Update): void {
    Object.freeze(update);
    // Most are alone, and an array that grows has room for seventeen.
    if (this.#outbox === noUpdates) this.#outbox = [update];
    else this.#outbox.push(update);
  }

  /** Delivers the recorded updates, in order. An error of a listener is logged, and the others are still called. */
  publish = (): void => {
    while (this.#outbox !== noUpdates) {
      const batch = this.#outbox;
      this.#outbox = noUpdates;
      for (const update of batch) {
        if (this.#readers.size > 0) for (const reader of this.#readers) reader.push(update);
        this.#deliverTo(update.type, update);
        this.#deliverTo("*", update);
      }
    }
  };

  #deliverTo(heard: Heard, update: Update): void {
    const listeners = this.#listeners.get(heard);
    if (listeners !== undefined) for (const listener of listeners) this.#deliver(listener, update);
  }

  #deliver(listener: Listener, update: Update): void {
    try {
      const answer = listener(update);
      if (isThenable(answer)) answer.then(undefined, (error) => this.#onListenerError(toError(error), update));
    } catch (error) {
      this.#onListenerError(toError(error), update);
    }
  }

  /** Returns the remover. */
  on(type: Heard, listener: Listener): () => void {
    if (type !== "*" && !updateTypes.includes(type)) {
      const hint = didYouMean(String(type), updateTypes) || `; known are ${updateTypes.join(", ")}, and "*" for all`;
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
    for (const onHeard of this.#onHeard) onHeard();
    return () => {
      const left = (this.#listeners.get(type) ?? []).filter((other) => other !== entry);
      if (left.length > 0) this.#listeners.set(type, left);
      else this.#listeners.delete(type);
    };
  }

  /** Ends all readers, because the library itself has failed: there will be no more updates. */
  end = (): void => {
    this.#hasEnded = true;
    for (const reader of [...this.#readers]) reader.end();
  };

  /** Buffers updates from the call on, up to `bufferSize`. Ends when `signal` aborts or the caller leaves the loop. */
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
    if (this.#hasEnded) reader.end();
    for (const onHeard of this.#onHeard) onHeard();
    return reader;
  }
}
