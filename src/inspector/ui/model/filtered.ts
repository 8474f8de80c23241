// filtered.ts: the facts that a view shows. New facts are tested as they come, all of them only when the filter changes.

import type { Entry } from "../../shared/protocol.ts";
import type { History } from "./history.ts";

export class Filtered {
  #key: unknown[] = [];
  #seen = 0;
  #first = 0;
  entries: Entry[] = [];

  /** Brings it up to date. `key`: what the answer of `fits` depends on. */
  update(history: History, key: unknown[], fits: (entry: Entry) => boolean): Entry[] {
    const isSame = key.length === this.#key.length && key.every((part, i) => part === this.#key[i]);
    if (!isSame || this.#first !== history.first || this.#seen > history.head) {
      this.#key = key;
      this.#first = history.first;
      this.#seen = history.first;
      this.entries = [];
    }
    for (let n = this.#seen + 1; n <= history.head; n++) {
      const entry = history.entry(n)!;
      if (fits(entry)) this.entries.push(entry);
    }
    this.#seen = history.head;
    return this.entries;
  }
}

/** The index of the last of them at or before a fact. */
export function indexAt(entries: readonly Entry[], n: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.n <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
