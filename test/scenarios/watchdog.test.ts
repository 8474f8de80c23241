// The watchdog: a service that sends no heartbeat in time fails.

import { expect, it } from "vitest";
import { createSupervisor, type ServiceContext } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

/** A service that sends a heartbeat every `ms` until it is stopped. */
function beat(s: Scenario, ctx: () => ServiceContext | undefined, ms: number): () => void {
  let timer: unknown;
  const next = () => {
    ctx()?.heartbeat();
    timer = s.clock.setTimeout(next, ms);
  };
  next();
  return () => s.clock.clearTimeout(timer);
}

it("an incarnation without a heartbeat in time fails, and restarts by its policy", async () => {
  const a = scripted("a", { watchdogMs: 100 });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  s.facts();
  await s.clock.advance(99);
  expect(s.facts()).toEqual([]);
  await s.clock.advance(1);
  expect(s.facts()).toEqual(["a stopping", "a backoff 1000"]);
  const left = s.record.updates.find((update) => update.type === "status" && update.exit);
  expect(left).toMatchObject({
    exit: { kind: "failed", cause: "watchdog", error: { code: "ERR_WATCHDOG", path: "app/a" } },
  });
  await s.clock.advance(1_000);
  expect(s.facts()).toEqual(["a starting", "a running"]);
  expectHistory(s.record.updates);
});

it("heartbeats keep a service up, and it fails watchdogMs after the last", async () => {
  const a = scripted("a", { watchdogMs: 100 });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  const stopBeating = beat(s, () => a.ctx, 90);
  await s.clock.advance(10_000);
  expect([a.starts, s.supervisor.status("a").state]).toEqual([1, "running"]);
  stopBeating();
  a.ctx!.heartbeat();
  await s.clock.advance(99);
  expect(s.supervisor.status("a").state).toBe("running");
  await s.clock.advance(1);
  expect(s.supervisor.status("a").state).toBe("backoff");
});

it("the watchdog begins when the service is ready", async () => {
  const a = scripted("a", { watchdogMs: 100, readyOn: "signal" });
  const s = createScenario({ services: [a.spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(5_000);
  expect(s.supervisor.status("a").phase).toBe("launching");
  a.ready();
  await s.clock.advance(99);
  expect([started.state, s.supervisor.status("a").state]).toEqual(["resolved", "running"]);
  await s.clock.advance(1);
  expect(s.supervisor.status("a").state).toBe("backoff");
});

it("the watchdog is silent while the service stops, and afterwards", async () => {
  const a = scripted("a", { watchdogMs: 100 });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  a.ignoreStop();
  const stopped = watch(s.supervisor.stop());
  await s.clock.advance(5_000);
  expect(s.supervisor.status("a")).toMatchObject({ state: "stopping", error: null });
  a.complete();
  await drive(s.clock, s.supervisor.stop());
  expect(stopped.state).toBe("resolved");
  expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
});

it("a heartbeat of an old incarnation does not count", async () => {
  const a = scripted("a", { watchdogMs: 1_000 });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  const old = a.ctx!;
  await s.supervisor.restartService("a");
  const stopBeating = beat(s, () => old, 100);
  await s.clock.advance(1_000);
  stopBeating();
  expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", incarnation: 2 });
});

it("the watchdog watches a service of start and stop as well, and its value is taken down", async () => {
  const stopped: unknown[] = [];
  let starts = 0;
  const s = createScenario({
    services: [{ name: "a", start: () => ++starts, stop: (value) => void stopped.push(value), watchdogMs: 100 }],
  });
  await s.start();
  await s.clock.advance(100);
  expect(stopped).toEqual([1]);
  await s.clock.advance(1_000);
  expect([starts, s.supervisor.status("a").state]).toEqual([2, "running"]);
});

it("a heartbeat without a watchdog, or before ready, does nothing", async () => {
  const a = scripted("a", { readyOn: "signal" });
  const s = createScenario({ services: [a.spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(0);
  a.ctx!.heartbeat();
  a.ready();
  a.ctx!.heartbeat();
  await s.clock.advance(100_000);
  expect([started.state, a.starts]).toEqual(["resolved", 1]);
});

it("a tree whose services are up and unwatched sets no timer", async () => {
  const s = createScenario({ services: [scripted("a").spec, { name: "sub", services: [scripted("b").spec] }] });
  await s.start();
  expect(s.clock.pending).toBe(0);
});

/** A service whose heartbeats arrive from outside, on a clock that can be late by what the event loop was blocked. */
async function startWhereTheLoopBlocks() {
  const simulated = createSimulatedClock();
  let blockedMs = 0;
  const clock = { ...simulated, now: () => simulated.now() + blockedMs };
  const a = scripted("a", { watchdogMs: 100 });
  const supervisor = createSupervisor({ name: "app", services: [a.spec] }, { clock });
  await supervisor.start();
  /** The timer that is due next fires this much too late. */
  const block = async (ms: number) => {
    blockedMs += ms;
    await simulated.advance(100);
  };
  return { a, supervisor, simulated, block, stateOf: () => supervisor.status("a").state };
}

it("a heartbeat that came while the event loop was blocked, and has not been read yet, counts", async () => {
  const { a, supervisor, simulated, block, stateOf } = await startWhereTheLoopBlocks();
  await block(500);
  expect(stateOf()).toBe("running");
  a.ctx!.heartbeat();
  await simulated.advance(99);
  expect([stateOf(), a.starts]).toEqual(["running", 1]);
  await simulated.advance(1);
  expect(stateOf()).toBe("backoff");
  await drive(simulated, supervisor.stop());
});

it("without one, a service whose event loop was blocked fails a turn later", async () => {
  const { supervisor, simulated, block, stateOf } = await startWhereTheLoopBlocks();
  await block(500);
  expect(stateOf()).toBe("running");
  await simulated.advance(1);
  expect(stateOf()).toBe("backoff");
  await drive(simulated, supervisor.stop());
});
