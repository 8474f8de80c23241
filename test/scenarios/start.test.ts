// start(): in which order services start, and when the tree is up.

import { describe, expect, it } from "vitest";
import { fromPromise, setup } from "xstate";
import type { ServiceSpec } from "../../src/index.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { untilStopped } from "../support/services.ts";

const waits = { readyOn: "signal" } as const;

describe("order", () => {
  // Case 11: what does not depend on each other starts side by side, in definition order.
  it("independent services start in definition order, and none waits for another", async () => {
    const [a, b, c] = [scripted("a", waits), scripted("b", waits), scripted("c", waits)];
    const { supervisor, clock, facts } = createScenario({ services: [a.spec, b.spec, c.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    expect(facts()).toEqual(["app starting", "a starting", "b starting", "c starting"]);
    expect([a.starts, b.starts, c.starts]).toEqual([1, 1, 1]);
    c.ready();
    a.ready();
    await clock.advance(0);
    expect(started.state).toBe("pending");
    b.ready();
    await clock.advance(0);
    expect([started.state, facts()]).toEqual(["resolved", ["c running", "a running", "b running", "app running"]]);
  });

  // Case 11, for services that depend on each other.
  it("a service begins only after what it depends on has reported ready", async () => {
    const [a, b] = [scripted("a", waits), scripted("b", { dependsOn: ["a"] })];
    const { supervisor, clock } = createScenario({ services: [b.spec, a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(29_999);
    expect([a.starts, b.starts]).toEqual([1, 0]);
    expect(supervisor.status("b")).toMatchObject({ state: "starting", phase: "waiting", waitingFor: ["app/a"] });
    a.ready();
    await clock.advance(0);
    expect([b.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a listener hears of a start before the service's own code runs", async () => {
    const told: string[] = [];
    const { supervisor, start } = createScenario({
      services: [{ name: "a", start: () => void told.push(`code sees ${supervisor.status("a").state}`) }],
    });
    supervisor.on("status", ({ path, to, phase }) => path === "app/a" && told.push(`${to} ${phase}`));
    await start();
    expect(told).toEqual(["starting launching", "code sees starting", "running healthy"]);
  });

  it("a tree without services is up at once, and stays up until it is stopped", async () => {
    const { supervisor, clock, start, stop } = createScenario({ services: [] });
    await start();
    const exit = watch(supervisor.exit);
    await clock.advance(1_000_000);
    expect([supervisor.status().state, supervisor.health().status, exit.state]).toEqual([
      "running",
      "healthy",
      "pending",
    ]);
    await stop();
    expect(exit.value).toEqual({ kind: "stopped" });
  });
});

describe("start() resolves when every critical service is up", () => {
  it("services that are not critical do not hold it up", async () => {
    const [a, b] = [scripted("a"), scripted("b", { ...waits, critical: false })];
    const { supervisor, start } = createScenario({ services: [a.spec, b.spec] });
    await start();
    expect(supervisor.status("b").phase).toBe("launching");
    expect(supervisor.health().status).toBe("degraded");
  });

  it("a service with the policy never is not critical, unless its definition says so", async () => {
    const [a, b] = [
      scripted("a", { ...waits, restart: "never" }),
      scripted("b", { ...waits, restart: "never", critical: true }),
    ];
    const { supervisor, clock } = createScenario({ services: [a.spec, b.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    expect(started.state).toBe("pending");
    b.ready();
    await clock.advance(0);
    expect([started.state, supervisor.status("a").phase]).toEqual(["resolved", "launching"]);
  });

  it("a service that completed is up", async () => {
    const migration = scripted("migration", waits);
    const { supervisor, clock, facts } = createScenario({ services: [migration.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    expect(started.state).toBe("pending");
    migration.complete("done");
    await clock.advance(0);
    expect(started.state).toBe("resolved");
    expect(facts("migration")).toEqual(["migration starting", "migration stopped"]);
    expect(supervisor.status("migration").exit).toBe("completed");
  });

  it("start() waits through the restarts of a service that fails at first", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock, facts } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    a.fail();
    await clock.advance(1_000);
    expect([a.starts, started.state]).toEqual([2, "pending"]);
    a.ready();
    await clock.advance(0);
    expect(started.state).toBe("resolved");
    expect(facts("a")).toEqual(["a starting", "a backoff 1000", "a starting", "a running"]);
  });

  it("a readiness that has not passed keeps start() waiting, and explain says so", async () => {
    let isReady = false;
    const a = scripted("a", { readiness: { check: () => isReady, intervalMs: 100 } });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(120_000);
    expect([started.state, supervisor.status("a").phase]).toEqual(["pending", "unhealthy"]);
    expect(supervisor.explain("a").summary).toMatch(/readiness|check/);
    expect(supervisor.explain("app").summary).toContain("a");
    isReady = true;
    await clock.advance(100);
    expect(started.state).toBe("resolved");
  });

  it("a nested supervisor is up when its critical services are", async () => {
    const patient = { ...waits, startTimeoutMs: Number.POSITIVE_INFINITY };
    const [a, b] = [scripted("a", patient), scripted("b", { ...patient, critical: false })];
    const { supervisor, clock, facts } = createScenario({ services: [{ name: "web", services: [a.spec, b.spec] }] });
    const started = watch(supervisor.start());
    await clock.advance(3_600_000); // its own start timeout is Infinity, too
    expect(started.state).toBe("pending");
    a.ready();
    b.ready();
    await clock.advance(0);
    expect(started.state).toBe("resolved");
    expect(facts("web", "app").slice(-2)).toEqual(["web running", "app running"]);
  });
});

describe("what a service does decides when it is ready", () => {
  const cases: [title: string, body: Partial<ServiceSpec>, states: string[]][] = [
    ["run is ready once begun", { run: untilStopped }, ["starting", "running"]],
    ["run that returns is completed", { run: () => 42 }, ["starting", "running", "stopped"]],
    ["start is ready when it returns", { start: () => ({ port: 80 }) }, ["starting", "running"]],
    ["start is ready when it resolves", { start: async () => ({ port: 80 }) }, ["starting", "running"]],
    ["an actor is ready once begun", { actor: setup({}).createMachine({}) }, ["starting", "running"]],
    ["an actor that is done is completed", { actor: fromPromise(async () => 1) }, ["starting", "running", "stopped"]],
  ];

  it.each(cases)("%s", async (_title, body, states) => {
    const { supervisor, record, start, clock } = createScenario({ services: [{ name: "a", ...body } as ServiceSpec] });
    await start();
    await clock.advance(0);
    expect(record.states("a")).toEqual(states);
    expect(supervisor.status("a").incarnation).toBe(1);
  });

  it("a service with readyOn signal is ready when it says so, however often", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock, facts } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(5_000);
    expect(facts("a")).toEqual(["a starting"]);
    a.ready();
    a.ready();
    await clock.advance(0);
    a.ready();
    expect([started.state, facts("a")]).toEqual(["resolved", ["a running"]]);
    expect(supervisor.status("a")).toMatchObject({ startedAt: 5_000, since: 5_000 });
  });

  it("an actor with readyOn signal is ready when its input says so", async () => {
    let say = () => {};
    const machine = setup({}).createMachine({});
    const input = ({ ready }: { ready(): void }) => {
      say = ready;
    };
    const { supervisor, clock } = createScenario({ services: [{ name: "a", actor: machine, input, ...waits }] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    expect(started.state).toBe("pending");
    say();
    await clock.advance(0);
    expect([started.state, supervisor.status("a").state]).toEqual(["resolved", "running"]);
  });

  it("ready() without readyOn signal changes nothing", async () => {
    const a = scripted("a");
    const { facts, start } = createScenario({ services: [a.spec] });
    await start();
    a.ready();
    expect(facts("a")).toEqual(["a starting", "a running"]);
  });

  it("ready() of an incarnation that is over changes nothing", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    const first = a.ctx!;
    a.fail();
    await clock.advance(1_000);
    first.ready();
    await clock.advance(0);
    expect([supervisor.status("a").phase, started.state]).toEqual(["launching", "pending"]);
  });
});

describe("a start delay", () => {
  // Case 21; three delayed services take as long as one.
  it("a start delay delays its own service, and no other", async () => {
    const [x, y, z] = [scripted("x", { startDelayMs: 100 }), scripted("y"), scripted("z", { startDelayMs: 100 })];
    const { supervisor, clock } = createScenario({ services: [x.spec, y.spec, z.spec] });
    const started = watch(supervisor.start());
    await clock.advance(99);
    expect([x.starts, y.starts, z.starts, started.state]).toEqual([0, 1, 0, "pending"]);
    expect(supervisor.status("x")).toMatchObject({ state: "starting", phase: "delaying", incarnation: 0 });
    await clock.advance(1);
    expect([x.starts, z.starts, started.state]).toEqual([1, 1, "resolved"]);
  });

  it("a start delay delays the dependants of its service, and begins when its own dependencies are up", async () => {
    const a = scripted("a", { startDelayMs: 100 });
    const b = scripted("b", { startDelayMs: 100, dependsOn: ["a"] });
    const { supervisor, clock } = createScenario({ services: [a.spec, b.spec] });
    const started = watch(supervisor.start());
    await clock.advance(199);
    expect([a.starts, b.starts]).toEqual([1, 0]);
    await clock.advance(1);
    expect([b.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("a service waits for a dependency that went down during its start delay once the delay is over", async () => {
    const a = scripted("a");
    const b = scripted("b", { startDelayMs: 500, dependsOn: ["a"] });
    const { supervisor, clock } = createScenario({ services: [a.spec, b.spec] });
    const started = drive(clock, supervisor.start());
    await clock.advance(100);
    a.fail();
    await clock.advance(400);
    expect([b.starts, supervisor.status("b").phase]).toEqual([0, "waiting"]);
    await started;
    expect([b.starts, clock.now()]).toEqual([1, 1_100]);
  });

  it("a start delay is not waited again before a restart", async () => {
    const a = scripted("a", { startDelayMs: 5_000 });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    await drive(clock, supervisor.start());
    a.fail();
    await clock.advance(1_000);
    expect(a.starts).toBe(2);
  });
});
