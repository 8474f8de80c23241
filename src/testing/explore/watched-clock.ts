// watched-clock.ts: a simulated clock that says when its timers are due.

import { type SimulatedClock, SimulatedTime } from "../simulated-clock.ts";

interface Timer {
  readonly at: number;
  readonly id: unknown;
}

export class WatchedClock implements SimulatedClock {
  readonly #clock = new SimulatedTime(0);
  readonly #timers = new Set<Timer>();

  now = (): number => this.#clock.now();

  setTimeout = (fn: () => void, ms: number): unknown => {
    const fire = () => {
      this.#timers.delete(timer);
      fn();
    };
    const timer: Timer = { at: this.#clock.now() + ms, id: this.#clock.setTimeout(fire, ms) };
    this.#timers.add(timer);
    return timer;
  };

  clearTimeout = (timer: unknown): void => {
    if (!this.#timers.delete(timer as Timer)) return;
    this.#clock.clearTimeout((timer as Timer).id);
  };

  get pending(): number {
    return this.#timers.size;
  }

  /** How long it is until each timer is due. */
  get dueIn(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#clock.now());
  }

  /** How long it is until the next timer is due; Infinity if there is none. */
  get dueInMs(): number {
    return Math.min(...this.dueIn);
  }

  advance(ms: number): Promise<void> {
    return this.#clock.advance(ms);
  }

  advanceToNext(): Promise<boolean> {
    return this.#clock.advanceToNext();
  }

  /** As advanceToNext, where all promises have settled already. */
  fireNext(): Promise<boolean> {
    return this.#clock.fireNext();
  }
}
