// How failures in a row are counted against maxRetries, and when the count clears.

import { describe, expect, it } from "vitest";
import { rejection } from "../support/promises.ts";
import { createScenario, delaysOf, scripted } from "../support/scenario.ts";
import { boom, failing } from "../support/services.ts";

describe("what counts as a failure", () => {
  // Case 65.
  it("a completed end under always waits the initial delay each time, and counts no failure", async () => {
    const a = scripted("a", { restart: { policy: "always", initialBackoffMs: 300, maxRetries: 0 } });
    const scenario = createScenario({ services: [a.spec] });
    await scenario.start();
    for (let times = 1; times <= 10; times++) {
      a.complete();
      await scenario.clock.advance(300);
    }
    expect(delaysOf(scenario)).toEqual(Array(10).fill(300));
    expect(scenario.supervisor.status("a")).toMatchObject({ incarnation: 11, restarts: 10, failures: 0 });
  });

  it("a completed end does not break a streak of failures", async () => {
    const a = scripted("a", { restart: "always" });
    const scenario = createScenario({ services: [a.spec] });
    await scenario.start();
    a.fail();
    await scenario.clock.advance(1_000);
    a.complete();
    await scenario.clock.advance(1_000);
    a.fail();
    await scenario.clock.advance(0);
    expect(delaysOf(scenario)).toEqual([1_000, 1_000, 2_000]);
  });

  it("a failed start counts like a failed run", async () => {
    const scenario = createScenario({
      services: [
        {
          name: "a",
          start: ({ incarnation }) => (incarnation === 2 ? Promise.reject(boom) : "up"),
          liveness: { check: () => false, intervalMs: 10, failureThreshold: 1 },
          critical: false,
        },
      ],
    });
    await scenario.start();
    await scenario.clock.advance(1_000);
    expect(delaysOf(scenario)).toEqual([1_000, 2_000]);
  });
});

describe("when the count clears", () => {
  const restart = { maxBackoffMs: 5_000, resetAfterMs: 10_000 };

  // Case 57, both sides.
  it.each<[uptime: number, failures: number, delay: number]>([
    [9_999, 3, 4_000],
    [10_000, 1, 1_000],
    [10_001, 1, 1_000],
  ])("after an incarnation that was ready for %d ms a failure is number %d, with a delay of %d ms", async (uptime, failures, delay) => {
    const a = scripted("a", { restart });
    const scenario = createScenario({ services: [a.spec] });
    await scenario.start();
    a.fail();
    await scenario.clock.advance(1_000);
    a.fail();
    await scenario.clock.advance(2_000 + uptime);
    expect(scenario.supervisor.status("a").failures).toBe(uptime < 10_000 ? 2 : 0);
    a.fail();
    await scenario.clock.advance(0);
    expect(scenario.supervisor.status("a").failures).toBe(failures);
    expect(delaysOf(scenario)).toEqual([1_000, 2_000, delay]);
  });

  it("the time that clears the count runs from ready, not from the start", async () => {
    const a = scripted("a", { restart, readyOn: "signal" });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    void supervisor.start();
    await clock.advance(0);
    a.fail();
    await clock.advance(1_000 + 9_000);
    a.ready();
    await clock.advance(9_999);
    a.fail();
    await clock.advance(0);
    expect(supervisor.status("a").failures).toBe(2);
  });

  it("resetAfterMs is by default the maximal backoff, and no less than a second", async () => {
    for (const [given, resetAfterMs] of [
      [{}, 60_000],
      [{ maxBackoffMs: 7_000 }, 7_000],
      [{ maxBackoffMs: 10, initialBackoffMs: 10 }, 1_000],
    ] as const) {
      for (const [uptime, failures] of [
        [resetAfterMs - 1, 2],
        [resetAfterMs, 1],
      ] as const) {
        const a = scripted("a", { restart: given });
        const { supervisor, clock, start } = createScenario({ services: [a.spec] });
        await start();
        a.fail();
        await clock.advanceToNext();
        await clock.advance(uptime);
        a.fail();
        await clock.advance(0);
        expect(supervisor.status("a").failures, `${resetAfterMs}, ${uptime}`).toBe(failures);
      }
    }
  });

  // Case 59: nothing is timed, so nothing of an old incarnation can clear the count of a new one.
  it("the time that an older incarnation was ready does not clear the count of a newer one", async () => {
    const a = scripted("a", { restart });
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    expect(clock.pending).toBe(0);
    await clock.advance(9_500);
    a.fail(); // the first one would have cleared the count half a second later
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    a.fail();
    await clock.advance(0);
    expect(supervisor.status("a").failures).toBe(2);
  });

  it("the count also clears for a service that its group stopped meanwhile", async () => {
    const restart = { initialBackoffMs: 100, resetAfterMs: 5_000, jitter: false };
    const a = scripted("a", { restart });
    const b = scripted("b", { restart });
    const scenario = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await scenario.start();
    a.fail();
    await scenario.clock.advance(100 + 5_000);
    expect(scenario.supervisor.status("a").failures).toBe(0);
    b.fail();
    await scenario.clock.advance(0);
    expect(scenario.supervisor.status("a").failures).toBe(0);
    await scenario.clock.advance(100);
    a.fail();
    await scenario.clock.advance(0);
    expect(delaysOf(scenario)).toEqual([100, 100]);
  });

  it("the count clears by a start and by a restart by hand", async () => {
    for (const verb of ["startService", "restartService"] as const) {
      const a = scripted("a", { restart: { maxRetries: 1 }, critical: false });
      const scenario = createScenario({ services: [a.spec] });
      await scenario.start();
      a.fail();
      await scenario.clock.advance(1_000);
      a.fail();
      await scenario.clock.advance(0);
      expect(scenario.supervisor.status("a")).toMatchObject({ state: "failed", failures: 2 });
      await scenario.supervisor[verb]("a");
      expect(scenario.supervisor.status("a")).toMatchObject({ state: "running", failures: 0, restarts: 1 });
      a.fail();
      await scenario.clock.advance(1_000);
      expect(a.live).toBe(1);
      expect(delaysOf(scenario)).toEqual([1_000, 1_000]);
    }
  });
});

describe("maxRetries", () => {
  // Case 63; the seed kept a service that had used them up as "running", and polled it for ever.
  it("maxRetries failures in a row are retried; the next one is final, with its last error as the cause", async () => {
    const a = scripted("a", { restart: { maxRetries: 2 }, critical: false });
    const { supervisor, clock, start, facts } = createScenario({ services: [a.spec] });
    await start();
    for (const message of ["first", "second", "third"]) {
      a.fail(new Error(message));
      await clock.advance(2_000);
    }
    expect(facts("a").slice(2)).toEqual([
      "a backoff 1000",
      "a starting",
      "a running",
      "a backoff 2000",
      "a starting",
      "a running",
      "a failed",
    ]);
    const { error, ...status } = supervisor.status("a");
    expect(status).toMatchObject({ state: "failed", failures: 3, restarts: 2, incarnation: 3, nextAttemptAt: null });
    expect(error).toMatchObject({
      code: "ERR_GAVE_UP",
      message: expect.stringMatching(/app\/a.*3.*maxRetries 2.*third/),
    });
    expect(supervisor.explain("a")).toMatchObject({ retriesLeft: 0 });
    await clock.advance(600_000);
    expect([a.starts, supervisor.health().status]).toEqual([3, "degraded"]);
  });

  it.each([
    [0, 1],
    [1, 2],
    [5, 6],
  ])("%d retries make %d starts", async (maxRetries, starts) => {
    const scenario = createScenario({ services: [failing(100, { maxRetries })] });
    await scenario.supervisor.start();
    await scenario.clock.advance(600_000);
    expect(scenario.supervisor.status("a")).toMatchObject({ state: "failed", incarnation: starts });
  });

  // Case 81: the seed's budget was for life.
  it("the retries are fresh after a stop and a start of the tree", async () => {
    const a = scripted("a", { restart: { maxRetries: 1 } });
    const { supervisor, clock, start, stop } = createScenario({ services: [a.spec] });
    for (let run = 1; run <= 3; run++) {
      await start();
      a.fail();
      await clock.advance(1_000);
      expect(supervisor.status("a")).toMatchObject({ state: "running", failures: 1, incarnation: 2 * run });
      await stop();
    }
  });

  it("a critical service that used up its retries fails the tree", async () => {
    const a = scripted("a", { restart: { maxRetries: 1 } });
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.fail();
    await clock.advance(1_000);
    a.fail(boom);
    await clock.advance(0);
    const exit = await supervisor.exit;
    expect(exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP", path: "app/a", cause: boom } });
    expect((await rejection(supervisor.startService("a"))).code).toBe("ERR_NOT_RUNNING");
  });
});
