// startTimeoutMs: how long a launch may take, and what becomes of one that takes longer.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const waits = { readyOn: "signal" } as const;

describe("a launch that takes too long", () => {
  // Case 2: the default.
  it("a launch that takes more than 30 s is asked to end, and counts as a failed start", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock, facts, record } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(29_999);
    expect([supervisor.status("a").phase, a.ctx!.signal.aborted]).toEqual(["launching", false]);
    await clock.advance(1);
    expect(facts("a")).toEqual(["a starting", "a stopping", "a backoff 1000"]);
    expect(record.updates.findLast(({ path }) => path === "app/a")).toMatchObject({
      exit: { kind: "failed", cause: "start-timeout", error: { code: "ERR_START_TIMEOUT", path: "app/a" } },
      failures: 1,
    });
    expect(supervisor.status("a").error?.message).toMatch(/30.?000 ms.*startTimeoutMs/);
    expect([a.live, started.state]).toEqual([0, "pending"]);
  });

  it("a launch that is in time by a hair is up, and its timeout is gone", async () => {
    const a = scripted("a", { ...waits, startTimeoutMs: 500 });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(499);
    a.ready();
    await clock.advance(0);
    expect([started.state, clock.pending]).toEqual(["resolved", 0]);
  });

  it("each incarnation is given its own start timeout", async () => {
    const a = scripted("a", { ...waits, startTimeoutMs: 500 });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(500 + 1_000 + 499);
    expect(a.ctx!.incarnation).toBe(2);
    a.ready();
    await clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a launch that takes too long with the retries used up fails the start, with the timeout as the cause", async () => {
    const a = scripted("a", { ...waits, startTimeoutMs: 500, restart: { maxRetries: 0 } });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(500);
    expect(started.error.code).toBe("ERR_START_FAILED");
    expect(started.error.cause).toMatchObject({ code: "ERR_GAVE_UP", cause: { code: "ERR_START_TIMEOUT" } });
  });

  it("the start timeout counts neither waiting for dependencies nor the start delay", async () => {
    const db = scripted("db", { ...waits, startTimeoutMs: 5_000 });
    const api = scripted("api", { ...waits, dependsOn: ["db"], startDelayMs: 900, startTimeoutMs: 300 });
    const { supervisor, clock } = createScenario({ services: [db.spec, api.spec] });
    const started = watch(supervisor.start());
    await clock.advance(4_000);
    db.ready();
    await clock.advance(900 + 299);
    expect([api.starts, supervisor.status("api").phase]).toEqual([1, "launching"]);
    api.ready();
    await clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a start timeout of Infinity waits for ever, without a timer", async () => {
    const a = scripted("a", { ...waits, startTimeoutMs: Number.POSITIVE_INFINITY });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(10 ** 9);
    expect([clock.pending, supervisor.status("a").phase, started.state]).toEqual([0, "launching", "pending"]);
  });

  it("the start timeout of a nested supervisor fails all of it, with the cause of a timeout", async () => {
    const [db, api] = [scripted("db"), scripted("api", { ...waits, startTimeoutMs: Number.POSITIVE_INFINITY })];
    const { supervisor, clock, facts } = createScenario({
      services: [{ name: "web", startTimeoutMs: 500, restart: { maxRetries: 0 }, services: [db.spec, api.spec] }],
    });
    const started = watch(supervisor.start());
    await clock.advance(500);
    expect(facts("web", "web/api", "web/db")).toEqual([
      "web starting",
      "web/db starting",
      "web/api starting",
      "web/db running",
      "web stopping",
      "web/api stopping",
      "web/db stopping",
      "web/api stopped",
      "web/db stopped",
      "web failed",
    ]);
    expect(started.error.cause).toMatchObject({ cause: { code: "ERR_START_TIMEOUT", path: "app/web" } });
  });
});

describe("a launch that has timed out and does not end", () => {
  function slow(more: Partial<ServiceSpec> = {}) {
    const pools: ((pool: string) => void)[] = [];
    const stopped: unknown[] = [];
    const spec: ServiceSpec = {
      name: "a",
      startTimeoutMs: 500,
      stopTimeoutMs: 200,
      start: () => new Promise<string>((resolve) => pools.push(resolve)),
      stop: (value) => void stopped.push(value),
      ...more,
    } as ServiceSpec;
    return { spec, pools, stopped };
  }

  it("a launch that timed out and does not end is left behind at its stop deadline, and the restart goes on", async () => {
    const { spec, pools } = slow();
    const { supervisor, clock, facts } = createScenario({ services: [spec] });
    const started = watch(supervisor.start());
    await clock.advance(500 + 200);
    expect(facts("a")).toEqual(["a starting", "a stopping", "a unstopped", "a backoff 1000"]);
    await clock.advance(1_000);
    expect(pools).toHaveLength(2);
    pools[1]!("second pool");
    await clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a launch that timed out and resolves after all has its value given to stop and its end reported as late", async () => {
    const { spec, pools, stopped } = slow();
    const { supervisor, clock, facts } = createScenario({ services: [spec] });
    const started = watch(supervisor.start());
    await clock.advance(1_700);
    facts();
    pools[0]!("first pool");
    await clock.advance(0);
    expect([stopped, facts("a")]).toEqual([["first pool"], ["a late completed"]]);
    expect([supervisor.status("a").phase, started.state]).toEqual(["launching", "pending"]);
    pools[1]!("second pool");
    await clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a launch that timed out and resolves while it is being stopped has its value given to stop, and counts as a timeout", async () => {
    const { spec, pools, stopped } = slow({ restart: "never", critical: true });
    const { supervisor, clock, facts } = createScenario({ services: [spec] });
    const started = watch(supervisor.start());
    await clock.advance(600);
    pools[0]!("pool");
    await clock.advance(0);
    expect([stopped, facts("a")]).toEqual([["pool"], ["a starting", "a stopping", "a failed"]]);
    expect(started.error.cause).toMatchObject({ code: "ERR_START_TIMEOUT" });
  });

  it("a launch that timed out and rejects while it is being stopped has the timeout as its error", async () => {
    const start = ({ signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("connection reset"))));
    const { spec } = slow({ start, restart: "never", critical: true } as never);
    const { supervisor, clock } = createScenario({ services: [spec] });
    const started = rejection(supervisor.start());
    await clock.advance(500);
    expect((await started).cause).toMatchObject({ code: "ERR_START_TIMEOUT" });
  });

  it("a start that was stopped in time has its value given to stop as well", async () => {
    const { spec, pools, stopped } = slow();
    const { supervisor, clock } = createScenario({ services: [spec] });
    const started = watch(supervisor.start());
    await clock.advance(100);
    const stop = watch(supervisor.stop());
    pools[0]!("pool");
    await clock.advance(0);
    expect([started.error.code, stop.state, stopped]).toEqual(["ERR_START_ABORTED", "resolved", ["pool"]]);
  });
});
