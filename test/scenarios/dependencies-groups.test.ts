// Dependencies where other rules meet them: group restarts, a dependant's own stop, long chains.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { drive, sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

describe("a group restart", () => {
  it.each([
    ["ignore", 1, "running"],
    ["restart", 2, "running"],
    ["stop", 1, "stopped"],
  ] as const)("a group restart counts as going down for a dependant outside of the group whose onFailure is %s", async (onFailure, starts, state) => {
    // api is defined before its dependency db and is not in its group; worker is
    const api = scripted("api", { dependsOn: [{ service: "worker", onFailure }] });
    const [db, worker] = [scripted("db"), scripted("worker")];
    const s = createScenario({ strategy: "rest-for-one", services: [api.spec, db.spec, worker.spec] });
    await s.start();
    db.fail();
    await s.clock.advance(1_000);
    expect([db.starts, worker.starts]).toEqual([2, 2]);
    expect([api.starts, s.supervisor.status("api").state]).toEqual([starts, state]);
    expectHistory(s.record.updates);
  });

  it("a group restart does not count as going down for a dependant inside of it, which starts once, with its group", async () => {
    const db = scripted("db");
    const stops = scripted("stops", { dependsOn: [{ service: "db", onFailure: "stop" }] });
    const restarts = scripted("restarts", { dependsOn: [{ service: "db", onFailure: "restart" }] });
    const x = scripted("x");
    const s = createScenario({ strategy: "one-for-all", services: [x.spec, db.spec, stops.spec, restarts.spec] });
    await s.start();
    x.fail();
    await s.clock.advance(60_000);
    expect([db.starts, restarts.starts, restarts.live, stops.starts, stops.live]).toEqual([2, 2, 1, 2, 1]);
  });

  it("a member of a restarting group waits for its dependency outside of the group", async () => {
    let isUp = true;
    const db = scripted("db", { readiness: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const [a, api] = [scripted("a"), scripted("api", { dependsOn: ["db"] })];
    const s = createScenario({ strategy: "rest-for-one", services: [db.spec, a.spec, api.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(100);
    a.fail();
    await s.clock.advance(1_000);
    expect([a.starts, api.starts, s.supervisor.status("api").phase]).toEqual([2, 1, "waiting"]);
    isUp = true;
    await s.clock.advance(100);
    expect([a.starts, api.starts]).toEqual([2, 2]);
  });
});

describe("a dependant's stop", () => {
  it("a dependant that stops can still use its dependency, which is up until the dependant is down", async () => {
    const told: unknown[] = [];
    const db: ServiceSpec = { name: "db", start: () => "pool", stop: () => void told.push("db closed") };
    const api: ServiceSpec = {
      name: "api",
      dependsOn: ["db"],
      start: () => {},
      stop: async (_, { use }) => {
        await sleep(s, 100);
        told.push(`flushed to ${use(db)}`);
      },
    };
    const s: Scenario = createScenario({ services: [db, api] });
    await s.start();
    await drive(s.clock, s.supervisor.stop());
    expect(told).toEqual(["flushed to pool", "db closed"]);
  });
});

describe("length", () => {
  it("a chain of two thousand starts from its end and stops in the reverse, with no stack to overflow", async () => {
    const count = 2_000;
    const order: string[] = [];
    const services = Array.from({ length: count }, (_, index): ServiceSpec => {
      const name = `n${index}`;
      const dependsOn = index + 1 < count ? [`n${index + 1}`] : [];
      return {
        name,
        dependsOn,
        start: () => void order.push(`up ${name}`),
        stop: () => void order.push(`down ${name}`),
      };
    });
    const s = createScenario({ services });
    s.record.stop();
    await s.start();
    expect(s.supervisor.status().counts.running).toBe(count);
    await s.supervisor.stop();
    const names = services.map(({ name }) => name);
    expect(order).toEqual([
      ...[...names].reverse().map((name) => `up ${name}`),
      ...names.map((name) => `down ${name}`),
    ]);
  });

  it("a hopeless chain of a thousand fails to its end, each with the one before as its cause", async () => {
    const count = 1_000;
    const first = scripted("n0", { restart: "never", readyOn: "signal" });
    const rest = Array.from(
      { length: count },
      (_, index) => scripted(`n${index + 1}`, { dependsOn: [`n${index}`], critical: false }).spec,
    );
    const s = createScenario({ services: [first.spec, ...rest] });
    await s.start();
    first.fail(new Error("boom"));
    await s.clock.advance(0);
    expect(s.supervisor.status().counts.failed).toBe(count + 1);
  });

  it("two thousand dependants of one service start when it is up, in definition order, and stop before it", async () => {
    const db = scripted("db", { readyOn: "signal" });
    const order: string[] = [];
    const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    const dependants = names.map(
      (name): ServiceSpec => ({ name, dependsOn: ["db"], start: () => void order.push(name) }),
    );
    const s = createScenario({ services: [...dependants, db.spec] });
    s.record.stop();
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(order).toEqual([]);
    db.ready();
    await s.clock.advance(0);
    expect([started.state, order]).toEqual(["resolved", names]);
    await s.supervisor.stop();
    expect(db.live).toBe(0);
  });
});

it("a dependency that fails to stop with its group is not beyond hope: it starts again with it", async () => {
  const restart = { initialBackoffMs: 100, jitter: false };
  const api = scripted("api", { dependsOn: ["db"], critical: false });
  const cache = scripted("cache", { restart, critical: false });
  const db = scripted("db", { restart, critical: false, readyOn: "signal" });
  const s = createScenario({ strategy: "rest-for-one", services: [api.spec, cache.spec, db.spec] });
  await s.start();
  db.ignoreStop();
  cache.fail();
  await s.clock.advance(0);
  db.fail();
  await s.clock.advance(0);
  expect(s.supervisor.status("db").state).toBe("failed");
  expect(s.supervisor.status("api").phase).toBe("waiting");
  db.ignoreStop(false);
  await s.clock.advance(100);
  db.ready();
  await s.clock.advance(0);
  expect(s.supervisor.status("api").state).toBe("running");
});
