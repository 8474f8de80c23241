// The ring: the last facts, and what was before the first of them. It never grows beyond its size, and a fact costs the
// same however full it is.

import { fold, type Moment } from "./history.ts";
import type { Entry } from "./protocol.ts";

export class Ring {
  readonly #entries: (Entry | undefined)[] = [];
  readonly #size: number;
  #head: number;
  /** What was known before the first entry that is left. It changes: who keeps it, keeps a copy. */
  readonly base: Moment;

  constructor(size: number, base: Moment) {
    this.#size = size;
    this.base = base;
    this.#head = base.n;
  }

  /** The number of the newest entry. */
  get head(): number {
    return this.#head;
  }

  push(entry: Entry): void {
    const slot = entry.n % this.#size;
    const oldest = this.#entries[slot];
    if (oldest !== undefined) fold(this.base, oldest, true);
    this.#entries[slot] = entry;
    this.#head = entry.n;
  }

  /** Whether the entries after `n` are all there. */
  holds(n: number): boolean {
    return n >= this.base.n && n <= this.#head;
  }

  /** The entries after `n`, at most so many of them. */
  after(n: number, limit = Number.POSITIVE_INFINITY): Entry[] {
    const from = Math.max(n, this.base.n);
    const to = Math.min(this.#head, from + limit);
    const entries: Entry[] = [];
    for (let i = from + 1; i <= to; i++) entries.push(this.#entries[i % this.#size]!);
    return entries;
  }
}
