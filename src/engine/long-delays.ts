// long-delays.ts: makes a clock accept delays beyond the 24.8 days that setTimeout takes, by waiting in parts.

import type { Clock } from "../contract/spec.ts";

/** The longest delay that a host's setTimeout takes; a longer one would fire at once. */
export const longestDelayMs = 2 ** 31 - 1;

/** Returns the same clock, extended to any delay. */
export function withLongDelays(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    ...(clock.wallNow !== undefined && { wallNow: () => clock.wallNow!() }),
    setTimeout: (fn, ms) => (ms > longestDelayMs ? new LongDelay(clock, fn, ms) : clock.setTimeout(fn, ms)),
    clearTimeout: (id) => (id instanceof LongDelay ? id.clear() : clock.clearTimeout(id)),
  };
}

class LongDelay {
  readonly #clock: Clock;
  readonly #fn: () => void;
  #id: unknown;

  constructor(clock: Clock, fn: () => void, ms: number) {
    this.#clock = clock;
    this.#fn = fn;
    this.#wait(ms);
  }

  #wait(ms: number): void {
    const part = Math.min(ms, longestDelayMs);
    this.#id = this.#clock.setTimeout(() => (ms > part ? this.#wait(ms - part) : this.#fn()), part);
  }

  clear(): void {
    this.#clock.clearTimeout(this.#id);
  }
}
