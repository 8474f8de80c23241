// A stop wins over everything else, in every state of a service and of the tree.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { inState, situations } from "../support/in-state.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { drive, rejection, sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

describe("a stop of the tree", () => {
  it.each(
    situations.flatMap((state) => [false, true].map((nest) => [state, nest] as const)),
  )("a stop of the tree wins over a service that is %s (nested: %s): it is down at once, and nothing starts any more", async (state, nest) => {
    // cases 61, 143
    const { s, service: a, path, dep, starts } = await inState(state, { nest });
    const stopped = watch(s.supervisor.stop());
    if (state === "stopping") a.complete();
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
    expect([a.live, dep.live, s.clock.pending]).toEqual([0, 0, 0]);
    expect(s.supervisor.status(path).state).toBe(state === "failed" || state === "gave up" ? "failed" : "stopped");
    expectOneStory(s);
    await s.clock.advance(100_000);
    expect([a.starts, dep.starts]).toEqual([starts, 1]);
    expectHistory(s.record.updates);
  });

  it.each([
    "backoff",
    "delaying",
  ])("a stop of the tree wins over a service in %s that slow dependants hold up", async (state) => {
    const db = scripted("db", { critical: false, ...(state === "delaying" && { startDelayMs: 1_000 }) });
    const slow: ServiceSpec = {
      name: "slow",
      start: () => "slow",
      stop: () => sleep(s, 5_000),
      dependsOn: [
        { service: "opens", condition: "started" },
        { service: "db", condition: "started", required: false },
      ],
    };
    const opens = scripted("opens");
    const s: Scenario = createScenario({ services: [db.spec, opens.spec, slow] });
    await drive(s.clock, s.supervisor.start());
    if (state === "backoff") db.fail();
    else watch(s.supervisor.restartService("db"));
    await s.clock.advance(0);
    const { starts } = db;
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(4_999);
    expect([db.starts, stopped.state]).toEqual([starts, "pending"]);
    await s.clock.advance(1);
    expect([db.starts, stopped.state]).toEqual([starts, "resolved"]);
  });

  it("a service that fails by itself while it waits for its turn does not come back", async () => {
    const [db, api] = [scripted("db", { restart: { initialBackoffMs: 0 } }), scripted("api", { dependsOn: ["db"] })];
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    api.ignoreStop();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(10);
    db.fail();
    await s.clock.advance(100);
    expect(db.starts).toBe(1);
    api.complete();
    await s.clock.advance(0);
    expect([stopped.state, db.starts]).toEqual(["resolved", 1]);
    expect(s.supervisor.status().state).toBe("stopped");
    expectHistory(s.record.updates);
  });

  it("a critical service that fails for good while it waits for its turn does not change how the tree ends", async () => {
    const [db, api] = [scripted("db", { restart: { maxRetries: 0 } }), scripted("api", { dependsOn: ["db"] })];
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    api.ignoreStop();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(10);
    db.fail();
    await s.clock.advance(10);
    api.complete();
    await s.clock.advance(0);
    expect(stopped.state).not.toBe("pending");
    expect(s.record.updates.filter(({ type }) => type === "escalation")).toEqual([]);
  });

  it("a stop of the tree is prompt in a loop of restarts without a backoff", async () => {
    // case 143
    let starts = 0;
    const loop: ServiceSpec = {
      name: "loop",
      run: () => {
        starts++;
        throw new Error("again");
      },
      restart: { maxRetries: Number.POSITIVE_INFINITY, initialBackoffMs: 0, jitter: false },
      critical: false,
    };
    const s = createScenario({ services: [loop] });
    watch(s.supervisor.start());
    for (let turn = 0; turn < 50; turn++) await s.clock.advanceToNext();
    expect(starts).toBeGreaterThan(10);
    expect(starts).toBeLessThan(100);
    const before = starts;
    await s.supervisor.stop();
    await s.clock.advance(1_000);
    expect(starts).toBe(before);
  });
});

describe("a stop during the start", () => {
  it.each([
    ["stop()", (s: Scenario) => s.supervisor.stop()],
    ["its signal", (_: Scenario, abort: () => void) => Promise.resolve(abort())],
  ])("a stop during the start, by %s, stops what has started in reverse; start() rejects ERR_START_ABORTED, the exit is stopped", async (_, how) => {
    // case 22
    const [a, b] = [scripted("a"), scripted("b", { dependsOn: ["a"] })];
    const c = scripted("c", { dependsOn: ["b"], startDelayMs: 1_000 });
    const s = createScenario({ services: [a.spec, b.spec, c.spec] });
    const controller = new AbortController();
    const started = watch(s.supervisor.start({ signal: controller.signal }));
    await s.clock.advance(500);
    s.facts();
    await how(s, () => controller.abort(new Error("enough")));
    await s.clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_ABORTED", path: "app" });
    if (controller.signal.aborted) expect(started.error.cause).toBe(controller.signal.reason);
    expect(s.facts().filter((fact) => !fact.startsWith("c"))).toEqual([
      "app stopping",
      "b stopping",
      "b stopped",
      "a stopping",
      "a stopped",
      "app stopped",
    ]);
    expect(c.starts).toBe(0);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    expect(s.supervisor.status()).toMatchObject({ state: "stopped", exit: "stopped" });
    expectHistory(s.record.updates);
  });

  it("a stop during the start whose roll-back fails still makes start() reject ERR_START_ABORTED, with the errors", async () => {
    const bad: ServiceSpec = { name: "bad", start: () => 1, stop: () => Promise.reject(new Error("no")) };
    const s = createScenario({ services: [bad, scripted("slow", { readyOn: "signal" }).spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const failure = await rejection(s.supervisor.stop());
    expect(failure).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/bad" }] });
    expect(started.error).toMatchObject({ code: "ERR_START_ABORTED", errors: [{ path: "app/bad" }] });
  });

  it("a start whose signal had aborted before starts nothing at all", async () => {
    // case 23
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const reason = new Error("not today");
    const error = await rejection(s.supervisor.start({ signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: "ERR_START_ABORTED", cause: reason });
    expect([a.starts, s.record.updates]).toEqual([0, []]);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    await s.start();
    expect(a.live).toBe(1);
  });

  it("the signal of a start has no effect once the tree has started", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    await s.supervisor.start({ signal: controller.signal });
    controller.abort();
    await s.clock.advance(1_000);
    expect([a.live, s.supervisor.status().state]).toEqual([1, "running"]);
  });
});
