// reading.ts: a slow reader of the updates of a tree, and what must hold of what it is given.

import type { Supervisor, Update } from "../../src/index.ts";

type Item = Update | { readonly type: "dropped"; readonly count: number };

/** Reads only when it is told to, from a buffer of four. */
export class Reading {
  readonly broken: string[] = [];
  readonly #controller = new AbortController();
  readonly #items: AsyncIterator<Item>;
  /** The number of the last update, and the updates that were missing so far. */
  #seq = 0;
  #missing = 0;
  /** The updates that it was told were dropped. */
  #dropped = 0;
  #wasDropped = false;
  /** The calls of `next()` that were not answered yet. */
  #open = 0;

  constructor(supervisor: Supervisor) {
    this.#items = supervisor.updates({ bufferSize: 4, signal: this.#controller.signal }) as AsyncIterator<Item>;
  }

  read(count: number): void {
    for (let left = count; left > 0; left--) void this.#readOne();
  }

  /** Reads what is left. */
  async end(): Promise<void> {
    this.#controller.abort();
    while (await this.#readOne()) {}
    if (this.#missing !== this.#dropped) {
      this.broken.push(`a reader misses ${this.#missing} updates, and was told of ${this.#dropped}`);
    }
    if (this.#open > 0) this.broken.push(`${this.#open} reads are not answered after the end of the reader`);
  }

  async #readOne(): Promise<boolean> {
    this.#open++;
    const { done, value } = await this.#items.next();
    this.#open--;
    if (done) return false;
    if (value.type === "dropped") {
      if (this.#wasDropped) this.broken.push("a reader is told twice in a row that updates were dropped");
      this.#wasDropped = true;
      this.#dropped += value.count;
      return true;
    }
    this.#missing += value.seq - this.#seq - 1;
    this.#seq = value.seq;
    this.#wasDropped = false;
    return true;
  }
}
