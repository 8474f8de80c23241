// ring.ts: the newest facts of a recording, and the moment before the oldest of them. It never grows beyond its size, and
// adding a fact takes constant time.

import { fold, type Moment } from "../shared/history.ts";
import type { Entry } from "../shared/protocol.ts";
import { Slot } from "./slot.ts";

export class Ring {
  readonly #slots: Slot[] = [];
  readonly #size: number;
  #head: number;
  /** The moment before the oldest entry. It changes with each entry that leaves the ring: keep a copy of it. */
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

  /** The slot for the next entry, which the caller must fill at once. The entry that was in it becomes part of the base. */
  next(): Slot {
    const n = this.#head + 1;
    const slot = this.#slots[n % this.#size] ?? this.#grow(n);
    // A slot has the fields of the entry in it.
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

  /** Whether all entries after `n` are in the ring. */
  holds(n: number): boolean {
    return n >= this.base.n && n <= this.#head;
  }

  /** The entries after `n`, oldest first, at most `limit` of them. */
  after(n: number, limit = Number.POSITIVE_INFINITY): Entry[] {
    const from = Math.max(n, this.base.n);
    const to = Math.min(this.#head, from + limit);
    const entries: Entry[] = [];
    for (let i = from + 1; i <= to; i++) entries.push(this.#slots[i % this.#size]!.toEntry());
    return entries;
  }
}
