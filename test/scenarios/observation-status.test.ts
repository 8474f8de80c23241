// status(): what is known of a tree now, as plain data.

import { describe, expect, it } from "vitest";
import type { SupervisorError, TreeStatus } from "../../src/index.ts";
import { allStatuses, expectOneStory } from "../support/invariants.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

describe("of a service", () => {
  it("status() of a service follows its whole life", async () => {
    const a = scripted("a", { startDelayMs: 100, readyOn: "signal", restart: { maxRetries: 1 }, critical: false });
    const s = createScenario({ services: [a.spec, scripted("mate").spec] });
    const now = () => s.supervisor.status("a");
    const base = { path: "app/a", name: "a", kind: "service" };
    expect(now()).toEqual({
      ...base,
      state: "stopped",
      phase: "idle",
      healthy: false,
      incarnation: 0,
      restarts: 0,
      failures: 0,
      since: 0,
      startedAt: null,
      waitingFor: [],
      nextAttemptAt: null,
      nextRunAt: null,
      holds: [],
      error: null,
      exit: null,
    });
    await s.start();
    expect(now()).toMatchObject({ state: "starting", phase: "delaying", since: 0, incarnation: 0 });
    await s.clock.advance(150);
    expect(now()).toMatchObject({ state: "starting", phase: "launching", since: 0, startedAt: null, incarnation: 1 });
    a.ready();
    await s.clock.advance(50);
    expect(now()).toMatchObject({ state: "running", phase: "healthy", healthy: true, since: 150, startedAt: 150 });
    a.fail(new TypeError("boom"));
    await s.clock.advance(10);
    expect(now()).toMatchObject({
      state: "backoff",
      phase: "counting",
      healthy: false,
      since: 200,
      startedAt: null,
      nextAttemptAt: 1_200,
      failures: 1,
      restarts: 0,
      exit: "failed",
      error: { name: "TypeError", message: "boom" },
    });
    await s.clock.advance(990);
    expect(now()).toMatchObject({ state: "starting", since: 1_200, incarnation: 2, restarts: 1, nextAttemptAt: null });
    a.ready();
    a.fail(new Error("again"));
    await s.clock.advance(0);
    expect(now()).toMatchObject({
      state: "failed",
      since: 1_200,
      failures: 2,
      exit: "failed",
      error: { code: "ERR_GAVE_UP" },
    });
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    a.ready();
    a.ignoreStop();
    await s.clock.advance(0);
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(5);
    expect([started.state, stopped.state]).toEqual(["resolved", "pending"]);
    expect(now()).toMatchObject({
      state: "stopping",
      phase: null,
      healthy: false,
      since: 1_200,
      incarnation: 3,
      failures: 0,
    });
    a.complete();
    await s.clock.advance(0);
    expect(now()).toMatchObject({ state: "stopped", since: 1_205, exit: "stopped", startedAt: null, incarnation: 3 });
    expectOneStory(s);
  });

  it("status() shows no failures any more once a service has been up for resetAfterMs", async () => {
    const a = scripted("a", { restart: { resetAfterMs: 5_000 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    await s.clock.advance(4_999);
    expect([s.supervisor.status("a").failures, s.supervisor.explain("a").retriesLeft]).toEqual([1, 4]);
    await s.clock.advance(1);
    expect([s.supervisor.status("a").failures, s.supervisor.explain("a").retriesLeft]).toEqual([0, 5]);
  });
});

describe("of a tree", () => {
  it("status() of a tree holds every service, nested ones too, with the counts of direct children", async () => {
    const nested = {
      name: "sub",
      strategy: "rest-for-one",
      services: [scripted("x").spec, scripted("y").spec],
    } as const;
    const s = createScenario({ strategy: "one-for-all", services: [scripted("a").spec, nested] });
    await s.start();
    const status: TreeStatus = s.supervisor.status();
    expect(status).toMatchObject({
      path: "app",
      name: "app",
      kind: "supervisor",
      strategy: "one-for-all",
      state: "running",
    });
    expect(allStatuses(status).map(({ path }) => path)).toEqual(["app", "app/a", "app/sub", "app/sub/x", "app/sub/y"]);
    expect(status.counts).toEqual({ stopped: 0, starting: 0, running: 2, stopping: 0, backoff: 0, failed: 0 });
    expect(s.supervisor.status("sub")).toEqual(status.services[1]);
    expect(status.services[1]).toMatchObject({ kind: "supervisor", strategy: "rest-for-one", counts: { running: 2 } });
  });

  it("status() returns plain data of its own: it can be serialised, and changing it changes nothing", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.fail(Object.assign(new Error("boom"), { code: "E_OWN", secret: () => "not data" }));
    await s.clock.advance(0);
    const status = s.supervisor.status();
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status.services[0]!.error).toEqual({
      name: "Error",
      message: "boom",
      code: "E_OWN",
      stack: expect.any(String),
    });
    const mine = status as unknown as { counts: Record<string, number>; services: { state: string }[] };
    mine.counts.running = 77;
    mine.services[0]!.state = "running";
    mine.services.pop();
    expect(s.supervisor.status()).toMatchObject({ counts: { running: 0 }, services: [{ state: "backoff" }] });
  });

  it("status() follows the whole life of the root", async () => {
    const a = scripted("a", { startDelayMs: 100 });
    const s = createScenario({ services: [a.spec] });
    const now = () => s.supervisor.status();
    expect(now()).toMatchObject({
      state: "stopped",
      phase: "idle",
      incarnation: 0,
      exit: null,
      since: 0,
      startedAt: null,
    });
    const started = watch(s.supervisor.start());
    await s.clock.advance(50);
    expect(now()).toMatchObject({ state: "starting", healthy: false, incarnation: 1, since: 0 });
    await s.clock.advance(50);
    expect(started.state).toBe("resolved");
    expect(now()).toMatchObject({ state: "running", phase: "healthy", healthy: true, since: 100, startedAt: 100 });
    a.fail();
    await s.clock.advance(10);
    expect(now()).toMatchObject({ state: "running", phase: "unhealthy", healthy: false, since: 100, startedAt: 100 });
    await s.clock.advance(1_000);
    a.ignoreStop();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(10);
    expect(now()).toMatchObject({ state: "stopping", healthy: false, since: 1_110 });
    a.complete();
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
    expect(now()).toMatchObject({ state: "stopped", exit: "stopped", since: 1_120, startedAt: null, error: null });
    a.ignoreStop(false);
    await drive(s.clock, s.supervisor.start());
    expect(now()).toMatchObject({ state: "running", incarnation: 2, since: 1_220 });
  });
});

describe("a path", () => {
  it("a path may leave the root's name out", async () => {
    const s = createScenario({ services: [{ name: "sub", services: [scripted("x").spec] }] });
    expect(s.supervisor.status("sub/x")).toEqual(s.supervisor.status("app/sub/x"));
    expect(s.supervisor.status("app")).toEqual(s.supervisor.status());
    expect(s.supervisor.explain("sub/x")).toEqual(s.supervisor.explain("app/sub/x"));
  });

  it("a service with the name of the root is found by its full path", async () => {
    const s = createScenario({ services: [{ name: "app", services: [scripted("x").spec] }, scripted("x").spec] });
    expect(s.supervisor.status("app").kind).toBe("supervisor");
    expect(s.supervisor.status("app").path).toBe("app");
    expect(s.supervisor.status("app/app").path).toBe("app/app");
    expect(s.supervisor.status("app/app/x").path).toBe("app/app/x");
    expect(s.supervisor.status("app/x").path).toBe("app/x");
  });

  it.each([
    "databse",
    "app/databse",
    "database/x",
    "",
    "/",
    "toString",
    "__proto__",
    "app/",
  ])("the unknown path %j throws ERR_UNKNOWN_SERVICE", (path) => {
    const s = createScenario({ services: [scripted("database").spec] });
    for (const verb of ["status", "explain"] as const) {
      let error: SupervisorError | undefined;
      try {
        s.supervisor[verb](path);
      } catch (thrown) {
        error = thrown as SupervisorError;
      }
      expect(error).toMatchObject({ code: "ERR_UNKNOWN_SERVICE" });
      if (path.includes("databse")) expect(error!.message).toContain('did you mean "database"?');
    }
  });
});
