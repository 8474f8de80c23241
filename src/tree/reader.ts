// reader.ts: the async iterator that `updates()` returns, of a tree or of a cluster, with a bounded buffer.

import type { Dropped, Update } from "../contract/updates.ts";

/** One reader and its bounded buffer. */
export class Reader<Item extends object = Update> implements AsyncIterableIterator<Item | Dropped> {
  #buffer: Item[] = [];
  #first = 0;
  #dropped = 0;
  /** The last item was a `dropped` notice: an update comes before the next notice. */
  #hasReported = false;
  #ended = false;
  #waiting: ((result: IteratorResult<Item | Dropped>) => void)[] = [];
  #unlisten: () => void = () => {};
  readonly #size: number;
  readonly #onEnd: () => void;

  constructor(size: number, onEnd: () => void) {
    this.#size = size;
    this.#onEnd = onEnd;
  }

  endWith(signal: AbortSignal | undefined): void {
    if (!signal) return;
    if (signal.aborted) return this.end();
    const onAbort = () => this.end();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#unlisten = () => signal.removeEventListener("abort", onAbort);
  }

  push(update: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting({ done: false, value: update });
    this.#buffer.push(update);
    if (this.#buffer.length - this.#first > this.#size) {
      this.#first++;
      this.#dropped++;
      if (this.#first > this.#size) this.#compact();
    }
  }

  next(): Promise<IteratorResult<Item | Dropped>> {
    if (this.#dropped > 0 && !this.#hasReported) {
      this.#hasReported = true;
      const value: Dropped = { type: "dropped", count: this.#dropped };
      this.#dropped = 0;
      return Promise.resolve({ done: false, value });
    }
    if (this.#first < this.#buffer.length) {
      this.#hasReported = false;
      const value = this.#buffer[this.#first++]!;
      if (this.#first === this.#buffer.length || this.#first > 1_024) this.#compact();
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Item | Dropped>> {
    this.#buffer = [];
    this.#first = 0;
    this.#dropped = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Nothing more comes: what is in the buffer can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unlisten();
    this.#onEnd();
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  #compact(): void {
    this.#buffer = this.#buffer.slice(this.#first);
    this.#first = 0;
  }
}
