// autoShutdown: the end of significant children ends their supervisor. Cases 146, 147.

import { describe, expect, it } from "vitest";
import { createSupervisor, type ServiceSpec, type SupervisorSpec } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const significant = (name: string, spec: Partial<ServiceSpec> = {}) => scripted(name, { significant: true, ...spec });

describe("any-significant", () => {
  const autoShutdown = "any-significant";

  it.each([
    "on-failure",
    "never",
  ] as const)('a significant child, "%s", that completes stops the others, and the tree completes', async (restart) => {
    // case 146
    const [a, b, c] = [scripted("a"), significant("b", { restart }), scripted("c", { dependsOn: ["a"] })];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec, c.spec] });
    await s.start();
    s.facts();
    b.complete();
    await s.clock.advance(0);
    expect(s.facts()).toEqual([
      "b stopped",
      "app stopping",
      "c stopping",
      "c stopped",
      "a stopping",
      "a stopped",
      "app stopped",
    ]);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
    expect(s.supervisor.status()).toMatchObject({ state: "stopped", exit: "completed", error: null });
    expectHistory(s.record.updates);
  });

  it("a significant child that fails for good fails the tree", async () => {
    const error = new Error("boom");
    const b = significant("b", { restart: "never" });
    const s = createScenario({ autoShutdown, services: [scripted("a").spec, b.spec] });
    await s.start();
    b.fail(error);
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toMatchObject({
      kind: "failed",
      error: { code: "ERR_SERVICE_FAILED", path: "app/b", cause: error },
    });
    expect(s.supervisor.status().state).toBe("failed");
  });

  it("a failure that is restarted does not count, nor does the end of a child that is not significant", async () => {
    const [a, b] = [scripted("a"), significant("b")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    b.fail();
    a.complete();
    await s.clock.advance(60_000);
    expect([s.supervisor.status().state, b.starts]).toEqual(["running", 2]);
    b.complete();
    await s.clock.advance(0);
    expect(s.supervisor.status().state).toBe("stopped");
  });

  it.each([
    "stopService",
    "restartService",
    "removeService",
  ] as const)("%s of a significant child does not count", async (verb) => {
    const [a, b] = [scripted("a"), significant("b")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    await s.supervisor[verb]("b");
    await s.clock.advance(60_000);
    expect(s.supervisor.status().state).toBe("running");
  });

  it("a significant child that its group stops does not count", async () => {
    const [a, b] = [scripted("a"), significant("b", { restart: "never" })];
    const s = createScenario({ autoShutdown, strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status()).toMatchObject({ state: "running" });
    expect(s.supervisor.status("b")).toMatchObject({ state: "stopped", exit: "stopped" });
  });

  it("a significant child that a dependency stops does not count", async () => {
    const [a, b] = [scripted("a"), significant("b", { dependsOn: [{ service: "a", onFailure: "stop" }] })];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status().state).toBe("running");
    expect(b.live).toBe(0);
  });

  it("a significant child whose dependency is hopeless has failed for good", async () => {
    const a = scripted("a", { restart: "never", readyOn: "signal" });
    const b = significant("b", { dependsOn: ["a"], critical: false });
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toMatchObject({
      kind: "failed",
      error: { cause: { code: "ERR_DEPENDENCY_FAILED" } },
    });
  });

  it("a significant child that ends during the start ends the tree, and start() settles", async () => {
    const [slow, job] = [scripted("slow", { readyOn: "signal" }), significant("job")];
    const s = createScenario({ autoShutdown, services: [slow.spec, job.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    job.complete();
    await s.clock.advance(0);
    expect(started.state).not.toBe("pending");
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
    expect(slow.live).toBe(0);
  });

  it("a tree that shut down can be started again", async () => {
    const b = significant("b");
    const s = createScenario({ autoShutdown, services: [b.spec] });
    for (let run = 1; run <= 3; run++) {
      await s.start();
      b.complete();
      await s.clock.advance(0);
      expect(await s.supervisor.exit).toEqual({ kind: "completed" });
      expect(b.starts).toBe(run);
    }
  });

  it("a significant child that was added at run time counts like the others", async () => {
    const s = createScenario({ autoShutdown, services: [scripted("a").spec] });
    await s.start();
    const b = significant("b");
    await s.supervisor.addService(b.spec);
    b.complete();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });
});

describe("all-significant", () => {
  const autoShutdown = "all-significant";

  it("the last significant child that ends stops the others", async () => {
    // case 146
    const [a, b, c] = [significant("a"), significant("b"), scripted("c")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec, c.spec] });
    await s.start();
    a.complete();
    c.complete();
    await s.clock.advance(1_000);
    expect(s.supervisor.status().state).toBe("running");
    b.complete();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });

  it.each([
    ["completes", "complete", "completed"],
    ["fails", "fail", "failed"],
  ] as const)("the last significant child decides: it %s after another failed", async (_, end, kind) => {
    const [a, b] = [significant("a", { restart: "never" }), significant("b", { restart: "never" })];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status().state).toBe("running");
    b[end]();
    await s.clock.advance(0);
    expect((await s.supervisor.exit).kind).toBe(kind);
  });

  it("a significant child that was stopped by hand does not hold the others up", async () => {
    const [a, b] = [significant("a"), significant("b")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    await s.supervisor.stopService("a");
    expect(s.supervisor.status().state).toBe("running");
    b.complete();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });

  it("a significant child that is still being stopped by hand does not hold the others up, unless it is to start again", async () => {
    for (const isBack of [false, true]) {
      const [a, b] = [significant("a", { readyOn: "signal" }), significant("b")];
      const s = createScenario({ autoShutdown: "all-significant", services: [a.spec, b.spec] });
      const started = s.supervisor.start();
      a.ready();
      await started;
      a.ignoreStop();
      const stopped = s.supervisor.stopService("a");
      const again = isBack ? watch(s.supervisor.startService("a")) : null;
      b.complete();
      await s.clock.advance(0);
      expect(s.supervisor.status().state).toBe(isBack ? "running" : "stopping");
      a.ignoreStop(false);
      a.complete();
      await s.clock.advance(0);
      expect(s.supervisor.status().state).toBe(isBack ? "running" : "stopped");
      await stopped;
      expect(again?.state ?? "none").toBe(isBack ? "pending" : "none");
    }
  });

  it("a stop by hand of the last significant child does not end the tree", async () => {
    const [a, b] = [significant("a"), significant("b")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    a.complete();
    await s.clock.advance(0);
    await s.supervisor.stopService("b");
    await s.clock.advance(60_000);
    expect(s.supervisor.status().state).toBe("running");
  });

  it("a significant child that was started again by hand counts again", async () => {
    const [a, b] = [significant("a"), significant("b")];
    const s = createScenario({ autoShutdown, services: [a.spec, b.spec] });
    await s.start();
    a.complete();
    await s.clock.advance(0);
    await s.supervisor.startService("a");
    b.complete();
    await s.clock.advance(1_000);
    expect(s.supervisor.status().state).toBe("running");
    a.complete();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });

  it("a significant child that was removed, or that its group stopped for good, does not hold the others up", async () => {
    const [a, b, c] = [significant("a"), significant("b", { restart: "never" }), significant("c")];
    const s = createScenario({ autoShutdown, strategy: "one-for-all", services: [a.spec, b.spec, c.spec] });
    await s.start();
    await s.supervisor.removeService("c");
    a.fail();
    await s.clock.advance(1_000);
    expect([a.live, b.live]).toEqual([1, 0]);
    a.complete();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });
});

describe("nested", () => {
  const inner = (spec: Partial<SupervisorSpec>, ...services: ServiceSpec[]) =>
    ({ name: "inner", autoShutdown: "any-significant", services, ...spec }) as SupervisorSpec;

  it("a significant supervisor that shuts down shuts its parent down", async () => {
    // case 147
    const [job, x] = [significant("job"), scripted("x")];
    const s = createScenario({
      autoShutdown: "any-significant",
      services: [x.spec, inner({ significant: true }, job.spec, scripted("y").spec)],
    });
    await s.start();
    s.facts();
    job.complete();
    await s.clock.advance(0);
    expect(s.facts("inner/job", "inner/y", "inner", "x", "app").filter((fact) => !fact.endsWith("stopping"))).toEqual([
      "inner/job stopped",
      "inner/y stopped",
      "inner stopped",
      "x stopped",
      "app stopped",
    ]);
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });

  it("a supervisor that is not significant completes, and its parent lives and is healthy", async () => {
    const job = significant("job");
    const s = createScenario({ services: [scripted("x").spec, inner({}, job.spec)] });
    await s.start();
    job.complete();
    await s.clock.advance(60_000);
    expect(s.supervisor.status("inner")).toMatchObject({ state: "stopped", exit: "completed", incarnation: 1 });
    expect(s.supervisor.health().status).toBe("healthy");
  });

  it('a supervisor that shut down under "always" is restarted, after the initial backoff and without a failure', async () => {
    const job = significant("job");
    const s = createScenario({ services: [inner({ restart: "always" }, job.spec)] });
    await s.start();
    job.complete();
    await s.clock.advance(1_000);
    expect(s.supervisor.status("inner")).toMatchObject({ state: "running", incarnation: 2, failures: 0, restarts: 1 });
    expect(job.starts).toBe(2);
  });

  it("a service that waits for the completion of a supervisor starts when that shuts down", async () => {
    const job = significant("job");
    const after = scripted("after", { dependsOn: [{ service: "inner", condition: "completed" }] });
    const s = createScenario({ services: [after.spec, inner({}, job.spec)] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    job.complete();
    await s.clock.advance(0);
    expect([started.state, after.live]).toEqual(["resolved", 1]);
  });
});

it.each([
  ['a policy of "always"', "any-significant", "always"],
  ['an autoShutdown of "never"', "never", "on-failure"],
  ["no autoShutdown", undefined, "on-failure"],
] as const)("significant with autoShutdown %s and restart %s is refused", (_, autoShutdown, restart) => {
  // case 147
  const spec = { name: "app", services: [significant("a", { restart }).spec], ...(autoShutdown && { autoShutdown }) };
  expect(() => createSupervisor(spec)).toThrow(expect.objectContaining({ code: "ERR_INVALID_SPEC", path: "app/a" }));
});
