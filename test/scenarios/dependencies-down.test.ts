// A dependency that goes down: what its dependants do by their onFailure, and what `use` gives them.

import { describe, expect, it } from "vitest";
import type { ServiceContext, ServiceSpec, SupervisorError } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { rejection, sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

/** Every way of going down. */
const ways: [
  way: string,
  spec: Partial<ServiceSpec>,
  goDown: (s: Scenario, db: ReturnType<typeof scripted>) => unknown,
][] = [
  ["fails", {}, (_, db) => db.fail()],
  ["fails for good", { restart: "never" }, (_, db) => db.fail()],
  ["is failed by itself", {}, (_, db) => db.ctx!.fail(new Error("gone"))],
  ["completes", {}, (_, db) => db.complete()],
  ['completes under "always"', { restart: "always" }, (_, db) => db.complete()],
  ["is stopped by hand", {}, (s) => s.supervisor.stopService("db")],
  ["is restarted by hand", {}, (s) => s.supervisor.restartService("db")],
];

describe.each(ways)("a dependency that %s", (way, spec, goDown) => {
  const comesBack = !["fails for good", "completes", "is stopped by hand"].includes(way);

  it('a dependency that goes down leaves a running dependant alone with onFailure "ignore", the default', async () => {
    const db = scripted("db", spec);
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    await goDown(s, db);
    await s.clock.advance(60_000);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", incarnation: 1 });
    expect(db.starts).toBe(comesBack ? 2 : 1);
  });

  it('a dependency that goes down stops its dependant as by hand with onFailure "stop"', async () => {
    // case 109
    const db = scripted("db", spec);
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "stop" }] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    await goDown(s, db);
    await s.clock.advance(60_000);
    expect(s.supervisor.status("api")).toMatchObject({
      state: "stopped",
      exit: "stopped",
      failures: 0,
      incarnation: 1,
    });
    expect(s.supervisor.health().services["app/api"]).toMatchObject({ healthy: false, state: "stopped" });
    expect(s.supervisor.health().status).toBe(way === "fails for good" ? "degraded" : "healthy");
    if (comesBack) {
      await s.supervisor.startService("api");
      expect(api.live).toBe(1);
    }
    expectHistory(s.record.updates);
  });

  it('a dependency that goes down restarts its dependant with onFailure "restart", once its conditions hold again', async () => {
    // case 109
    const db = scripted("db", spec);
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart" }], critical: false });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    s.facts();
    await goDown(s, db);
    await s.clock.advance(0);
    expect(s.facts("api").slice(0, 1)).toEqual(["api stopping"]);
    await s.clock.advance(60_000);
    const status = s.supervisor.status("api");
    if (comesBack) expect(status).toMatchObject({ state: "running", incarnation: 2, failures: 0 });
    else if (way === "is stopped by hand")
      expect(status).toMatchObject({ phase: "waiting", failures: 0, exit: "stopped" });
    else expect(status).toMatchObject({ state: "failed", error: { code: "ERR_DEPENDENCY_FAILED" } });
    expect(api.starts).toBe(comesBack ? 2 : 1);
    expectHistory(s.record.updates);
  });
});

describe("onFailure", () => {
  it("a dependency that only turns unhealthy has not gone down", async () => {
    let isUp = true;
    const db = scripted("db", { readiness: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const stops = scripted("stops", { dependsOn: [{ service: "db", onFailure: "stop" }] });
    const restarts = scripted("restarts", { dependsOn: [{ service: "db", onFailure: "restart" }] });
    const s = createScenario({ services: [db.spec, stops.spec, restarts.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(10_000);
    expect(s.supervisor.status("db").phase).toBe("unhealthy");
    expect([stops.live, restarts.live, restarts.starts]).toEqual([1, 1, 1]);
  });

  it('a completion that "completed" waited for does not count as going down', async () => {
    const migration = scripted("migration");
    const dependsOn = [{ service: "migration", condition: "completed", onFailure: "stop" }] as const;
    const api = scripted("api", { dependsOn });
    const s = createScenario({ services: [migration.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    migration.complete();
    await s.clock.advance(60_000);
    expect([started.state, api.live]).toEqual(["resolved", 1]);
  });

  it('onFailure "restart" goes down a chain, and each waits for the one before it', async () => {
    const a = scripted("a");
    const b = scripted("b", { dependsOn: [{ service: "a", onFailure: "restart" }] });
    const c = scripted("c", { dependsOn: [{ service: "b", onFailure: "restart" }] });
    const s = createScenario({ services: [a.spec, b.spec, c.spec] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(999);
    expect(s.facts()).toEqual(["a backoff 1000", "b stopping", "c stopping", "b starting", "c starting"]);
    await s.clock.advance(1);
    expect(s.facts()).toEqual(["a starting", "a running", "b running", "c running"]);
    expect(s.supervisor.status("c")).toMatchObject({ incarnation: 2, failures: 0, exit: "stopped" });
  });

  it('onFailure "restart" does not count as a failure, however often', async () => {
    const db = scripted("db", {
      restart: { maxRetries: Number.POSITIVE_INFINITY, initialBackoffMs: 10, multiplier: 1 },
    });
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart" }], restart: { maxRetries: 0 } });
    const s = createScenario({ services: [db.spec, api.spec], intensity: { maxRestarts: 20, withinMs: 1_000_000 } });
    await s.start();
    for (let round = 0; round < 20; round++) {
      db.fail();
      await s.clock.advance(10);
    }
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", incarnation: 21, failures: 0 });
    expect(s.supervisor.explain("api").intensityLeft).toBe(0);
  });

  it('a dependency comes back without waiting for the slow stop of a dependant with onFailure "restart"', async () => {
    const db = scripted("db");
    const s: Scenario = createScenario({
      services: [
        db.spec,
        {
          name: "api",
          start: () => "api",
          stop: () => sleep(s, 3_000),
          dependsOn: [{ service: "db", onFailure: "restart" }],
        },
      ],
    });
    await s.start();
    db.fail();
    await s.clock.advance(1_000);
    expect(db.starts).toBe(2);
    expect(s.supervisor.status("api").state).toBe("stopping");
    await s.clock.advance(2_000);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("a stop by hand wins over the restart that a dependency brought about", async () => {
    const db = scripted("db");
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart" }] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    db.fail();
    await s.clock.advance(0);
    await s.supervisor.stopService("api");
    await s.clock.advance(60_000);
    expect(s.supervisor.status("api")).toMatchObject({ state: "stopped", incarnation: 1 });
  });

  it("no onFailure acts while the tree stops", async () => {
    const db = scripted("db");
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart", required: false }] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    api.ignoreStop();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(0);
    db.fail();
    await s.clock.advance(1_000);
    api.complete();
    await s.clock.advance(60_000);
    expect([api.starts, db.starts]).toEqual([1, 1]);
    expect(stopped.state).toBe("resolved");
  });
});

describe.each(["stop", "restart"] as const)("onFailure %s", (onFailure) => {
  it("onFailure does not touch a dependant that this very failure has let in", async () => {
    const db = scripted("db", { critical: false, restart: "never" });
    const report = scripted("report", {
      dependsOn: [{ service: "db", condition: "completed", required: false, onFailure }],
    });
    const s = createScenario({ services: [db.spec, report.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(s.supervisor.status("report").phase).toBe("waiting");
    db.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status("report")).toMatchObject({ state: "running", incarnation: 1 });
    expect(started.state).toBe("resolved");
  });
});

describe("use", () => {
  it("use gives the value of the present incarnation of a dependency", async () => {
    const used: unknown[] = [];
    let contexts: ServiceContext[] = [];
    const db = { name: "db", start: (ctx: ServiceContext) => ({ pool: contexts.push(ctx) }) };
    const api = scripted("api", { dependsOn: [db] });
    const s = createScenario({ services: [db, api.spec] });
    await s.start();
    used.push(api.ctx!.use(db), api.ctx!.use({ name: "db" } as ServiceSpec));
    contexts[0]!.fail(new Error("gone"));
    await s.clock.advance(1_000);
    used.push(api.ctx!.use(db));
    expect(used).toEqual([{ pool: 1 }, { pool: 1 }, { pool: 2 }]);
    contexts = [];
  });

  it("use throws ERR_NOT_A_DEPENDENCY for a service that is not declared", async () => {
    const api = scripted("api", { dependsOn: ["db"] });
    const other = scripted("other");
    const s = createScenario({ services: [scripted("db").spec, other.spec, api.spec] });
    await s.start();
    expect(() => api.ctx!.use(other.spec)).toThrow(
      expect.objectContaining({
        code: "ERR_NOT_A_DEPENDENCY",
        path: "app/api",
        message: expect.stringMatching(/"other".*dependsOn/),
      }),
    );
  });

  it.each([
    [
      "in backoff",
      (s: Scenario, db: ReturnType<typeof scripted>) => Promise.resolve(db.fail()).then(() => s.clock.advance(0)),
    ],
    ["stopped", (s: Scenario) => s.supervisor.stopService("db")],
    [
      "completed",
      (s: Scenario, db: ReturnType<typeof scripted>) => Promise.resolve(db.complete()).then(() => s.clock.advance(0)),
    ],
  ])("use throws ERR_NOT_RUNNING while the dependency is %s", async (_, goDown) => {
    const db = scripted("db");
    const api = scripted("api", { dependsOn: [db.spec] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    await goDown(s, db);
    const thrown = () => api.ctx!.use(db.spec);
    expect(thrown).toThrow(expect.objectContaining({ code: "ERR_NOT_RUNNING" } satisfies Partial<SupervisorError>));
    expect(thrown).toThrow(/app\/db/);
  });

  it("use throws ERR_NOT_RUNNING while the dependency stops, since its value is being taken down", async () => {
    const db = { name: "db", start: () => "value", stop: () => sleep(s, 500) };
    const api = scripted("api", { dependsOn: [db] });
    const s: Scenario = createScenario({ services: [db, api.spec] });
    await s.start();
    const stopped = s.supervisor.stopService("db");
    expect(() => api.ctx!.use(db)).toThrow(expect.objectContaining({ code: "ERR_NOT_RUNNING" }));
    await s.clock.advance(500);
    await stopped;
  });

  it("an error of use that the service does not catch fails its start like any other", async () => {
    const api: ServiceSpec = {
      name: "api",
      start: ({ use }) => use({ name: "db" } as ServiceSpec),
      restart: { maxRetries: 0 },
    };
    const s = createScenario({ services: [scripted("db").spec, api] });
    const error = await rejection(s.supervisor.start());
    expect(error).toMatchObject({ code: "ERR_START_FAILED" });
    expect((error.cause as SupervisorError).cause).toMatchObject({ code: "ERR_NOT_A_DEPENDENCY" });
  });
});
