// Escalation through a tree: a child that fails for good fails its supervisor, which is itself a child.

import { describe, expect, it } from "vitest";
import type { ChildSpec, ServiceSpec, SupervisorError, SupervisorSpec, Update } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, exitsOf, type Scenario, scripted } from "../support/scenario.ts";

const sub = (name: string, services: ChildSpec[], spec: Partial<SupervisorSpec> = {}): SupervisorSpec => ({
  name,
  services,
  ...spec,
});

const escalations = (s: Scenario) =>
  s.record.updates.filter((update): update is Extract<Update, { type: "escalation" }> => update.type === "escalation");

describe("criticality", () => {
  it("a critical child that gave up stops the others in reverse, and the tree fails with its error", async () => {
    const error = new Error("boom");
    const [a, b] = [scripted("a"), scripted("b", { restart: { maxRetries: 0 } })];
    const c = scripted("c", { dependsOn: ["a"] });
    const s = createScenario({ services: [a.spec, b.spec, c.spec] });
    await s.start();
    s.facts();
    b.fail(error);
    await s.clock.advance(0);
    expect(s.facts()).toEqual([
      "b failed",
      "app escalation ERR_GAVE_UP",
      "app stopping",
      "c stopping",
      "c stopped",
      "a stopping",
      "a stopped",
      "app failed",
    ]);
    const exit = await s.supervisor.exit;
    expect(exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP", path: "app/b" } });
    expect((exit as { error: Error }).error.cause).toBe(error);
    expect(escalations(s)[0]!.error).toBe((exit as { error: Error }).error);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it("a critical child without retries to use up fails the tree with ERR_SERVICE_FAILED", async () => {
    const error = new Error("boom");
    const b = scripted("b", { restart: "never", critical: true });
    const s = createScenario({ services: [b.spec] });
    await s.start();
    b.fail(error);
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toMatchObject({
      kind: "failed",
      error: { code: "ERR_SERVICE_FAILED", path: "app/b", cause: error },
    });
  });

  it.each([
    ["is not critical", { critical: false, restart: { maxRetries: 0 } }],
    ["is never restarted, by default", { restart: "never" }],
  ] as [string, Partial<ServiceSpec>][])("a child that %s only degrades the health", async (_, spec) => {
    const [a, b] = [scripted("a"), scripted("b", spec)];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    b.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status("b").state).toBe("failed");
    expect(s.supervisor.health().status).toBe("degraded");
    expect(escalations(s)).toEqual([]);
  });

  it('decide can "escalate" a failure that is not critical, and "fail" at once a service with retries left', async () => {
    const [a, b] = [
      scripted("a", { critical: false, restart: { decide: () => "fail" } }),
      scripted("b", { critical: false, restart: { decide: () => "escalate" } }),
    ];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", failures: 1 });
    expect(s.supervisor.status().state).toBe("running");
    b.fail();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { path: "app/b" } });
  });
});

describe("nested", () => {
  it("a failure five levels deep goes through every level, each with its escalation and the chain of causes", async () => {
    const error = new Error("boom");
    const leaf = scripted("leaf", { restart: { maxRetries: 0 } });
    const names = ["one", "two", "three", "four", "five"];
    const [first] = names.reduceRight<ChildSpec[]>(
      (services, name) => [sub(name, services, { restart: { maxRetries: 0 } })],
      [leaf.spec, scripted("mate").spec],
    );
    const s = createScenario({ services: [first!, scripted("top").spec] });
    await s.start();
    expect(s.supervisor.status("one/two/three/four/five/leaf").state).toBe("running");
    leaf.fail(error);
    await s.clock.advance(0);
    expect(escalations(s).map(({ path }) => path)).toEqual([
      "app/one/two/three/four/five",
      "app/one/two/three/four",
      "app/one/two/three",
      "app/one/two",
      "app/one",
      "app",
    ]);
    const exit = await s.supervisor.exit;
    const chain: Error[] = [];
    for (let at: unknown = (exit as { error: Error }).error; at; at = (at as Error).cause) chain.push(at as Error);
    expect(chain.at(-1)).toBe(error);
    expect(chain.slice(0, -1).map((one) => (one as SupervisorError).path)).toEqual(
      expect.arrayContaining(["app/one", "app/one/two/three/four/five/leaf"]),
    );
    expect(exitsOf(s, "app/one")).toMatchObject([{ kind: "failed", cause: "supervisor" }]);
    expect(s.supervisor.status().state).toBe("failed");
    expect(s.clock.pending).toBe(0);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it("a supervisor that failed restarts by its own policy, after its own backoff, with all that is under it", async () => {
    const [x, y, z] = [scripted("x", { restart: { maxRetries: 0 } }), scripted("y"), scripted("z")];
    const s = createScenario({ services: [sub("web", [x.spec, y.spec]), z.spec] });
    await s.start();
    s.facts();
    x.fail();
    await s.clock.advance(999);
    expect(s.facts("web", "web/x", "web/y", "z", "app")).toEqual([
      "web/x failed",
      "web escalation ERR_GAVE_UP",
      "web/y stopping",
      "web/y stopped",
      "web backoff 1000",
    ]);
    expect(s.supervisor.status("web")).toMatchObject({ failures: 1, exit: "failed", error: { code: "ERR_GAVE_UP" } });
    await s.clock.advance(1);
    expect(s.facts()).toEqual([
      "web starting",
      "web/x starting",
      "web/y starting",
      "web/x running",
      "web/y running",
      "web running",
    ]);
    expect([x.starts, y.starts, z.starts]).toEqual([2, 2, 1]);
    expect(s.supervisor.status("web/x")).toMatchObject({ incarnation: 2, failures: 0 });
  });

  it("a nested supervisor gives up after its retries, like a service, and then its own supervisor fails", async () => {
    const x = scripted("x", { restart: { maxRetries: 0 } });
    const s = createScenario({ services: [sub("web", [x.spec], { restart: { maxRetries: 2 } })] });
    await s.start();
    for (const delayMs of [1_000, 2_000, 0]) {
      x.fail();
      await s.clock.advance(delayMs);
    }
    expect(x.starts).toBe(3);
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP", path: "app/web" } });
  });

  it("a supervisor that exceeded its intensity has failed, so on-failure restarts it, with a fresh budget", async () => {
    // cases 66, 71
    const [x, y] = [scripted("x"), scripted("y")];
    const s = createScenario({
      services: [sub("web", [x.spec, y.spec], { intensity: { maxRestarts: 2, withinMs: 60_000 } })],
    });
    await s.start();
    for (const delayMs of [1_000, 2_000]) {
      x.fail();
      await s.clock.advance(delayMs);
    }
    s.facts();
    x.fail();
    await s.clock.advance(1_000);
    expect(s.facts().slice(0, 2)).toEqual(["web/x backoff 4000", "web escalation ERR_INTENSITY"]);
    expect(s.supervisor.status("web")).toMatchObject({ state: "running", incarnation: 2, counts: { running: 2 } });
    expect(s.supervisor.explain("web/x").intensityLeft).toBe(2);
    expect(exitsOf(s, "app/web")[0]).toMatchObject({
      kind: "failed",
      error: { code: "ERR_INTENSITY", path: "app/web" },
    });
  });

  it("a supervisor under never does not escalate: it fails, and the tree is degraded", async () => {
    const x = scripted("x", { restart: { maxRetries: 0 } });
    const s = createScenario({ services: [sub("web", [x.spec], { restart: "never" }), scripted("z").spec] });
    await s.start();
    x.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status("web")).toMatchObject({ state: "failed", healthy: false });
    expect(s.supervisor.health().status).toBe("degraded");
    expect(escalations(s).map(({ path }) => path)).toEqual(["app/web"]);
    await s.supervisor.startService("web");
    expect(x.starts).toBe(2);
  });

  it("a supervisor whose start fails counts as a failed start, and is retried", async () => {
    let starts = 0;
    const x: ServiceSpec = {
      name: "x",
      restart: { maxRetries: 0 },
      start: () => {
        if (++starts < 3) throw new Error("not yet");
      },
    };
    const y = scripted("y");
    const s = createScenario({ services: [sub("web", [y.spec, x])] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(2_999);
    expect([started.state, starts, y.live]).toEqual(["pending", 2, 0]);
    await s.clock.advance(1);
    expect([started.state, starts, y.live]).toEqual(["resolved", 3, 1]);
  });

  it("a supervisor that is not up in time fails with start-timeout; by default there is no limit", async () => {
    const [x, y] = [scripted("x", { readiness: () => false }), scripted("y", { readiness: () => false })];
    const s = createScenario({
      services: [
        sub("limited", [x.spec], { startTimeoutMs: 500, restart: "never" }),
        sub("patient", [y.spec], { critical: false }),
      ],
    });
    await s.start();
    await s.clock.advance(499);
    expect(s.supervisor.status("limited").phase).toBe("launching");
    await s.clock.advance(1);
    expect(s.supervisor.status("limited")).toMatchObject({ state: "failed", error: { code: "ERR_START_TIMEOUT" } });
    expect(exitsOf(s, "app/limited")).toMatchObject([{ kind: "failed", cause: "start-timeout" }]);
    expect(x.live).toBe(0);
    await s.clock.advance(1_000_000);
    expect(s.supervisor.status("patient").phase).toBe("launching");
  });

  it("a stop of the tree during an escalation waits for it and wins, and its error is not an error of the stop", async () => {
    const [x, y] = [scripted("x", { restart: { maxRetries: 0 } }), scripted("y")];
    const s = createScenario({ services: [sub("web", [x.spec, y.spec], { restart: { maxRetries: 0 } })] });
    await s.start();
    y.ignoreStop();
    x.fail();
    await s.clock.advance(100);
    expect(s.supervisor.status("web/y").state).toBe("stopping");
    expect(s.supervisor.status("web").healthy).toBe(false);
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(100);
    expect(stopped.state).toBe("pending");
    y.complete();
    await s.clock.advance(100_000);
    expect(stopped.state).toBe("resolved");
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    expect([x.starts, y.starts]).toEqual([1, 1]);
    expectHistory(s.record.updates);
  });

  it("the failure of one supervisor leaves its siblings alone", async () => {
    const [x, y] = [scripted("x", { restart: { maxRetries: 0 } }), scripted("y")];
    const s = createScenario({ services: [sub("left", [x.spec]), sub("right", [y.spec])] });
    await s.start();
    x.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status("right")).toMatchObject({ state: "running", incarnation: 1 });
    expect([x.starts, y.starts]).toEqual([2, 1]);
  });

  it("a nested supervisor is a member of its parent's group", async () => {
    const [x, y] = [scripted("x", { restart: { maxRetries: 0 } }), scripted("y")];
    const s = createScenario({ strategy: "one-for-all", services: [sub("web", [x.spec]), y.spec] });
    await s.start();
    x.fail();
    await s.clock.advance(1_000);
    expect([x.starts, y.starts]).toEqual([2, 2]);
    y.fail();
    await s.clock.advance(1_000);
    expect([x.starts, y.starts]).toEqual([3, 3]);
    expect(s.supervisor.status("web")).toMatchObject({ state: "running", failures: 1, restarts: 2 });
  });
});

it("a start that fails deep down is rolled back everywhere, and start() carries the reason", async () => {
  const error = new Error("no port");
  const bad: ServiceSpec = { name: "bad", start: () => Promise.reject(error), restart: { maxRetries: 0 } };
  const [x, y] = [scripted("x"), scripted("y")];
  const retries = { restart: { maxRetries: 0 } };
  const s = createScenario({ services: [y.spec, sub("web", [x.spec, sub("deep", [bad], retries)], retries)] });
  const failure = await rejection(s.supervisor.start());
  expect(failure.code).toBe("ERR_START_FAILED");
  const chain: unknown[] = [];
  for (let at: unknown = failure; at; at = (at as Error).cause) chain.push(at);
  expect(chain.at(-1)).toBe(error);
  expect([x.live, y.live]).toEqual([0, 0]);
  expect(s.supervisor.status()).toMatchObject({ state: "failed" });
});
