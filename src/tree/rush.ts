// rush.ts: notices code that starts services again and again without ever leaving the present turn of the event loop.
//
// A loop of promises, such as a reader of the updates that starts what has failed, never gives timers their turn while
// the service fails at once. What is started by hand after so many ends waits for a later turn.

import type { Clock } from "../contract/spec.ts";

/** How many ends there may be in one turn of the event loop before the next start by hand waits for a later one. */
const mostEnds = 100;

export class Rush {
  readonly #clock: Clock;
  #ends = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An incarnation has ended by itself. (Who restarts what runs, a hundred times in one moment, means it: a test does.) */
  noteEnd(): void {
    // The next turn counts anew. The timer is set at half of them, so that most trees never set it.
    if (++this.#ends === mostEnds / 2) this.#clock.setTimeout(this.#forget, 0);
  }

  get isOn(): boolean {
    return this.#ends >= mostEnds;
  }

  #forget = (): void => {
    this.#ends = 0;
  };
}
