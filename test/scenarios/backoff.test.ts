// How long a service waits before it restarts. The count of its failures is in backoff-count.test.ts.

import { describe, expect, it } from "vitest";
import type { RestartOptions } from "../../src/index.ts";
import { createScenario, delaysOf, scripted } from "../support/scenario.ts";
import { boom, failing } from "../support/services.ts";

describe("the n-th failure in a row waits initial * multiplier^(n-1), at most the maximum", () => {
  it.each<[title: string, times: number, restart: Partial<RestartOptions>, delays: number[]]>([
    // Case 50: exactly one instance lives after.
    ["200 ms, doubled", 4, { initialBackoffMs: 200 }, [200, 400, 800, 1_600]],
    // Case 51.
    ["5 m to 7 m", 1, { initialBackoffMs: 300_000, maxBackoffMs: 420_000 }, [300_000]],
    ["5 s to 7 s", 3, { initialBackoffMs: 5_000, maxBackoffMs: 7_000 }, [5_000, 7_000, 7_000]],
    ["5 s to 7 d", 3, { initialBackoffMs: 5_000, maxBackoffMs: 604_800_000 }, [5_000, 10_000, 20_000]],
    // Case 53.
    ["an initial delay above the maximum", 1, { initialBackoffMs: 9_000, maxBackoffMs: 4_000 }, [4_000]],
    // Case 54: nothing given means 1 s, 60 s, 2 and 5 retries.
    ["the defaults", 5, {}, [1_000, 2_000, 4_000, 8_000, 16_000]],
    ["the default maximum", 8, { maxRetries: 8 }, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]],
    ["a multiplier of 1", 3, { multiplier: 1, initialBackoffMs: 50 }, [50, 50, 50]],
    ["no backoff", 3, { initialBackoffMs: 0 }, [0, 0, 0]],
  ])("%s", async (_title, times, restart, delays) => {
    const scenario = createScenario({ services: [failing(times, restart)] });
    await scenario.supervisor.start();
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    await scenario.clock.advance(total);
    expect(delaysOf(scenario)).toEqual(delays);
    expect(scenario.supervisor.status("a")).toMatchObject({
      state: "running",
      incarnation: times + 1,
      restarts: times,
      failures: times,
      startedAt: total,
    });
  });

  it("a thousand failures do not overflow", async () => {
    const scenario = createScenario({
      services: [failing(1_100, { maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: 4_000 })],
    });
    await scenario.supervisor.start();
    await scenario.clock.advance(1_100 * 4_000);
    expect(new Set(delaysOf(scenario).slice(2))).toEqual(new Set([4_000]));
    expect(scenario.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1_101 });
  });

  it("a delay is measured from the failure, to the millisecond", async () => {
    const a = scripted("a");
    const { clock, start } = createScenario({ services: [a.spec] });
    await start();
    await clock.advance(12_345);
    a.fail();
    await clock.advance(999);
    expect(a.starts).toBe(1);
    await clock.advance(1);
    expect(a.starts).toBe(2);
  });
});

// Case 55.
describe("jitter", () => {
  const drawing = (...chances: number[]) => {
    let draws = 0;
    const random = () => chances[draws++ % chances.length]!;
    return { random, draws: () => draws };
  };

  it("jitter by default varies a delay by a quarter, both ways, never above the maximum", async () => {
    const { random } = drawing(0, 0.25, 0.5, 0.75, 1 - 2 ** -53);
    const scenario = createScenario({ services: [failing(5, { maxBackoffMs: 10_000 })] }, { random });
    await scenario.supervisor.start();
    await scenario.clock.advance(60_000);
    expect(delaysOf(scenario).map((delay) => Math.round(delay!))).toEqual([750, 1_750, 4_000, 9_000, 7_500]);
  });

  it("jitter of a given share varies a delay by that share", async () => {
    for (const [jitter, delays] of [
      [true, [750]],
      [0.1, [900]],
      [1, [0]],
      [0, [1_000]],
      [false, [1_000]],
    ] as const) {
      const scenario = createScenario({ services: [failing(1, { jitter })] }, { random: () => 0 });
      await scenario.supervisor.start();
      expect(delaysOf(scenario)).toEqual(delays);
    }
  });

  it("jitter with the same chance gives the same updates, byte for byte", async () => {
    const run = async () => {
      let seed = 42;
      const random = () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return seed / 2 ** 31;
      };
      const scenario = createScenario({ services: [failing(5, {})] }, { random });
      await scenario.supervisor.start();
      await scenario.clock.advance(120_000);
      return { delays: delaysOf(scenario), log: JSON.stringify(scenario.record.updates) };
    };
    const [first, second] = [await run(), await run()];
    expect(second).toEqual(first);
    expect(new Set(first.delays).size).toBe(5);
  });

  it("a chance is drawn only for a failure that has jitter", async () => {
    const { random, draws } = drawing(0.5);
    const [a, b] = [scripted("a", { restart: { jitter: false } }), scripted("b", { restart: "always" })];
    const { clock, start } = createScenario({ services: [a.spec, b.spec] }, { random });
    await start();
    a.fail();
    b.complete();
    await clock.advance(0);
    expect(draws()).toBe(0);
    await clock.advance(1_000);
    b.fail();
    await clock.advance(0);
    expect(draws()).toBe(1);
  });

  it.each<[title: string, random: () => number]>([
    ["above its range", () => 7],
    ["below its range", () => -7],
    ["no number", () => Number.NaN],
    [
      "a throw",
      () => {
        throw boom;
      },
    ],
  ])("a random source gone wrong (%s) leads to a delay from 0 to the maximum", async (_title, random) => {
    const scenario = createScenario({ services: [failing(1, { maxBackoffMs: 3_000 })] }, { random });
    await scenario.supervisor.start();
    const [delay] = delaysOf(scenario);
    expect(delay).toBeGreaterThanOrEqual(0);
    expect(delay).toBeLessThanOrEqual(3_000);
    await scenario.clock.advance(3_000);
    expect(scenario.supervisor.status("a").incarnation).toBe(2);
  });
});

describe("backoff", () => {
  it("a backoff reports when the next attempt comes, and how many are left", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    await clock.advance(500);
    a.fail(boom);
    await clock.advance(250);
    expect(supervisor.status("a")).toMatchObject({
      state: "backoff",
      phase: "counting",
      healthy: false,
      since: 500,
      startedAt: null,
      nextAttemptAt: 1_500,
      failures: 1,
      restarts: 0,
      exit: "failed",
      error: { name: "Error", message: "boom" },
    });
    const explained = supervisor.explain("a");
    expect(explained).toMatchObject({ state: "backoff", nextAttemptAt: 1_500, retriesLeft: 4 });
    expect(explained.summary).toMatch(/next attempt in 0\.8 s, 4 of 5 retries left.*boom/);
    await clock.advance(750);
    expect(supervisor.status("a")).toMatchObject({
      state: "running",
      nextAttemptAt: null,
      restarts: 1,
      startedAt: 1_500,
    });
  });

  it("a start by hand ends a backoff at once, with a fresh budget", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.fail();
    await clock.advance(300);
    await supervisor.startService("a");
    expect([a.starts, clock.now(), clock.pending]).toEqual([2, 300, 0]);
    expect(supervisor.status("a")).toMatchObject({ failures: 0, restarts: 0, incarnation: 2 });
    await clock.advance(60_000);
    expect(a.starts).toBe(2);
  });

  // Case 61.
  it("a stop of the tree ends a backoff at once, with nothing to come", async () => {
    const a = scripted("a");
    const { clock, start, stop, facts } = createScenario({ services: [a.spec] });
    await start();
    a.fail();
    await clock.advance(300);
    facts();
    await stop();
    expect([clock.now(), clock.pending, facts()]).toEqual([300, 0, ["app stopping", "a stopped", "app stopped"]]);
    await clock.advance(60_000);
    expect(a.starts).toBe(1);
  });
});
