// live-tree.ts: a tree on a simulated clock to which things happen one after another; after each, its invariants are
// checked. exploreTree lives plans of faults with it, and the library's own histories and explorer (test/) their commands.

import { listStatuses, type Supervisor } from "../../index.ts";
import type { WatchedClock } from "./watched-clock.ts";

/** What was found wrong, and when. */
export class BrokenInvariant extends Error {}

/** More timers than this, one after another, are taken for a tree that never comes to rest. */
export const mostTimers = 10_000;

export class LiveTree {
  readonly clock: WatchedClock;
  readonly supervisor: Supervisor;
  readonly #findWrong: () => readonly string[];

  constructor(clock: WatchedClock, supervisor: Supervisor, findWrong: () => readonly string[]) {
    this.clock = clock;
    this.supervisor = supervisor;
    this.#findWrong = findWrong;
  }

  /** Does something, and waits for all that follows from it at once. Checks the invariants then, unless told not to. */
  async step(what: string, act: () => unknown, checks = true): Promise<void> {
    const time = act();
    if (time !== undefined) await time;
    await this.clock.advance(0);
    if (checks) this.check(what);
  }

  /** @throws BrokenInvariant if something is wrong now. */
  check(when: string): void {
    const wrong = this.#findWrong();
    if (wrong.length > 0)
      throw new BrokenInvariant(`after ${when}, at ${Math.round(this.clock.now())} ms: ${wrong.join("; ")}`);
  }

  /** Goes from timer to timer until none is left, or there are too many. */
  async runOut(): Promise<void> {
    for (let left = mostTimers; left > 0 && (await this.clock.advanceToNext()); left--) {}
    await this.clock.advance(0);
  }

  /** What is left of a tree that was stopped: services that are not down, and timers. */
  findRemains(): string[] {
    const root = this.supervisor.status();
    const up = [root, ...listStatuses(root)].filter(({ state }) => state !== "stopped" && state !== "failed");
    const remains = up.map(({ path, state }) => `${path} is ${state} after the stop`);
    const { pending } = this.clock;
    return pending === 0 ? remains : [...remains, `${pending} ${pending === 1 ? "timer is" : "timers are"} left`];
  }
}
