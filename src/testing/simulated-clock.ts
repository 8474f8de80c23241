// The simulated clock: it moves only when the test says so, one timer at a time, and lets promises settle in between.

import type { Clock } from "../contract/spec.ts";

export interface SimulatedClock extends Clock {
  /** Fires the timers due within `ms` one by one, in time order, those set meanwhile too; promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Goes to the next timer and fires it; false when there is none. */
  advanceToNext(): Promise<boolean>;
  /** Timers set and not yet fired. */
  readonly pending: number;
}

/** Starts at `startMs` milliseconds. Timers that are due at the same time fire in the order in which they were set. */
export function createSimulatedClock(startMs = 0): SimulatedClock {
  return new SimulatedTime(startMs);
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  index: number;
}

export class SimulatedTime implements SimulatedClock {
  #now: number;
  #order = 0;
  /** A binary heap, the earliest first: trees of thousands of services set thousands of timers. */
  #heap: Timer[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now = (): number => this.#now;

  wallNow = (): number => this.#now;

  setTimeout = (fn: () => void, ms: number): unknown => {
    const delay = Number.isFinite(ms) ? Math.max(0, ms) : 0;
    const timer: Timer = { at: this.#now + delay, order: this.#order++, fn, index: this.#heap.length };
    this.#heap.push(timer);
    this.#rise(timer.index);
    return timer;
  };

  clearTimeout = (id: unknown): void => {
    const timer = id as Timer | undefined;
    if (timer === undefined || this.#heap[timer.index] !== timer) return;
    this.#removeAt(timer.index);
  };

  get pending(): number {
    return this.#heap.length;
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`advance(ms): expected a number of milliseconds, from 0 on; got ${ms}`);
    }
    const end = this.#now + ms;
    await settle();
    let fired = 0;
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      fired = next.at > this.#now ? 0 : fired + 1;
      if (fired > mostAtOnce) throw new Error(toEndless(this.#now));
      await this.#fire(next);
    }
    // A timer, or another call at the same time, may have gone further.
    this.#now = Math.max(this.#now, end);
  }

  async advanceToNext(): Promise<boolean> {
    await settle();
    return this.fireNext();
  }

  /** As advanceToNext, where all promises have settled already. */
  async fireNext(): Promise<boolean> {
    const next = this.#heap[0];
    if (next === undefined) return false;
    await this.#fire(next);
    return true;
  }

  async #fire(timer: Timer): Promise<void> {
    this.#removeAt(timer.index);
    this.#now = Math.max(this.#now, timer.at);
    timer.fn();
    await settle();
  }

  #removeAt(index: number): void {
    const last = this.#heap.pop()!;
    if (index === this.#heap.length) return;
    this.#heap[index] = last;
    last.index = index;
    this.#rise(index);
    this.#sink(last.index);
  }

  #rise(index: number): void {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!isEarlier(this.#heap[child]!, this.#heap[parent]!)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #sink(index: number): void {
    for (let parent = index; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#heap.length && isEarlier(this.#heap[child]!, this.#heap[least]!)) least = child;
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!];
    this.#heap[a] = second;
    this.#heap[b] = first;
    second.index = a;
    first.index = b;
  }
}

function isEarlier(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

// The host's own timers: a framework's fake ones, which a test may install later, would wait for somebody to fire them.
const host = {
  setImmediate: typeof setImmediate === "function" ? setImmediate : undefined,
  setTimeout: globalThis.setTimeout,
};

/** Lets promises settle: a turn of the host's event loop runs all microtasks, and all that those bring about. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (host.setImmediate !== undefined) host.setImmediate(resolve);
    else host.setTimeout(resolve, 0);
  });
}

/** More timers than this at one moment, each set by the one before, are taken for a loop without end. */
const mostAtOnce = 100_000;

function toEndless(at: number): string {
  return `the clock does not get beyond ${at} ms: more than ${mostAtOnce} timers of no delay have fired at that moment. Does a service that completes at once restart with initialBackoffMs 0?`;
}
