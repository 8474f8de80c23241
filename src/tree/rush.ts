// rush.ts: notices code that starts services again and again without ever leaving the present turn of the event loop.
//
// A loop of promises, such as a reader of the updates that starts what has failed, never gives timers their turn while
// the service fails at once. What is started by hand after so many ends waits for a later turn.

/** How many ends there may be in one turn of the event loop before the next start by hand waits for a later one. */
const mostEnds = 100;

export class Rush {
  #ends = 0;
  /** How many timers had fired when it was asked last: each is a turn of its own. */
  #timers = 0;

  /** An incarnation has ended by itself. (Who restarts what runs, a hundred times in one moment, means it: a test does.) */
  noteEnd(): void {
    this.#ends++;
  }

  /** `timers`: how many timers of the tree have fired so far. */
  isOn(timers: number): boolean {
    if (timers !== this.#timers) this.end();
    this.#timers = timers;
    return this.#ends >= mostEnds;
  }

  /** Another turn of the event loop has begun. */
  end(): void {
    this.#ends = 0;
  }
}
