// The ring: the last facts, and what was before the first of them. It never grows beyond its size, and a fact costs the
// same however full it is.

import { fold, type Moment } from "../shared/history.ts";
import type { Entry } from "../shared/protocol.ts";
import { Slot } from "./slot.ts";

export class Ring {
  readonly #slots: Slot[] = [];
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

  /** The place of the next entry, which must be put there at once. The one that was there becomes part of the base. */
  next(): Slot {
    const n = this.#head + 1;
    const slot = this.#slots[n % this.#size] ?? this.#grow(n);
    // A slot has the fields of what it holds.
    if (slot.n > 0) fold(this.base, slot.other ?? (slot as unknown as Entry), true);
    slot.n = n;
    this.#head = n;
    return slot;
  }

  #grow(n: number): Slot {
    const slot = new Slot();
    this.#slots[n % this.#size] = slot;
    return slot;
  }

  push(entry: Entry): void {
    const slot = this.next();
    entry.n = slot.n;
    slot.hold(entry);
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
    for (let i = from + 1; i <= to; i++) entries.push(this.#slots[i % this.#size]!.toEntry());
    return entries;
  }
}
