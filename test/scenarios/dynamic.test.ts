// Services added and removed at run time. CASES.md, section H. Starting, stopping and restarting by hand is in
// dynamic-by-hand.test.ts.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { deafService, expectHistory, expectOneStory } from "./fixture.ts";
import { createScenario, drive, rejection, scripted, watch } from "./support.ts";

describe("addService", () => {
  it("resolves when the newcomer is up, and supervises it from then on", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [] });
    await s.start();
    const added = watch(s.supervisor.addService(a.spec));
    await s.clock.advance(1_000);
    expect([added.state, s.supervisor.status("a").phase]).toEqual(["pending", "launching"]);
    a.ready();
    await s.clock.advance(0);
    expect(added.state).toBe("resolved");
    a.fail();
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ incarnation: 2, restarts: 1, failures: 1 });
    a.ready();
    expectOneStory(s);
  });

  it("resolves when the newcomer completes", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    await s.supervisor.addService({ name: "job", run: () => "done", readyOn: "signal" });
    expect(s.supervisor.status("job")).toMatchObject({ state: "stopped", exit: "completed" });
  });

  it.each(["running", "in backoff", "stopped by hand", "completed"])(
    "refuses the name of a sibling that is %s",
    async (state) => {
      // case 113: there is one answer, ERR_DUPLICATE_NAME
      const a = scripted("a");
      const s = createScenario({ services: [a.spec] });
      await s.start();
      if (state === "in backoff") a.fail();
      if (state === "stopped by hand") await s.supervisor.stopService("a");
      if (state === "completed") a.complete();
      await s.clock.advance(0);
      const error = await rejection(s.supervisor.addService(scripted("a").spec));
      expect(error).toMatchObject({ code: "ERR_DUPLICATE_NAME", message: expect.stringContaining('"a"') });
      expect(s.supervisor.status().services).toHaveLength(1);
    },
  );

  it("checks the spec as createSupervisor does, before anything starts", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    s.facts();
    const specs = [
      [{ name: "b" }, "ERR_INVALID_SPEC"],
      [{ name: "b/c", run: () => {} }, "ERR_INVALID_SPEC"],
      [{ name: "b", run: () => {}, colour: "red" }, "ERR_INVALID_SPEC"],
      [{ name: "b", run: () => {}, dependsOn: ["x"] }, "ERR_UNKNOWN_DEPENDENCY"],
      [{ name: "b", services: [{ name: "c", run: () => {}, dependsOn: ["c"] }] }, "ERR_DEPENDENCY_CYCLE"],
      [{ name: "b", run: () => {}, significant: true }, "ERR_INVALID_SPEC"],
    ] as const;
    for (const [spec, code] of specs) {
      expect(await rejection(s.supervisor.addService(spec as never)), JSON.stringify(spec)).toMatchObject({ code });
    }
    expect(s.facts()).toEqual([]);
    expect(s.supervisor.status().services).toHaveLength(1);
  });

  it("a newcomer may depend on siblings, and waits for them", async () => {
    const db = scripted("db", { readyOn: "signal", critical: false });
    const s = createScenario({ services: [db.spec] });
    await s.start();
    const api = scripted("api", { dependsOn: ["db"] });
    const added = watch(s.supervisor.addService(api.spec));
    await s.clock.advance(1_000);
    expect([added.state, s.supervisor.status("api").phase]).toEqual(["pending", "waiting"]);
    db.ready();
    await s.clock.advance(0);
    expect([added.state, api.starts]).toEqual(["resolved", 1]);
    await s.supervisor.stop();
    expect(s.facts().slice(-6)).toEqual([
      "app stopping",
      "api stopping",
      "api stopped",
      "db stopping",
      "db stopped",
      "app stopped",
    ]);
  });

  it("a newcomer that never comes up is retried by its policy, and then forgotten; nothing escalates", async () => {
    const s = createScenario({ services: [scripted("a").spec], intensity: { maxRestarts: 1, withinMs: 60_000 } });
    await s.start();
    const error = new Error("no");
    let starts = 0;
    const spec: ServiceSpec = {
      name: "bad",
      run: () => {
        starts++;
        return Promise.reject(error);
      },
      readyOn: "signal",
      restart: { maxRetries: 2 },
    };
    const added = watch(s.supervisor.addService(spec));
    await s.clock.advance(2_999);
    expect([added.state, starts]).toEqual(["pending", 2]);
    await s.clock.advance(1);
    expect([added.state, starts]).toEqual(["rejected", 3]);
    expect(added.error).toMatchObject({
      code: "ERR_START_FAILED",
      path: "app/bad",
      cause: { code: "ERR_GAVE_UP", cause: error },
    });
    expect(() => s.supervisor.status("bad")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { running: 1, failed: 0 } });
    expect(s.record.updates.filter(({ type }) => type === "escalation")).toEqual([]);
    const good = scripted("bad");
    await s.supervisor.addService(good.spec);
    expect(good.live).toBe(1);
  });

  it("a newcomer's failures count for the intensity of its supervisor only once it has been up", async () => {
    const s = createScenario({ services: [], intensity: { maxRestarts: 2, withinMs: 60_000 } });
    await s.start();
    const a = scripted("a", { readyOn: "signal" });
    const added = watch(s.supervisor.addService(a.spec));
    await s.clock.advance(0);
    for (const delayMs of [1_000, 2_000, 4_000]) {
      a.fail();
      await s.clock.advance(delayMs);
    }
    expect(s.supervisor.status().state).toBe("running");
    a.ready();
    await s.clock.advance(0);
    expect(added.state).toBe("resolved");
  });

  it("a newcomer's failure does not restart a group, until it has been up", async () => {
    const a = scripted("a");
    const s = createScenario({ strategy: "one-for-all", services: [a.spec] });
    await s.start();
    const b = scripted("b", { readyOn: "signal" });
    const added = watch(s.supervisor.addService(b.spec));
    await s.clock.advance(0);
    b.fail();
    await s.clock.advance(1_000);
    expect([a.starts, b.starts]).toEqual([1, 2]);
    b.ready();
    await s.clock.advance(0);
    expect(added.state).toBe("resolved");
    b.fail();
    await s.clock.advance(2_000);
    expect([a.starts, b.starts]).toEqual([2, 3]);
    b.ready();
  });

  it("once it has been up, a critical newcomer that fails for good fails its supervisor", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    const b = scripted("b", { restart: { maxRetries: 0 } });
    await s.supervisor.addService(b.spec);
    b.fail();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP", path: "app/b" } });
  });

  it("overtaken by a stop, it rejects ERR_START_ABORTED and leaves nothing", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    for (const stop of [() => s.supervisor.stopService("b"), () => s.supervisor.stop()]) {
      const b = scripted("b", { readyOn: "signal" });
      const added = watch(s.supervisor.addService(b.spec));
      await s.clock.advance(0);
      await stop();
      await s.clock.advance(60_000);
      expect(added.error).toMatchObject({ code: "ERR_START_ABORTED", path: "app/b" });
      expect([b.starts, b.live]).toEqual([1, 0]);
      expect(s.supervisor.status().services).toEqual([]);
    }
  });

  it("refuses more than maxServices, those that restart included", async () => {
    // case 117
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario({ maxServices: 2, services: [a.spec] });
    await s.start();
    await s.supervisor.addService(b.spec);
    for (const when of ["running", "in backoff"]) {
      if (when === "in backoff") b.fail();
      await s.clock.advance(0);
      const error = await rejection(s.supervisor.addService(c.spec));
      expect(error, when).toMatchObject({
        code: "ERR_MAX_SERVICES",
        message: expect.stringMatching(/maxServices is 2/),
      });
    }
    await s.supervisor.removeService("b");
    await s.supervisor.addService(c.spec);
    expect(c.live).toBe(1);
  });

  it("is refused unless the tree is starting or running", async () => {
    // case 114
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec] });
    const b = scripted("b");
    const refused = { code: "ERR_NOT_RUNNING" };
    expect(await rejection(s.supervisor.addService(b.spec)), "new").toMatchObject(refused);
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    await s.supervisor.addService(b.spec);
    a.ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
    b.ignoreStop();
    const stopped = s.supervisor.stop();
    expect(await rejection(s.supervisor.addService(scripted("c").spec)), "stopping").toMatchObject(refused);
    b.complete();
    await stopped;
    expect(await rejection(s.supervisor.addService(scripted("c").spec)), "stopped").toMatchObject(refused);
  });

  it("counts and lists agree for thousands, in the order in which they were added", async () => {
    // case 119
    const s = createScenario({ services: [] });
    await s.start();
    const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    const services = names.map((name) => scripted(name, { restart: "never" }));
    await drive(s.clock, Promise.all(services.map(({ spec }) => s.supervisor.addService(spec))));
    expect(s.supervisor.status().counts.running).toBe(2_000);
    expect(s.supervisor.status().services.map(({ name }) => name)).toEqual(names);
    for (const service of services) service.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status().counts).toMatchObject({ running: 0, failed: 2_000 });
  });

  it("counts tell those that restart apart", async () => {
    // case 118
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario({ services: [a.spec, b.spec, c.spec] });
    await s.start();
    a.fail();
    b.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status().counts).toEqual({
      stopped: 0,
      starting: 0,
      running: 1,
      stopping: 0,
      backoff: 2,
      failed: 0,
    });
    expect(s.supervisor.status().services).toHaveLength(3);
  });
});

describe("removeService", () => {
  it("stops the service and forgets it; its name is free again", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    s.facts();
    await s.supervisor.removeService("a");
    expect(s.facts()).toEqual(["a stopping", "a stopped"]);
    expect(() => s.supervisor.explain("a")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
    expect(Object.keys(s.supervisor.health().services)).toEqual(["app/b"]);
    await s.supervisor.addService(scripted("a").spec);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1 });
    expectOneStory(s);
  });

  it.each(["in backoff", "waiting", "stopped", "completed", "failed", "launching"])(
    "forgets one that is %s",
    async (state) => {
      const dep = scripted("dep", { readyOn: "signal", critical: false });
      const a = scripted("a", {
        critical: false,
        ...(state === "failed" && { restart: "never" }),
        ...(state === "waiting" && { dependsOn: ["dep"] }),
        ...(state === "launching" && { readyOn: "signal" }),
      });
      const s = createScenario({ services: [dep.spec, a.spec] });
      await s.start();
      if (state === "in backoff" || state === "failed") a.fail();
      if (state === "completed") a.complete();
      if (state === "stopped") await s.supervisor.stopService("a");
      await s.clock.advance(0);
      await s.supervisor.removeService("a");
      expect(s.supervisor.status().services.map(({ name }) => name)).toEqual(["dep"]);
      const { starts } = a;
      await s.clock.advance(60_000);
      expect(a.starts).toBe(starts);
      expectOneStory(s);
      expectHistory(s.record.updates);
    },
  );

  it("of something that others require is refused, naming them, and nothing happens", async () => {
    const db = scripted("db");
    const services = [scripted("api", { dependsOn: ["db"] }), scripted("web", { dependsOn: ["db"] })];
    const s = createScenario({ services: [db.spec, ...services.map(({ spec }) => spec)] });
    await s.start();
    s.facts();
    const error = await rejection(s.supervisor.removeService("db"));
    expect(error).toMatchObject({ code: "ERR_INVALID_SPEC", message: expect.stringMatching(/api.*web/) });
    expect(s.facts()).toEqual([]);
    await s.supervisor.removeService("api");
    await s.supervisor.removeService("web");
    await s.supervisor.removeService("db");
    expect(s.supervisor.status().services).toEqual([]);
  });

  it("of a service that ignores its stop rejects at its deadline; the tree goes on, and a second call forgets it", async () => {
    // case 121
    const a = deafService("a", { stopTimeoutMs: 500 });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    const removed = watch(s.supervisor.removeService("a"));
    await s.clock.advance(499);
    expect(removed.state).toBe("pending");
    await s.clock.advance(1);
    expect(removed.error).toMatchObject({
      code: "ERR_STOP_FAILED",
      errors: [{ code: "ERR_UNSTOPPED", path: "app/a" }],
    });
    expect(s.supervisor.status().state).toBe("running");
    await s.supervisor.removeService("a");
    expect(s.supervisor.status().services.map(({ name }) => name)).toEqual(["b"]);
    a.end(1);
    await s.clock.advance(0);
    expect(s.facts().at(-1)).toBe("a late completed");
  });

  it("an unhealthy one that is removed no longer counts for the health", async () => {
    const a = scripted("a", { readiness: () => false, critical: false });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    expect(s.supervisor.health().status).toBe("degraded");
    await s.supervisor.removeService("a");
    await s.clock.advance(0);
    expect(s.supervisor.health()).toMatchObject({ status: "healthy", services: { "app/b": { healthy: true } } });
  });

  it("the last critical one that held start() up lets it resolve when it is removed", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(started.state).toBe("pending");
    await s.supervisor.removeService("a");
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("an added service that is removed while others wait for it optionally lets them start", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    const db = scripted("db", { readyOn: "signal" });
    const dbAdded = watch(s.supervisor.addService(db.spec));
    const api = scripted("api", { dependsOn: [{ service: "db", required: false }] });
    const added = watch(s.supervisor.addService(api.spec));
    await s.clock.advance(1_000);
    await s.supervisor.removeService("db");
    await s.clock.advance(0);
    expect([dbAdded.state, added.state]).toEqual(["rejected", "resolved"]);
  });
});

describe("under a nested supervisor", () => {
  it("services are added, stopped, started and removed by their path, with or without the root's name", async () => {
    const x = scripted("x");
    const s = createScenario({ services: [{ name: "sub", services: [scripted("w").spec] }] });
    await s.start();
    await s.supervisor.addService(x.spec, { under: "sub" });
    await s.supervisor.stopService("app/sub/x");
    expect(s.supervisor.status("sub/x").state).toBe("stopped");
    await s.supervisor.startService("sub/x");
    await s.supervisor.addService(scripted("y").spec, { under: "app/sub" });
    await s.supervisor.addService(scripted("z").spec, { under: "app" });
    await s.supervisor.removeService("sub/x");
    expect(Object.keys(s.supervisor.health().services)).toEqual(["app/sub", "app/sub/w", "app/sub/y", "app/z"]);
  });

  it("a parent that is unknown, a plain service, or not running is refused", async () => {
    const w = scripted("w", { restart: { maxRetries: 0 } });
    const s = createScenario({ services: [{ name: "sub", services: [w.spec] }, scripted("a").spec] });
    await s.start();
    const add = (under: string) => rejection(s.supervisor.addService(scripted("x").spec, { under }));
    expect(await add("sup")).toMatchObject({
      code: "ERR_UNKNOWN_SERVICE",
      message: expect.stringMatching(/did you mean "sub"/),
    });
    expect(await add("a")).toMatchObject({ code: "ERR_INVALID_SPEC" });
    w.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status("sub").state).toBe("backoff");
    expect(await add("sub")).toMatchObject({ code: "ERR_NOT_RUNNING" });
    expect(await rejection(s.supervisor.startService("sub/w"))).toMatchObject({ code: "ERR_NOT_RUNNING" });
  });

  it("what was added is gone after a restart of that supervisor, and only there", async () => {
    // case 71
    const w = scripted("w");
    const s = createScenario({
      services: [{ name: "sub", services: [w.spec], intensity: { maxRestarts: 0, withinMs: 1_000 } }],
    });
    await s.start();
    const [x, y] = [scripted("x"), scripted("y")];
    await s.supervisor.addService(x.spec, { under: "sub" });
    await s.supervisor.addService(y.spec);
    w.fail();
    await s.clock.advance(1_000);
    expect([w.starts, x.starts, x.live, y.live]).toEqual([2, 1, 0, 1]);
    expect(Object.keys(s.supervisor.health().services)).toEqual(["app/sub", "app/sub/w", "app/y"]);
    expectOneStory(s);
  });

  it("what was added is gone after a stop and a new start of the tree", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    const b = scripted("b");
    await s.supervisor.addService(b.spec);
    await s.supervisor.stop();
    await s.supervisor.start();
    expect(s.supervisor.status().services.map(({ name }) => name)).toEqual(["a"]);
    expect(b.starts).toBe(1);
  });

  it("a supervisor with children is added and removed as one", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    const [x, y] = [scripted("x"), scripted("y", { dependsOn: ["x"] })];
    await s.supervisor.addService({ name: "sub", services: [x.spec, y.spec] });
    expect(s.supervisor.status("sub")).toMatchObject({ kind: "supervisor", state: "running", counts: { running: 2 } });
    await s.supervisor.removeService("sub");
    expect([x.live, y.live]).toEqual([0, 0]);
    expect(() => s.supervisor.status("sub/x")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
  });
});
