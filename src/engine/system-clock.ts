// system-clock.ts: the default clock of a tree: the host's monotonic time and its timers.

import type { Clock } from "../contract/spec.ts";

const settled = Promise.resolve();

/**
 * A timer without delay, as in a storm of restarts. It calls back from a microtask: an error that the user's code throws
 * straight from a host's timer costs three times as much, because V8 prepares its message in case it stays uncaught.
 */
class Soon {
  #fn: (() => void) | null;
  readonly #id: ReturnType<typeof setImmediate>;

  constructor(fn: () => void) {
    this.#fn = fn;
    this.#id = setImmediate(() => settled.then(() => this.#fn?.()));
  }

  cancel(): void {
    this.#fn = null;
    clearImmediate(this.#id);
  }
}

/** Real time. A delay of 0 takes one turn of the event loop, not the one to four milliseconds of setTimeout. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (fn, ms) => (ms <= 0 && typeof setImmediate === "function" ? new Soon(fn) : setTimeout(fn, ms)),
  clearTimeout: (timer) => (timer instanceof Soon ? timer.cancel() : clearTimeout(timer as number)),
};
