// Liveness restarts by the restart policy and never gates. `health` is liveness and readiness in one.

import { describe, expect, it } from "vitest";
import type { ProbeContext, ServiceContext } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

it("a liveness that fails at its threshold restarts the service once, and probing is on hold until the next incarnation", async () => {
  // case 129
  const at: number[] = [];
  let isAlive = true;
  const check = () => {
    at.push(s.clock.now());
    return isAlive;
  };
  const a = scripted("a", { liveness: { check, intervalMs: 100, failureThreshold: 2 } });
  const s: Scenario = createScenario({ services: [a.spec] });
  await s.start();
  s.facts();
  isAlive = false;
  await s.clock.advance(199);
  expect(s.facts()).toEqual([]);
  await s.clock.advance(1);
  expect(s.facts()).toEqual(["a stopping", "a backoff 1000"]);
  isAlive = true;
  await s.clock.advance(1_000);
  expect(s.facts()).toEqual(["a starting", "a running"]);
  expect(at).toEqual([0, 100, 200, 1_200]);
  await s.clock.advance(10_000);
  expect([a.starts, s.supervisor.status("a").restarts]).toEqual([2, 1]);
  expectHistory(s.record.updates);
});

it("a liveness failure carries ERR_LIVENESS, the cause, and the check's own error", async () => {
  const error = new Error("no answer");
  const a = scripted("a", {
    liveness: { check: () => Promise.reject(error), failureThreshold: 1, initialDelayMs: 50 },
  });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  await s.clock.advance(50);
  const left = s.record.updates.find((update) => update.type === "status" && update.exit);
  expect(left).toMatchObject({
    exit: { kind: "failed", cause: "liveness", error: { code: "ERR_LIVENESS", path: "app/a", cause: error } },
  });
});

it("liveness is true before the first result: the service is healthy, and its dependants start", async () => {
  // case 127
  const a = scripted("a", { liveness: { check: () => new Promise<void>(() => {}), initialDelayMs: 10_000 } });
  const b = scripted("b", { dependsOn: ["a"] });
  const s = createScenario({ services: [a.spec, b.spec] });
  await s.start();
  expect(s.supervisor.status("a").healthy).toBe(true);
  expect(b.live).toBe(1);
});

it("liveness never gates: below its threshold the service stays healthy", async () => {
  const a = scripted("a", { liveness: { check: () => false, intervalMs: 100, failureThreshold: 5 } });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  await s.clock.advance(300);
  expect(s.supervisor.status("a")).toMatchObject({ state: "running", healthy: true });
  expect(s.record.updates.filter(({ type }) => type === "service-health")).toEqual([]);
});

it("passes in between start the count of liveness failures anew", async () => {
  const results = [false, false, true, false, false, true, true];
  const a = scripted("a", { liveness: { check: () => results.shift() ?? true, intervalMs: 100, failureThreshold: 3 } });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  await s.clock.advance(5_000);
  expect([a.starts, results]).toEqual([1, []]);
});

it("a liveness failure goes by the restart policy: retries, and then for good", async () => {
  const liveness = { check: () => false, failureThreshold: 1, initialDelayMs: 10 };
  const never = scripted("never", { restart: "never", liveness });
  const once = scripted("once", { restart: { maxRetries: 1 }, critical: false, liveness });
  const s = createScenario({ services: [never.spec, once.spec] });
  await s.start();
  await s.clock.advance(10_000);
  expect(s.supervisor.status("never")).toMatchObject({
    state: "failed",
    incarnation: 1,
    error: { code: "ERR_LIVENESS" },
  });
  expect(s.supervisor.status("once")).toMatchObject({
    state: "failed",
    incarnation: 2,
    error: { code: "ERR_GAVE_UP" },
  });
});

it("a stop that is slow or fails does not hide the reason, nor stop the restart", async () => {
  let [alive, stops] = [true, 0];
  const s: Scenario = createScenario({
    services: [
      {
        name: "a",
        start: () => "a",
        stop: async () => {
          if (stops++ > 0) return;
          await sleep(s, 300);
          throw new Error("cannot");
        },
        liveness: { check: () => alive, failureThreshold: 1, intervalMs: 100 },
      },
    ],
  });
  await s.start();
  alive = false;
  await s.clock.advance(399);
  expect(s.supervisor.status("a").state).toBe("stopping");
  await s.clock.advance(1);
  expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", error: { code: "ERR_LIVENESS" }, failures: 1 });
  alive = true;
  await s.clock.advance(1_000);
  expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
});

it("a check of an incarnation that is over changes nothing", async () => {
  const checks: ((answer: boolean) => void)[] = [];
  const check = () =>
    new Promise<boolean>((settle) => {
      checks.push(settle);
    });
  const a = scripted("a", { liveness: { check, failureThreshold: 1, timeoutMs: 60_000 } });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  await s.supervisor.restartService("a");
  checks[0]!(false);
  await s.clock.advance(0);
  expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2, failures: 0 });
});

it("a check that fails while the service stops changes nothing", async () => {
  const checks: ((answer: boolean) => void)[] = [];
  const check = (_: ProbeContext) =>
    new Promise<boolean>((settle) => {
      checks.push(settle);
    });
  const a = scripted("a", { liveness: { check, failureThreshold: 1, timeoutMs: 60_000 } });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  a.ignoreStop();
  const stopped = watch(s.supervisor.stop());
  checks[0]!(false);
  await s.clock.advance(5_000);
  a.complete();
  await s.clock.advance(60_000);
  expect([stopped.state, a.starts]).toEqual(["resolved", 1]);
  expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", failures: 0, error: null });
});

describe("health", () => {
  it("health is readiness and liveness from one check: it gates before, and restarts at the threshold", async () => {
    const results = [false, true, true, false, false];
    const a = scripted("a", { health: { check: () => results.shift() ?? true, intervalMs: 100, failureThreshold: 2 } });
    const b = scripted("b", { dependsOn: ["a"] });
    const s = createScenario({ services: [a.spec, b.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    expect([s.supervisor.status("a").healthy, b.starts]).toEqual([false, 0]);
    await s.clock.advance(100);
    expect([started.state, s.supervisor.status("a").healthy, b.starts]).toEqual(["resolved", true, 1]);
    await s.clock.advance(200);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", healthy: true });
    await s.clock.advance(100);
    expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", error: { code: "ERR_LIVENESS" } });
    await s.clock.advance(1_000);
    expect([a.starts, b.starts, s.supervisor.health().status]).toEqual([2, 1, "healthy"]);
  });

  it("the update of a health failure comes before the stop that follows from it", async () => {
    let isUp = true;
    const a = scripted("a", { health: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const from = s.record.updates.length;
    isUp = false;
    await s.clock.advance(100);
    isUp = true;
    const told = s.record.updates.slice(from).filter(({ path }) => path === "app/a");
    expect(told.map((update) => (update.type === "status" ? `${update.to} ${update.phase}` : update.type))).toEqual([
      "running unhealthy",
      "service-health",
      "stopping null",
      "backoff counting",
    ]);
  });

  it("a check is given the value of the incarnation that is up", async () => {
    const asked: unknown[] = [];
    let context: ServiceContext | undefined;
    let starts = 0;
    const s = createScenario({
      services: [
        {
          name: "a",
          start: (ctx) => {
            context = ctx;
            return { up: true, nth: ++starts };
          },
          health: { check: ({ value }) => void asked.push((value as { nth: number }).nth), intervalMs: 600 },
        },
      ],
    });
    await s.start();
    context!.fail(new Error("gone"));
    await s.clock.advance(1_600);
    expect(asked).toEqual([1, 2, 2]);
  });
});
