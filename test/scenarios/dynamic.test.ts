// addService. Starting, stopping and restarting by hand is in dynamic-by-hand.test.ts.

import { describe, expect, it } from "vitest";
import type { RunServiceSpec, ServiceSpec } from "../../src/index.ts";
import { expectOneStory } from "../support/invariants.ts";
import { drive, rejection, type Watched, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

describe("addService", () => {
  it("addService resolves when the newcomer is up, and supervises it from then on", async () => {
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

  it("addService resolves when the newcomer completes", async () => {
    const s = createScenario({ services: [] });
    await s.start();
    await s.supervisor.addService({ name: "job", run: () => "done", readyOn: "signal" });
    expect(s.supervisor.status("job")).toMatchObject({ state: "stopped", exit: "completed" });
  });

  it.each([
    "running",
    "in backoff",
    "stopped by hand",
    "completed",
  ])("addService refuses the name of a sibling that is %s", async (state) => {
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
  });

  it("addService checks the spec as createSupervisor does, before anything starts", async () => {
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

  it("addService that is overtaken by a stop rejects ERR_START_ABORTED and leaves nothing", async () => {
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

  it.each([
    "app",
    "app/sub",
  ])("addService called from inside the very start of %s adds to that start", async (under) => {
    const sub = { name: "sub", services: [scripted("w").spec] };
    const x = scripted("x");
    const s = createScenario({ services: [sub, scripted("mate").spec] });
    const added: Watched<void>[] = [];
    s.supervisor.on("status", ({ path, to }) => {
      if (path === under && to === "starting") added.push(watch(s.supervisor.addService(x.spec, { under })));
    });
    await s.start();
    await s.clock.advance(1_000);
    expect([added.length, added[0]!.state]).not.toContain("pending");
    if (added[0]!.state === "resolved") expect(x.live).toBe(1);
    else expect(x.live).toBe(0);
    expectOneStory(s);
  });

  it("addService called by a service that starts beside a nested supervisor adds to that supervisor", async () => {
    const x = scripted("x");
    const added: Watched<void>[] = [];
    const adder = scripted("adder");
    const run: RunServiceSpec["run"] = (ctx) => {
      added.push(watch(s.supervisor.addService(x.spec, { under: "sub" })));
      return adder.spec.run(ctx);
    };
    const s: Scenario = createScenario({
      services: [
        { name: "sub", services: [] },
        { ...adder.spec, run },
      ],
    });
    await s.start();
    await s.clock.advance(1_000);
    expect([added[0]!.state, x.live]).toEqual(["resolved", 1]);
    expect(s.supervisor.status("sub/x").state).toBe("running");
  });

  it("addService refuses more than maxServices, those that restart included", async () => {
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

  it("addService is refused unless the tree is starting or running", async () => {
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
