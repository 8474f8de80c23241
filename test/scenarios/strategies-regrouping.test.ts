// Strategies: what can happen to a group restart between the failure and the last start.

import { describe, expect, it } from "vitest";
import type { ServiceContext } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

const strategies = ["one-for-all", "rest-for-one"] as const;

/** A service whose first starts succeed or fail as listed; later ones succeed. */
function startsAs(name: string, script: readonly ("ok" | "fail")[], contexts: ServiceContext[] = []) {
  const service = {
    starts: 0,
    stops: 0,
    spec: {
      name,
      start: (ctx: ServiceContext) => {
        contexts.push(ctx);
        if (script[service.starts++] === "fail") throw new Error(`${name}: start ${service.starts} failed`);
      },
      stop: () => {
        service.stops++;
      },
    },
  };
  return service;
}

describe("a start that fails on the way", () => {
  it("one-for-all stops what has started, and does the whole group again", async () => {
    // case 86
    const [a, b, c] = [scripted("a"), startsAs("b", ["ok", "fail"]), scripted("c")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec, c.spec] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.facts().slice(0, 5)).toEqual(["a backoff 1000", "c stopping", "b stopping", "b stopped", "c stopped"]);
    expect(s.supervisor.status("b")).toMatchObject({ state: "backoff", failures: 1 });
    expect([a.live, c.live]).toEqual([0, 0]);
    expectOneStory(s);
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["a starting", "b starting", "c starting", "a running", "b running", "c running"]);
    expect([a.starts, b.starts, c.starts]).toEqual([3, 3, 3]);
    expectHistory(s.record.updates);
  });

  it("rest-for-one keeps what has started before the failing one, and resumes at that", async () => {
    // case 87
    const [a, b, c] = [scripted("a"), startsAs("b", ["ok", "fail"]), scripted("c")];
    const s = createScenario({ strategy: "rest-for-one", services: [a.spec, b.spec, c.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.supervisor.status("b").state).toBe("backoff");
    expect([a.live, c.live]).toEqual([1, 0]);
    s.facts();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["b starting", "c starting", "b running", "c running"]);
    expect([a.starts, b.starts]).toEqual([2, 3]);
  });

  it("a start that fails on the way counts as one more restart of the intensity", async () => {
    const [a, b] = [scripted("a"), startsAs("b", ["ok", "fail"])];
    const s = createScenario({
      strategy: "one-for-all",
      intensity: { maxRestarts: 3, withinMs: 60_000 },
      services: [a.spec, b.spec],
    });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    expect(s.supervisor.explain("a").intensityLeft).toBe(2);
    await s.clock.advance(2_000);
    expect(s.supervisor.explain("a").intensityLeft).toBe(1);
    expect(s.supervisor.status().counts.running).toBe(2);
  });

  it("the first start of all is retried by the group, and start() waits for it", async () => {
    const [a, b] = [scripted("a"), startsAs("b", ["fail", "fail"])];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(999);
    expect([a.live, started.state, s.supervisor.status().state]).toEqual([0, "pending", "starting"]);
    await s.clock.advance(1);
    expect(s.supervisor.status("b")).toMatchObject({ state: "backoff", failures: 2 });
    await s.clock.advance(2_000);
    expect([started.state, b.starts, a.starts]).toEqual(["resolved", 3, 3]);
  });
});

describe.each(strategies)("%s", (strategy) => {
  it("a second failure in the same turn joins the restart: one stop, one start, one unit of the intensity", async () => {
    const contexts: ServiceContext[] = [];
    const services = ["a", "b", "c"].map((name) => startsAs(name, [], contexts));
    const s = createScenario({
      strategy,
      intensity: { maxRestarts: 1, withinMs: 60_000 },
      services: services.map(({ spec }) => spec),
    });
    await s.start();
    contexts[0]!.fail(new Error("a"));
    contexts[1]!.fail(new Error("b"));
    await s.clock.advance(1_000);
    expect(services.map(({ starts }) => starts)).toEqual([2, 2, 2]);
    expect(services.map(({ stops }) => stops)).toEqual([1, 1, 1]);
    expect(s.supervisor.explain("a").intensityLeft).toBe(0);
    await s.clock.advance(60_000);
    expect(services.map(({ starts }) => starts)).toEqual([2, 2, 2]);
    expectHistory(s.record.updates);
  });

  it("a sibling's own error while it is being stopped is reported and starts nothing more", async () => {
    const a = scripted("a");
    const error = new Error("cannot let go");
    let stops = 0;
    const s = createScenario({
      strategy,
      intensity: { maxRestarts: 1, withinMs: 60_000 },
      services: [
        a.spec,
        { name: "b", start: () => "b", stop: () => (stops++ === 0 ? Promise.reject(error) : undefined) },
      ],
    });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(1_000);
    const left = s.record.updates.find((update) => update.path === "app/b" && update.type === "status" && update.exit);
    expect(left).toMatchObject({ from: "stopping", to: "failed" });
    expect((left as { exit: { error: Error } }).exit.error).toBe(error);
    expect(s.facts()).toEqual([
      "a backoff 1000",
      "b stopping",
      "b failed",
      "a starting",
      "b starting",
      "a running",
      "b running",
    ]);
    await s.clock.advance(60_000);
    expect(s.facts()).toEqual([]);
  });

  it("a sibling that does not stop in time is left behind, and restarts with the group", async () => {
    const [a, b] = [scripted("a"), deafService("b", { stopTimeoutMs: 500 }, 1)];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(500);
    expect(s.facts()).toEqual(["a backoff 1000", "b stopping", "b unstopped", "b failed"]);
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["a starting", "b starting", "a running", "b running"]);
    b.end(1);
    await s.clock.advance(60_000);
    expect(s.facts()).toEqual(["b late completed"]);
    expect(s.supervisor.status("b")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("a sibling that its group could not stop, and the user stops, fails a start that waits for it", async () => {
    const [a, b] = [startsAs("a", ["fail"]), deafService("b", { stopTimeoutMs: 500 }, 1)];
    const slow = scripted("slow", { readyOn: "signal", stopTimeoutMs: 0 } as object);
    const s = createScenario({ strategy, services: [slow.spec, a.spec, b.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(500);
    expect(s.supervisor.status("b")).toMatchObject({ state: "failed", phase: "grouped" });
    await s.supervisor.stopService("b").catch(() => {});
    await s.clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", path: "app/b" });
    b.end(1);
  });

  it.each([
    "stopping",
    "delaying",
  ])("a stop by hand of the failed child while the group is %s lets the others start", async (when) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    if (when === "stopping") b.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    await s.supervisor.stopService("a");
    expect(s.supervisor.status("a").state).toBe("stopped");
    if (when === "stopping") b.complete();
    b.ignoreStop(false);
    s.facts();
    await s.clock.advance(1_000);
    expect(s.facts("b")).toEqual(
      when === "stopping" ? ["b stopped", "b starting", "b running"] : ["b starting", "b running"],
    );
    expect([a.starts, b.starts]).toEqual([1, 2]);
    expect(s.supervisor.health().status).toBe("healthy");
    await s.clock.advance(60_000);
    expect(a.starts).toBe(1);
  });

  it.each(["stopping", "delaying"])("a sibling stopped by hand while the group is %s stays stopped", async (when) => {
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario({ strategy, services: [a.spec, b.spec, c.spec] });
    await s.start();
    if (when === "stopping") c.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    await s.supervisor.stopService("b");
    if (when === "stopping") c.complete();
    c.ignoreStop(false);
    await s.clock.advance(60_000);
    expect([a.starts, b.starts, c.starts]).toEqual([2, 1, 2]);
  });

  it.each(["stopping", "delaying"])("a stop of the tree while the group is %s wins: nothing starts", async (when) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    if (when === "stopping") b.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(0);
    if (when === "stopping") b.complete();
    await s.clock.advance(60_000);
    expect(stopped.state).toBe("resolved");
    expect([a.starts, b.starts]).toEqual([1, 1]);
    expect(s.supervisor.status()).toMatchObject({ state: "stopped", exit: "stopped" });
    expectHistory(s.record.updates);
  });

  it.each([
    "stopping",
    "delaying",
  ])("a start by hand of the failed child while the group is %s starts it now, once", async (when) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    if (when === "stopping") b.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    expect([started.state, a.starts, s.supervisor.status("a").failures]).toEqual(["resolved", 2, 0]);
    if (when === "stopping") b.complete();
    b.ignoreStop(false);
    await s.clock.advance(60_000);
    expect([a.starts, b.starts]).toEqual([2, 2]);
    expect(s.supervisor.status().counts.running).toBe(2);
  });

  it.each([
    "startService",
    "restartService",
  ] as const)("%s of a stopped sibling during the delay starts it once", async (verb) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(100);
    const done = watch(s.supervisor[verb]("b"));
    await s.clock.advance(60_000);
    expect(done.state).toBe("resolved");
    expect([a.starts, b.starts]).toEqual([2, 2]);
  });

  it.each([
    "startService",
    "restartService",
  ] as const)("%s of a sibling that is being stopped brings it up, and the group goes on without it", async (verb) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy, services: [a.spec, b.spec] });
    await s.start();
    b.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    const done = watch(s.supervisor[verb]("b"));
    b.ignoreStop(false);
    b.complete();
    await s.clock.advance(60_000);
    expect(done.state).toBe("resolved");
    expect([a.starts, b.starts, a.live, b.live]).toEqual([2, 2, 1, 1]);
    expectHistory(s.record.updates);
  });

  it("a group waits for a sibling's slow stop however short the backoff", async () => {
    const a = scripted("a", { restart: { initialBackoffMs: 0 } });
    const s: Scenario = createScenario({
      strategy,
      services: [a.spec, { name: "b", start: () => "b", stop: () => sleep(s, 300) }],
    });
    await s.start();
    a.fail();
    await s.clock.advance(299);
    expect(a.starts).toBe(1);
    await s.clock.advance(1);
    expect([a.starts, s.supervisor.status("b").incarnation]).toEqual([2, 2]);
  });

  it("services under a nested supervisor restart with it when its group does", async () => {
    const [a, x] = [scripted("a"), scripted("x")];
    const s = createScenario({ strategy, services: [a.spec, { name: "sub", services: [x.spec] }] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.facts("sub", "sub/x")).toEqual([
      "sub stopping",
      "sub/x stopping",
      "sub/x stopped",
      "sub stopped",
      "sub starting",
      "sub/x starting",
      "sub/x running",
      "sub running",
    ]);
  });
});

describe("rest-for-one, widened", () => {
  it("a failure before the failed child takes in those between, and all start together after its backoff", async () => {
    const services = ["a", "b", "c", "d"].map((name) => scripted(name));
    const [, b, c] = services;
    const s = createScenario({ strategy: "rest-for-one", services: services.map(({ spec }) => spec) });
    await s.start();
    c!.fail();
    await s.clock.advance(600);
    s.facts();
    b!.fail();
    await s.clock.advance(999);
    expect(s.facts()).toEqual(["b backoff 1000"]);
    await s.clock.advance(1);
    expect(s.facts()).toEqual(["b starting", "c starting", "d starting", "b running", "c running", "d running"]);
    expect(services.map(({ starts }) => starts)).toEqual([1, 2, 2, 2]);
    expectHistory(s.record.updates);
  });

  it("a failure after the failed child, of one that is still being stopped, is part of the same restart", async () => {
    const [a, db] = [scripted("a"), scripted("db")];
    const api = scripted("api", { dependsOn: ["db"] });
    const s = createScenario({
      strategy: "rest-for-one",
      intensity: { maxRestarts: 2, withinMs: 60_000 },
      services: [a.spec, db.spec, api.spec],
    });
    await s.start();
    api.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    // db waits until its dependant has stopped, and fails by itself meanwhile
    db.fail();
    await s.clock.advance(100);
    api.complete();
    api.ignoreStop(false);
    s.facts();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual([
      "api stopped",
      "a starting",
      "db starting",
      "api starting",
      "a running",
      "db running",
      "api running",
    ]);
    expect(s.supervisor.explain("a").intensityLeft).toBe(1);
    await s.clock.advance(60_000);
    expect([a.starts, db.starts, api.starts]).toEqual([2, 2, 2]);
  });
});

describe("started by hand while its group stops", () => {
  it("a service goes down with the dependency that the group stops after it, and comes back with it", async () => {
    const [a, db] = [scripted("a"), scripted("db")];
    const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart" }] });
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, db.spec, api.spec] });
    await s.start();
    api.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    s.facts();
    const started = watch(s.supervisor.startService("api"));
    api.ignoreStop(false);
    api.complete();
    await s.clock.advance(2_000);
    expect(s.facts()).toEqual([
      "api starting",
      "api running",
      "db stopping",
      "api stopping",
      "db stopped",
      "api starting",
      "a starting",
      "db starting",
      "a running",
      "db running",
      "api running",
    ]);
    expect(started.state).toBe("resolved");
    expectHistory(s.record.updates);
  });
});
