// removeService, and services added and removed under nested supervisors.

import { describe, expect, it } from "vitest";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

describe("removeService", () => {
  it.each([1, 2])("is refused while %d others require it, with their paths", async (count) => {
    const others = ["b", "c"].slice(0, count).map((name) => scripted(name, { dependsOn: ["a"] }).spec);
    const s = createScenario({ services: [scripted("a").spec, ...others] });
    await s.start();
    const error = await rejection(s.supervisor.removeService("a"));
    expect(error).toMatchObject({ code: "ERR_INVALID_SPEC" });
    for (const { name } of others) expect(error.message).toContain(`app/${name}`);
    expect(s.supervisor.status("a").state).toBe("running");
  });

  it("removeService stops the service and forgets it, and its name is free again", async () => {
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

  it('the last update about a removed service is "removed", also for one that was added and never came up', async () => {
    const s = createScenario({ services: [{ name: "pool", services: [scripted("a").spec] }] });
    await s.start();
    const gone = () => s.record.updates.filter(({ type }) => type === "removed").map(({ path }) => path);
    await s.supervisor.stopService("pool/a");
    expect(gone()).toEqual([]);
    await s.supervisor.removeService("pool");
    expect(gone()).toEqual(["app/pool"]);
    expect(s.record.updates.at(-1)).toMatchObject({ type: "removed", path: "app/pool" });
    const hopeless = { name: "hopeless", restart: "never", start: () => Promise.reject(new Error("no")) } as const;
    await rejection(s.supervisor.addService(hopeless));
    expect(gone()).toEqual(["app/pool", "app/hopeless"]);
    expectHistory(s.record.updates);
  });

  it.each([
    "in backoff",
    "waiting",
    "stopped",
    "completed",
    "failed",
    "launching",
  ])("removeService forgets a service that is %s", async (state) => {
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
  });

  it("removeService refuses a service that others require, names them, and changes nothing", async () => {
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

  it("removeService of a service that ignores its stop rejects at its deadline, and a second call forgets it", async () => {
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

  it("an unhealthy service that is removed no longer counts for the health", async () => {
    const a = scripted("a", { readiness: () => false, critical: false });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    expect(s.supervisor.health().status).toBe("degraded");
    await s.supervisor.removeService("a");
    await s.clock.advance(0);
    expect(s.supervisor.health()).toMatchObject({ status: "healthy", services: { "app/b": { healthy: true } } });
  });

  it("start() resolves when the last critical service that held it up is removed", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect(started.state).toBe("pending");
    await s.supervisor.removeService("a");
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("removing an added service lets those start that wait for it optionally", async () => {
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
  it("nested services are added, stopped, started and removed by their path, with or without the root's name", async () => {
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

  it("addService refuses a parent that is unknown, a plain service, or not running", async () => {
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

  it("services added at run time are gone after a restart of their supervisor, and only there", async () => {
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

  it("services added at run time are gone after a stop and a new start of the tree", async () => {
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

it("a start that a listener asks for is refused when the service has been removed before its turn", async () => {
  const [a, b] = [scripted("a"), scripted("b")];
  const s = createScenario({ services: [a.spec, b.spec] });
  await s.start();
  await s.supervisor.stopService("a");
  let started: ReturnType<typeof rejection> | undefined;
  const off = s.supervisor.on("status", ({ path }) => {
    if (path === "app/b") started ??= rejection(s.supervisor.startService("a"));
  });
  const stopped = s.supervisor.stopService("b");
  await s.supervisor.removeService("a");
  await stopped;
  off();
  await s.clock.advance(0);
  expect((await started!).code).toBe("ERR_UNKNOWN_SERVICE");
});
