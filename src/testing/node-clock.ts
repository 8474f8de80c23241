// The clock of one simulated machine: it can run fast or slow, stop calling back while its process is frozen, or die with it.

import type { Clock } from "../contract/spec.ts";

export class NodeClock implements Clock {
  readonly #clock: Clock;
  /** Where this clock was when its rate was last set, and where the simulation was. */
  #base: { readonly own: number; readonly true: number };
  #rate = 1;
  /** What is due, while the process is frozen. */
  #held: (() => void)[] | null = null;
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = { own: clock.now(), true: clock.now() };
  }

  now = (): number => this.#base.own + (this.#clock.now() - this.#base.true) * this.#rate;

  wallNow = (): number => this.now();

  setTimeout = (fn: () => void, ms: number): unknown => {
    let isCleared = false;
    const fire = () => {
      if (isCleared || this.#isDead) return;
      if (this.#held !== null) this.#held.push(fire);
      else fn();
    };
    const timer = this.#clock.setTimeout(fire, ms / this.#rate);
    return () => {
      isCleared = true;
      this.#clock.clearTimeout(timer);
    };
  };

  clearTimeout = (id: unknown): void => {
    // As the clock of the host, it has no patience with what is no timer.
    (id as () => void)();
  };

  /** 1.02: two percent fast. Timers that are set keep their times. */
  skew(rate: number): void {
    this.#base = { own: this.now(), true: this.#clock.now() };
    this.#rate = rate;
  }

  freeze(): void {
    this.#held ??= [];
  }

  /** What was due meanwhile fires now, in order. */
  wake(): void {
    const due = this.#held ?? [];
    this.#held = null;
    for (const fire of due) this.#clock.setTimeout(fire, 0);
  }

  get isFrozen(): boolean {
    return this.#held !== null;
  }

  die(): void {
    this.#isDead = true;
  }
}
