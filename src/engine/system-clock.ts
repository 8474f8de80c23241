// system-clock.ts: the default clock of a tree: the host's monotonic time and its timers.

import type { Clock } from "../contract/spec.ts";

/** A timer without delay runs its work in a microtask of this promise. */
const settled = Promise.resolve();

/**
 * One timer of the system's clock. A timer without delay, as in a storm of restarts, calls back from a microtask: an
 * error that the user's code throws straight from a host's timer costs three times as much, because V8 prepares its
 * message in case it stays uncaught.
 */
class Timer {
  #fn: (() => void) | null;
  #cancel: () => void = () => {};

  constructor(fn: () => void, ms: number) {
    this.#fn = fn;
    if (ms <= 0 && typeof setImmediate === "function") {
      const id = setImmediate(() => settled.then(() => this.#call()));
      this.#cancel = () => clearImmediate(id);
    } else {
      const id = setTimeout(() => this.#call(), ms);
      this.#cancel = () => clearTimeout(id);
    }
  }

  #call(): void {
    this.#fn?.();
  }

  cancel(): void {
    this.#fn = null;
    this.#cancel();
  }
}

/** Real time. A delay of 0 takes one turn of the event loop, not the one to four milliseconds of setTimeout. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (fn, ms) => new Timer(fn, ms),
  clearTimeout: (timer) => (timer as Timer).cancel(),
};
