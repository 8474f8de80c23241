// The health of a supervisor, from that of its children. Probes are in health-probes.test.ts and
// health-liveness.test.ts.

import { describe, expect, it } from "vitest";
import type { HealthReport, ServiceSpec, Update } from "../../src/index.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

/** A readiness that the test turns on and off. */
function switchable(name: string, spec: Partial<ServiceSpec> = {}) {
  const switched = { isUp: true, script: scripted(name, {}) };
  switched.script = scripted(name, {
    readiness: { check: () => switched.isUp, intervalMs: 100, failureThreshold: 1 },
    ...spec,
  });
  return switched;
}

/** The successive healths of one supervisor, from its updates. */
function chain(s: Scenario, path: string): HealthReport["status"][] {
  const changes = s.record.updates.filter((update): update is Extract<Update, { type: "health" }> => {
    return update.type === "health" && update.path === path;
  });
  for (const [index, { from, to }] of changes.entries()) {
    expect(from).not.toBe(to);
    expect(from).toBe(changes[index - 1]?.to ?? "unhealthy");
  }
  return changes.map(({ to }) => to);
}

describe("the aggregate", () => {
  it("a tree is unhealthy until it runs, healthy while all its services are, and unhealthy when it does not run", async () => {
    // case 133
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    expect(s.supervisor.health()).toMatchObject({ status: "unhealthy", healthy: false });
    const started = watch(s.supervisor.start());
    await s.clock.advance(100);
    expect(s.supervisor.health().status).toBe("unhealthy");
    a.ready();
    await s.clock.advance(0);
    expect([started.state, s.supervisor.health().status]).toEqual(["resolved", "healthy"]);
    a.ignoreStop();
    const stopped = s.supervisor.stop();
    await s.clock.advance(0);
    expect(s.supervisor.health().status).toBe("unhealthy");
    a.complete();
    await stopped;
    expect(s.supervisor.health().status).toBe("unhealthy");
    expect(chain(s, "app")).toEqual(["healthy", "unhealthy"]);
  });

  it("a degraded tree is unhealthy as soon as it stops", async () => {
    const a = scripted("a", { critical: false });
    const s = createScenario({ services: [a.spec, scripted("b", { critical: false, readiness: () => false }).spec] });
    await s.start();
    expect(s.supervisor.health().status).toBe("degraded");
    a.ignoreStop();
    const stopped = s.supervisor.stop();
    expect(s.supervisor.health().status).toBe("unhealthy");
    a.complete();
    await stopped;
    expect(chain(s, "app")).toEqual(["degraded", "unhealthy"]);
  });

  it("a tree without services is healthy while it runs", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    expect(s.supervisor.health()).toEqual({ status: "healthy", healthy: true, services: {} });
    await s.supervisor.stop();
    expect(s.supervisor.health().status).toBe("unhealthy");
  });

  it("health() lists every service of the tree in definition order, with what is wrong", async () => {
    // case 133
    const db = switchable("db");
    const nested = { name: "sub", services: [scripted("x").spec, scripted("w", { restart: "never" }).spec] };
    const s = createScenario({ services: [scripted("z").spec, nested, db.script.spec] });
    await drive(s.clock, s.supervisor.start(), 100);
    db.isUp = false;
    await s.clock.advance(100);
    expect(s.supervisor.health()).toEqual({
      status: "unhealthy",
      healthy: false,
      services: {
        "app/z": { healthy: true, running: true, critical: true, state: "running" },
        "app/sub": { healthy: true, running: true, critical: true, state: "running" },
        "app/sub/x": { healthy: true, running: true, critical: true, state: "running" },
        "app/sub/w": { healthy: true, running: true, critical: false, state: "running" },
        "app/db": {
          healthy: false,
          running: true,
          critical: true,
          state: "running",
          error: "the check returned false",
        },
      },
    });
    expect(Object.keys(s.supervisor.health().services)).toEqual([
      "app/z",
      "app/sub",
      "app/sub/x",
      "app/sub/w",
      "app/db",
    ]);
  });

  it("a critical service that is not healthy makes the tree unhealthy, any other only degraded", async () => {
    const [main, side] = [switchable("main"), switchable("side", { critical: false })];
    const s = createScenario({ services: [main.script.spec, side.script.spec] });
    await s.start();
    const told: string[] = [];
    for (const [one, isUp] of [
      [side, false],
      [main, false],
      [side, true],
      [main, true],
    ] as const) {
      one.isUp = isUp;
      await s.clock.advance(100);
      told.push(s.supervisor.health().status);
      expect(s.supervisor.status().healthy).toBe(told.at(-1) !== "unhealthy");
    }
    expect(told).toEqual(["degraded", "unhealthy", "unhealthy", "healthy"]);
    expect(chain(s, "app").slice(-3)).toEqual(["degraded", "unhealthy", "healthy"]);
  });

  it.each([
    ["in backoff", true, "unhealthy"],
    ["in backoff", false, "degraded"],
    ["failed", false, "degraded"],
    ["completed", true, "healthy"],
    ["completed", false, "healthy"],
    ["stopped by hand", true, "healthy"],
    ["stopped by hand", false, "healthy"],
    ["starting", true, "unhealthy"],
    ["stopping by hand", true, "unhealthy"],
  ] as const)("a service that is %s, critical: %s, makes the tree %s", async (state, critical, expected) => {
    const a = scripted("a", { critical, restart: { maxRetries: state === "failed" ? 0 : 5 } });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    if (state === "in backoff" || state === "failed") a.fail();
    if (state === "completed") a.complete();
    if (state.startsWith("stop")) {
      if (state === "stopping by hand") a.ignoreStop();
      watch(s.supervisor.stopService("a"));
    }
    if (state === "starting") {
      a.fail();
      const next = watch(s.supervisor.addService(scripted("c", { dependsOn: ["a"] }).spec));
      expect(next.state).toBe("pending");
    }
    await s.clock.advance(0);
    expect(s.supervisor.health().status).toBe(expected);
    if (state === "stopping by hand") a.complete();
  });

  it.each([
    true,
    false,
  ])('one that completed under "always" keeps its rating until its next run, healthy: %s', async (isUp) => {
    const a = switchable("a", { restart: { policy: "always", initialBackoffMs: 50 }, startDelayMs: 5 });
    const s = createScenario({ services: [a.script.spec, scripted("b").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(started.state).toBe("resolved");
    a.isUp = isUp;
    await s.clock.advance(100);
    const before = s.supervisor.health().status;
    expect(before).toBe(isUp ? "healthy" : "unhealthy");
    a.script.complete();
    await s.clock.advance(0);
    expect([s.supervisor.status("a").state, s.supervisor.health().status]).toEqual(["backoff", before]);
    a.isUp = true;
    await s.clock.advance(200);
    a.script.fail();
    await s.clock.advance(0);
    expect([s.supervisor.status("a").state, s.supervisor.health().status]).toEqual(["backoff", "unhealthy"]);
  });

  it("one that waits to start with its dependency after a completed run keeps its rating; one that is started does not", async () => {
    const db = scripted("db", { critical: false });
    const a = scripted("a", { restart: { policy: "always", initialBackoffMs: 50 }, dependsOn: ["db"] });
    const s = createScenario({ services: [db.spec, a.spec] });
    await s.start();
    await s.supervisor.stopService("db");
    a.complete();
    await s.clock.advance(100);
    expect([s.supervisor.status("a").phase, s.supervisor.health().status]).toEqual(["waiting", "healthy"]);
    await s.supervisor.stopService("a");
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    expect([started.state, s.supervisor.status("a").phase, s.supervisor.health().status]).toEqual([
      "pending",
      "waiting",
      "unhealthy",
    ]);
  });

  it("health() runs no check, and gives its callers reports of their own", async () => {
    // cases 134, 135: there is no cold call to share
    let checks = 0;
    const a = scripted("a", { readiness: { check: () => void checks++, intervalMs: 1_000 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const reports = Array.from({ length: 20 }, () => s.supervisor.health());
    expect(checks).toBe(1);
    expect(new Set(reports).size).toBe(20);
    (reports[0]!.services["app/a"] as { healthy: boolean }).healthy = false;
    expect(s.supervisor.health().services["app/a"]!.healthy).toBe(true);
  });
});

describe("nested", () => {
  it("a degraded supervisor counts as healthy, and makes its parents degraded", async () => {
    const side = switchable("side", { critical: false });
    const inner = { name: "inner", services: [scripted("x").spec, side.script.spec] };
    const s = createScenario({ services: [{ name: "outer", services: [inner] }] });
    await s.start();
    side.isUp = false;
    await s.clock.advance(100);
    expect(s.supervisor.health()).toMatchObject({ status: "degraded", healthy: false });
    for (const path of ["outer", "outer/inner"]) {
      expect(s.supervisor.status(path)).toMatchObject({ state: "running", phase: "healthy", healthy: true });
    }
    side.isUp = true;
    await s.clock.advance(100);
    expect(s.supervisor.health().status).toBe("healthy");
    for (const path of ["app", "app/outer", "app/outer/inner"]) {
      expect(chain(s, path).slice(-3)).toEqual(["healthy", "degraded", "healthy"]);
    }
  });

  it("an unhealthy critical service makes every supervisor above it unhealthy, up to one that is not critical", async () => {
    const main = switchable("main");
    const inner = { name: "inner", services: [main.script.spec], critical: false };
    const s = createScenario({ services: [{ name: "outer", services: [inner, scripted("x").spec] }] });
    await s.start();
    main.isUp = false;
    await s.clock.advance(100);
    expect(s.supervisor.status("outer/inner")).toMatchObject({ state: "running", phase: "unhealthy", healthy: false });
    expect(s.supervisor.status("outer")).toMatchObject({ phase: "healthy" });
    expect(s.supervisor.health().status).toBe("degraded");
  });

  it("a service-health update goes out for each change of a running service, with the error", async () => {
    const error = new Error("pool is full");
    let fails = false;
    const a = scripted("a", {
      readiness: {
        check: () => {
          if (fails) throw error;
        },
        intervalMs: 100,
        failureThreshold: 1,
      },
    });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    fails = true;
    await s.clock.advance(100);
    fails = false;
    await s.clock.advance(100);
    const told = s.record.updates.filter((update) => update.type === "service-health");
    expect(told.map(({ path, healthy }) => [path, healthy])).toEqual([
      ["app/a", true],
      ["app/a", false],
      ["app/a", true],
    ]);
    expect(told.map((update) => update.error)).toEqual([undefined, error, undefined]);
  });
});

it("the health in the updates equals a recount of the tree after each change", async () => {
  const names = ["a", "b", "c"];
  const parts = names.flatMap((sub) => [switchable(`${sub}-main`), switchable(`${sub}-side`, { critical: false })]);
  const byHand = new Set<string>();
  const subs = names.map((name, index) => ({
    name,
    critical: index > 0,
    services: [parts[2 * index]!.script.spec, parts[2 * index + 1]!.script.spec],
  }));
  const s = createScenario({ services: subs });
  await s.start();

  function recount(path: string): HealthReport["status"] {
    const status = s.supervisor.status(path);
    if (!("services" in status) || status.state !== "running") return "unhealthy";
    const counted = status.services.filter(({ state, exit, path: child }) => {
      return !(state === "stopped" && (exit === "completed" || byHand.has(child)));
    });
    const { services } = s.supervisor.health();
    if (counted.some((child) => services[child.path]!.critical && !child.healthy)) return "unhealthy";
    const isBelow = (child: (typeof counted)[number]) =>
      !child.healthy || ("services" in child && recount(child.path) === "degraded");
    return counted.some(isBelow) ? "degraded" : "healthy";
  }
  const latest: Record<string, string> = {};
  s.supervisor.on("health", ({ path, to }) => {
    latest[path] = to;
  });
  for (const path of ["app", ...names.map((name) => `app/${name}`)]) latest[path] = recount(path);

  let seed = 7;
  const next = (limit: number) => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed % limit;
  };
  for (let step = 0; step < 300; step++) {
    const one = parts[next(parts.length)]!;
    const path = `app/${one.script.spec.name[0]}/${one.script.spec.name}`;
    const { state } = s.supervisor.status(path);
    switch (next(5)) {
      case 0:
        if (state === "running") one.script.fail();
        break;
      case 1:
        if (state === "running" && next(3) === 0) one.script.complete();
        break;
      case 2:
        byHand.add(path);
        await s.supervisor.stopService(path);
        break;
      case 3:
        byHand.delete(path);
        watch(s.supervisor.startService(path));
        break;
      default:
        one.isUp = !one.isUp;
    }
    await s.clock.advance(next(400));
    for (const path of Object.keys(latest)) expect([step, path, latest[path]]).toEqual([step, path, recount(path)]);
    expect(s.supervisor.health().status).toBe(recount("app"));
    if (s.supervisor.status().state !== "running") break;
  }
  expect(s.supervisor.status().state).toBe("running");
});
