// Dependencies: when a service starts, and what it waits for. A dependency that goes down is in
// dependencies-down.test.ts, one beyond hope in dependencies-hopeless.test.ts.

import { describe, expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

describe("order", () => {
  it("a chain starts from its end, and stops in the reverse", async () => {
    // case 93
    const api = scripted("api", { dependsOn: ["db"] });
    const db = scripted("db", { dependsOn: ["cache"] });
    const s = createScenario({ services: [api.spec, db.spec, scripted("cache").spec] });
    await s.start();
    expect(s.facts("api", "db", "cache")).toEqual([
      "api starting",
      "db starting",
      "cache starting",
      "cache running",
      "db running",
      "api running",
    ]);
    await s.supervisor.stop();
    expect(s.facts("api", "db", "cache")).toEqual([
      "api stopping",
      "api stopped",
      "db stopping",
      "db stopped",
      "cache stopping",
      "cache stopped",
    ]);
    expectHistory(s.record.updates);
  });

  it("independent services start side by side, in definition order", async () => {
    const names = ["c", "a", "b"];
    const services = names.map((name) => scripted(name, { readyOn: "signal" }));
    const s = createScenario({ services: services.map(({ spec }) => spec) });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(s.facts("a", "b", "c")).toEqual(["c starting", "a starting", "b starting"]);
    expect(services.map(({ starts }) => starts)).toEqual([1, 1, 1]);
    for (const { ready } of services) ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a service of a diamond starts once, after both of its dependencies", async () => {
    const left = scripted("left", { dependsOn: ["base"], readyOn: "signal" });
    const right = scripted("right", { dependsOn: ["base"], readyOn: "signal" });
    const top = scripted("top", { dependsOn: ["left", "right"] });
    const s = createScenario({ services: [top.spec, left.spec, right.spec, scripted("base").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    left.ready();
    await s.clock.advance(0);
    expect([left.starts, right.starts, top.starts]).toEqual([1, 1, 0]);
    expect(s.supervisor.status("top")).toMatchObject({ phase: "waiting", waitingFor: ["app/right"] });
    expectOneStory(s);
    right.ready();
    await s.clock.advance(0);
    expect([started.state, top.starts]).toEqual(["resolved", 1]);
  });

  it("a dependency is given by its name, its definition, or an object with either", async () => {
    const db = scripted("db", { readyOn: "signal" });
    const dependants = [
      scripted("a", { dependsOn: ["db"] }),
      scripted("b", { dependsOn: [db.spec] }),
      scripted("c", { dependsOn: [{ service: "db" }] }),
      scripted("d", { dependsOn: [{ service: db.spec }] }),
    ];
    const s = createScenario({ services: [db.spec, ...dependants.map(({ spec }) => spec)] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(dependants.map(({ starts }) => starts)).toEqual([0, 0, 0, 0]);
    db.ready();
    await s.clock.advance(0);
    expect(dependants.map(({ starts }) => starts)).toEqual([1, 1, 1, 1]);
    expect(started.state).toBe("resolved");
  });
});

describe("validation, before anything runs", () => {
  it.each([
    ["a service that depends on itself", [["a", "a"]], /a -> a/],
    [
      "a cycle",
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
      ],
      /a -> b -> c -> a/,
    ],
  ])("%s is refused, and printed as a path", (_, pairs, printed) => {
    // case 94
    const services = pairs.map(([name, dependency]) => scripted(name!, { dependsOn: [dependency!] }).spec);
    const clock = createSimulatedClock();
    expect(() => createSupervisor({ name: "app", services }, { clock })).toThrow(
      expect.objectContaining({ code: "ERR_DEPENDENCY_CYCLE", message: expect.stringMatching(printed) }),
    );
  });

  it("an unknown dependency is refused, naming both services and the nearest one", () => {
    // case 95
    const services = [scripted("database").spec, scripted("api", { dependsOn: ["databse"] }).spec];
    expect(() => createSupervisor({ name: "app", services })).toThrow(
      expect.objectContaining({
        code: "ERR_UNKNOWN_DEPENDENCY",
        message: expect.stringMatching(/api.*"databse".*did you mean "database"/s),
      }),
    );
  });
});

describe("conditions", () => {
  it('the condition "healthy", the default, waits for readiness and not only for running', async () => {
    // case 97
    let isUp = false;
    const db = scripted("db", { readiness: { check: () => isUp, intervalMs: 100 } });
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(s.supervisor.status("db")).toMatchObject({ state: "running", phase: "unhealthy" });
    expect(s.supervisor.status("api")).toMatchObject({ phase: "waiting", waitingFor: ["app/db"] });
    isUp = true;
    await s.clock.advance(100);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it('the condition "started" waits for running and not for health', async () => {
    const db = scripted("db", { readyOn: "signal", critical: false, readiness: () => false });
    const api = scripted("api", { dependsOn: [{ service: "db", condition: "started" }] });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(api.starts).toBe(0);
    db.ready();
    await s.clock.advance(0);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it('the condition "completed" waits for an end without error', async () => {
    // case 99: unlike there, a failed end does not count as completed
    const migration = scripted("migration");
    const api = scripted("api", { dependsOn: [{ service: "migration", condition: "completed" }] });
    const s = createScenario({ services: [migration.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(60_000);
    expect([api.starts, s.supervisor.status("api").phase]).toEqual([0, "waiting"]);
    migration.complete();
    await s.clock.advance(0);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it('the condition "completed" waits through the restarts of a dependency that fails first', async () => {
    // case 103
    const migration = scripted("migration");
    const api = scripted("api", { dependsOn: [{ service: "migration", condition: "completed" }] });
    const s = createScenario({ services: [migration.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    migration.fail();
    await s.clock.advance(500);
    expect(s.supervisor.explain("api").waitingFor).toMatchObject([{ path: "app/migration", state: "backoff" }]);
    await s.clock.advance(500);
    expect([migration.starts, api.starts]).toEqual([2, 0]);
    migration.complete();
    await s.clock.advance(0);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a service that is ready on its signal holds its dependants until then", async () => {
    // case 98, without the log line
    const db = scripted("db", { readyOn: "signal" });
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(20_000);
    expect(api.starts).toBe(0);
    db.ready();
    db.ready();
    await s.clock.advance(0);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a nested supervisor is a dependency that is met when its aggregate is", async () => {
    const x = scripted("x", { readyOn: "signal" });
    const api = scripted("api", { dependsOn: ["sub"] });
    const s = createScenario({ services: [api.spec, { name: "sub", services: [x.spec] }] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(api.starts).toBe(0);
    x.ready();
    await s.clock.advance(0);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a nested supervisor that is degraded counts as healthy", async () => {
    const services = [scripted("x").spec, scripted("y", { critical: false, readiness: () => false }).spec];
    const api = scripted("api", { dependsOn: ["sub"] });
    const s = createScenario({ services: [api.spec, { name: "sub", services }] });
    await s.start();
    expect(api.starts).toBe(1);
    expect(s.supervisor.health().status).toBe("degraded");
  });
});

describe("now", () => {
  it("a condition counts as it is now: a dependency that was healthy once and no longer is holds its dependant", async () => {
    // case 106
    let isUp = true;
    const db = scripted("db", { readiness: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const s = createScenario({ services: [db.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(100);
    const api = scripted("api", { dependsOn: ["db"] });
    const added = watch(s.supervisor.addService(api.spec));
    await s.clock.advance(1_000);
    expect([api.starts, db.starts, s.supervisor.status("db").state]).toEqual([0, 1, "running"]);
    isUp = true;
    await s.clock.advance(100);
    expect([api.starts, added.state]).toEqual([1, "resolved"]);
  });

  it("all conditions hold at once: one that was met and is lost again is waited for again", async () => {
    const [a, b] = [scripted("a"), scripted("b", { readyOn: "signal" })];
    const api = scripted("api", { dependsOn: ["a", "b"] });
    const s = createScenario({ services: [a.spec, b.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    a.fail();
    await s.clock.advance(0);
    b.ready();
    await s.clock.advance(999);
    expect(s.supervisor.status("api").waitingFor).toEqual(["app/a"]);
    await s.clock.advance(1);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a service waits after its start delay for a dependency that was lost during it", async () => {
    const db = scripted("db");
    const api = scripted("api", { dependsOn: ["db"], startDelayMs: 1_500 });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    db.fail();
    await s.clock.advance(999);
    expect(api.starts).toBe(0);
    expect(s.supervisor.status("api")).toMatchObject({ phase: "waiting", waitingFor: ["app/db"] });
    await s.clock.advance(1);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("the start delay runs beside the wait or after it, and the service never starts before its dependency is up", async () => {
    const db = scripted("db", { startDelayMs: 2_000 });
    const api = scripted("api", { dependsOn: ["db"], startDelayMs: 1_000 });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_999);
    expect([db.starts, api.starts]).toEqual([0, 0]);
    await s.clock.advance(1_001);
    expect([db.starts, api.starts, started.state]).toEqual([1, 1, "resolved"]);
  });

  it("a dependant that itself restarts waits again for its conditions", async () => {
    let isUp = true;
    const db = scripted("db", { readiness: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(100);
    expect(s.supervisor.status("api").state).toBe("running");
    api.fail();
    await s.clock.advance(5_000);
    expect(s.supervisor.status("api")).toMatchObject({ phase: "waiting", waitingFor: ["app/db"], incarnation: 1 });
    isUp = true;
    await s.clock.advance(100);
    expect([api.starts, db.starts]).toEqual([2, 1]);
  });

  it("a wait has no limit: startTimeoutMs counts from launching on", async () => {
    const db = scripted("db", { readyOn: "signal", startTimeoutMs: Number.POSITIVE_INFINITY });
    const api = scripted("api", { dependsOn: ["db"], startTimeoutMs: 100, readyOn: "signal" });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000_000);
    expect(s.supervisor.status("api")).toMatchObject({ phase: "waiting", failures: 0 });
    db.ready();
    await s.clock.advance(99);
    expect(s.supervisor.status("api").phase).toBe("launching");
    api.ready();
    await s.clock.advance(1_000);
    expect(started.state).toBe("resolved");
  });

  it("a critical service that waits holds start() up", async () => {
    const db = scripted("db", { readyOn: "signal", critical: false });
    const api = scripted("api", { dependsOn: ["db"] });
    const other = scripted("other", { dependsOn: ["db"], critical: false });
    const s = createScenario({ services: [db.spec, api.spec, other.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(10_000);
    expect(started.state).toBe("pending");
    db.ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("restarting a waiting service by hand leaves one pending incarnation, and the tree up", async () => {
    // case 105
    const db = scripted("db", { readyOn: "signal" });
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const restarts = [watch(s.supervisor.restartService("api")), watch(s.supervisor.restartService("api"))];
    await s.clock.advance(1_000);
    expect(restarts.map(({ state }) => state)).toEqual(["pending", "pending"]);
    expect(s.supervisor.status()).toMatchObject({ state: "starting", counts: { starting: 2 } });
    db.ready();
    await s.clock.advance(0);
    expect(restarts.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    expect([api.starts, started.state]).toEqual([1, "resolved"]);
  });
});
