// host-timers.ts: the fake timers of a test framework (vitest, jest and sinon have the same ones), moved along with the
// simulated clock, so that services that use the host's timers live on the same time.

interface FakeClock {
  readonly now: number;
  readonly timers?: Readonly<Record<string, { readonly callAt: number }>>;
  tickAsync(ms: number): Promise<unknown>;
}

/** The fake timers that are installed now; undefined where time is real. */
function findFake(): FakeClock | undefined {
  const { clock } = globalThis.setTimeout as { clock?: FakeClock };
  return typeof clock?.tickAsync === "function" ? clock : undefined;
}

export class HostTimers {
  readonly #fake = findFake();

  /** How long it is until the next timer of the host is due; Infinity if there is none, or if time is real. */
  get dueInMs(): number {
    if (this.#fake === undefined) return Number.POSITIVE_INFINITY;
    const { now, timers = {} } = this.#fake;
    return Math.min(...Object.values(timers).map(({ callAt }) => Math.max(0, callAt - now)));
  }

  async advance(ms: number): Promise<void> {
    await this.#fake?.tickAsync(ms);
  }
}
