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
  readonly #immediate: ReturnType<typeof setImmediate> | null = null;
  readonly #timeout: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(fn: () => void, ms: number) {
    this.#fn = fn;
    const call = (): void => this.#fn?.();
    if (ms <= 0 && typeof setImmediate === "function") this.#immediate = setImmediate(() => settled.then(call));
    else this.#timeout = setTimeout(call, ms);
  }

  cancel(): void {
    this.#fn = null;
    if (this.#immediate === null) clearTimeout(this.#timeout);
    else clearImmediate(this.#immediate);
  }
}

/** Real time. A delay of 0 takes one turn of the event loop, not the one to four milliseconds of setTimeout. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (fn, ms) => new Timer(fn, ms),
  clearTimeout: (timer) => (timer as Timer).cancel(),
};
