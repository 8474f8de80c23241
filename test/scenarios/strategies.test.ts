// Strategies: which children restart with one that failed. Group restarts that are interrupted are in
// strategies-regrouping.test.ts.

import { describe, expect, it } from "vitest";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { createScenario, scripted } from "../support/scenario.ts";

describe("one-for-one", () => {
  it("a failed child restarts alone, and its siblings keep their incarnation", async () => {
    // case 82
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["a backoff 1000", "a starting", "a running"]);
    expect([a.starts, b.starts]).toEqual([2, 1]);
    expect(s.supervisor.status("b").incarnation).toBe(1);
  });
});

describe("one-for-all", () => {
  it("a failure stops all the others, waits the backoff, and starts all in order, as one restart", async () => {
    // case 83
    const services = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario({
      strategy: "one-for-all",
      intensity: { maxRestarts: 1, withinMs: 60_000 },
      services: services.map(({ spec }) => spec),
    });
    await s.start();
    s.facts();
    services[1]!.fail();
    await s.clock.advance(999);
    expect(s.facts()).toEqual(["b backoff 1000", "c stopping", "a stopping", "c stopped", "a stopped"]);
    expectOneStory(s);
    await s.clock.advance(1);
    expect(s.facts()).toEqual(["a starting", "b starting", "c starting", "a running", "b running", "c running"]);
    expect(services.map(({ starts }) => starts)).toEqual([2, 2, 2]);
    expect(s.supervisor.explain("a").intensityLeft).toBe(0);
    expect(s.supervisor.status().state).toBe("running");
    expectHistory(s.record.updates);
  });

  it("the restart counts as automatic for every child of the group, and as a failure of the failed one alone", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ restarts: 1, failures: 1, incarnation: 2 });
    expect(s.supervisor.status("b")).toMatchObject({ restarts: 1, failures: 0, incarnation: 2, exit: "stopped" });
  });

  it("the group waits the backoff of the failed child, which grows with its failures", async () => {
    const [a, b] = [scripted("a"), scripted("b", { restart: { initialBackoffMs: 1 } })];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    for (const delayMs of [1_000, 2_000, 4_000]) {
      s.facts();
      a.fail();
      await s.clock.advance(delayMs - 1);
      expect(s.facts()).toEqual([`a backoff ${delayMs}`, "b stopping", "b stopped"]);
      await s.clock.advance(1);
      expect(s.facts()).toEqual(["a starting", "b starting", "a running", "b running"]);
    }
  });

  it("a child that completes, or fails for good without being critical, restarts no other", async () => {
    // case 91
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c", { restart: "never" })];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec, c.spec] });
    await s.start();
    s.facts();
    b.complete();
    c.fail();
    await s.clock.advance(60_000);
    expect(s.facts()).toEqual(["b stopped", "c failed"]);
    expect(a.starts).toBe(1);
  });

  it('a completed end under "always" restarts alone', async () => {
    const [a, b] = [scripted("a", { restart: "always" }), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    a.complete();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["a backoff 1000", "a starting", "a running"]);
    expect(b.starts).toBe(1);
  });

  it("a never child is stopped and not restarted", async () => {
    // case 89
    const [a, b] = [scripted("a"), scripted("b", { restart: "never" })];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    a.fail();
    await s.clock.advance(60_000);
    expect(s.facts()).toEqual(["a backoff 1000", "b stopping", "b stopped", "a starting", "a running"]);
    expect(s.supervisor.status("b")).toMatchObject({ state: "stopped", exit: "stopped", incarnation: 1 });
    expect(s.supervisor.health().status).toBe("degraded");
    await s.supervisor.startService("b");
    expect(b.live).toBe(1);
  });

  it("children that were stopped by hand or have completed are not revived", async () => {
    // case 90: unlike in OTP, it stays down
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec, c.spec] });
    await s.start();
    b.complete();
    await s.supervisor.stopService("c");
    s.facts();
    a.fail();
    await s.clock.advance(60_000);
    expect(s.facts()).toEqual(["a backoff 1000", "a starting", "a running"]);
    expect([b.starts, c.starts]).toEqual([1, 1]);
  });

  it("the delay begins after the last stop, and nextAttemptAt is null until then", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    b.ignoreStop();
    a.fail();
    await s.clock.advance(400);
    expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", nextAttemptAt: null });
    expectOneStory(s);
    b.complete();
    await s.clock.advance(999);
    expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", nextAttemptAt: 1_400 });
    await s.clock.advance(1);
    expect([a.starts, b.starts]).toEqual([2, 2]);
    b.ignoreStop(false);
  });

  it("the group stops in the reverse of its dependencies, and starts as its gates open", async () => {
    const [db, api, web] = [
      scripted("db"),
      scripted("api", { dependsOn: ["db"] }),
      scripted("web", { dependsOn: ["api"] }),
    ];
    const s = createScenario({ strategy: "one-for-all", services: [web.spec, api.spec, db.spec, scripted("x").spec] });
    await s.start();
    s.facts();
    db.fail();
    await s.clock.advance(999);
    expect(s.facts()).toEqual([
      "db backoff 1000",
      "x stopping",
      "web stopping",
      "x stopped",
      "web stopped",
      "api stopping",
      "api stopped",
    ]);
    await s.clock.advance(1);
    expect(s.facts("web", "api", "db")).toEqual([
      "web starting",
      "api starting",
      "db starting",
      "db running",
      "api running",
      "web running",
    ]);
  });

  it.each([
    ["ctx.fail", { run: undefined }],
    ["the watchdog", { watchdogMs: 100 }],
    ["liveness", { liveness: { check: () => false, failureThreshold: 1, initialDelayMs: 100 } }],
  ])("a failure by %s restarts the group like any other", async (what, options) => {
    const { run: _, ...rest } = options as { run?: unknown };
    const [a, b] = [scripted("a", rest), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    if (what === "ctx.fail") a.ctx!.fail(new Error("gone"));
    else await s.clock.advance(100);
    await s.clock.advance(999);
    expect(s.facts()).toEqual(["a stopping", "a backoff 1000", "b stopping", "b stopped"]);
    await s.clock.advance(1);
    expect(s.facts()).toEqual(["a starting", "b starting", "a running", "b running"]);
  });
});

describe("rest-for-one", () => {
  it("children defined after the failed child stop in reverse, and start with it in order", async () => {
    // case 85
    const services = ["a", "b", "c", "d", "e"].map((name) => scripted(name));
    const s = createScenario({ strategy: "rest-for-one", services: services.map(({ spec }) => spec) });
    await s.start();
    s.facts();
    services[2]!.fail();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual([
      "c backoff 1000",
      "e stopping",
      "d stopping",
      "e stopped",
      "d stopped",
      "c starting",
      "d starting",
      "e starting",
      "c running",
      "d running",
      "e running",
    ]);
    expect(services.map(({ starts }) => starts)).toEqual([1, 1, 2, 2, 2]);
  });

  it("the last child restarts alone", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy: "rest-for-one", services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    b.fail();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual(["b backoff 1000", "b starting", "b running"]);
  });

  it("a never child before the failed one runs on, one after it is stopped for good", async () => {
    // case 89
    const [a, b, c] = [scripted("a", { restart: "never" }), scripted("b"), scripted("c", { restart: "never" })];
    const s = createScenario({ strategy: "rest-for-one", services: [a.spec, b.spec, c.spec] });
    await s.start();
    b.fail();
    await s.clock.advance(1_000);
    expect([a.live, b.live, c.live]).toEqual([1, 1, 0]);
    expect(s.supervisor.status("c").state).toBe("stopped");
  });
});
