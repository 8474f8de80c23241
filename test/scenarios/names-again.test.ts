// addService in the middle of other verbs: under a name that there was before, beside a redefinition, from a listener, and
// while another service waits for the newcomer.

import { describe, expect, it } from "vitest";
import type { RunServiceSpec, ServiceSpec } from "../../src/index.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

describe("a service that is added again under a name that others depend on", () => {
  const optional = { service: "cache", required: false } as const;

  it("may not depend on them, by whatever way round: they would wait for each other", async () => {
    const [api, web] = [scripted("api", { dependsOn: [optional] }), scripted("web", { dependsOn: ["api"] })];
    const s = createScenario({ services: [scripted("cache").spec, api.spec, web.spec] });
    await s.start();
    await s.supervisor.removeService("cache");
    const add = (dependsOn: string[]) => s.supervisor.addService(scripted("cache", { dependsOn }).spec);
    expect(await rejection(add(["api"]))).toMatchObject({
      code: "ERR_DEPENDENCY_CYCLE",
      message: expect.stringContaining("cache -> api -> cache"),
    });
    expect(await rejection(add(["web"]))).toMatchObject({
      code: "ERR_DEPENDENCY_CYCLE",
      message: expect.stringContaining("cache -> web -> api -> cache"),
    });
    const other = scripted("other");
    await s.supervisor.addService(other.spec);
    await add(["other"]);
    expect(s.supervisor.status("cache").healthy).toBe(true);
    await s.supervisor.stop();
  });

  it("must be one that can meet their condition", async () => {
    const done = { ...optional, condition: "completed" } as const;
    const s = createScenario({
      services: [{ name: "cache", run: () => {} }, scripted("api", { dependsOn: [done] }).spec],
    });
    await s.start();
    await s.clock.advance(0);
    await s.supervisor.removeService("cache");
    for (const spec of [{ restart: "always" }, { nextRun: () => new Date(1e12) }] as Partial<ServiceSpec>[]) {
      const error = await rejection(s.supervisor.addService(scripted("cache", spec).spec));
      expect(error).toMatchObject({ code: "ERR_INVALID_SPEC", path: "app/api" });
    }
    await s.supervisor.addService({ name: "cache", run: () => {} });
  });
});

it("a newcomer whose start is stopped by hand stays while another waits for it, which does not start without it", async () => {
  const s = createScenario({ services: [] });
  await s.start();
  const x = scripted("x", { readyOn: "signal" });
  const y = scripted("y", { dependsOn: ["x"] });
  const [addedX, addedY] = [watch(s.supervisor.addService(x.spec)), watch(s.supervisor.addService(y.spec))];
  await s.clock.advance(0);
  await s.supervisor.stopService("x");
  await s.clock.advance(10_000);
  expect([addedX.error.code, addedY.state, y.starts]).toEqual(["ERR_START_ABORTED", "pending", 0]);
  expect(s.supervisor.explain("y").summary).toBe("waiting for x (stopped by hand)");
  const started = watch(s.supervisor.startService("x"));
  await s.clock.advance(0);
  x.ready();
  await s.clock.advance(0);
  expect([started.state, addedY.state, y.starts]).toEqual(["resolved", "resolved", 1]);
});

describe("while a new definition is taken", () => {
  /** A tree whose service "db" has been asked to stop, and takes 100 ms, because its definition has changed. */
  async function replaceDb(more: RunServiceSpec[] = []) {
    const db = (version: number): ServiceSpec => ({
      name: "db",
      start: () => version,
      stop: () => new Promise<void>((resolve) => void s.clock.setTimeout(resolve, 100)),
      meta: { version },
    });
    const s = createScenario({ services: [db(1)] });
    await s.start();
    const redefined = watch(s.supervisor.redefine({ name: "app", services: [db(2), ...more] }));
    await s.clock.advance(10);
    expect(redefined.state).toBe("pending");
    return { ...s, redefined };
  }

  it("a newcomer may name a service that is being replaced, and gets the new one", async () => {
    const { supervisor, clock } = await replaceDb();
    const seen: unknown[] = [];
    const added = watch(
      supervisor.addService({ name: "api", dependsOn: ["db"], start: ({ use }) => void seen.push(use("db" as never)) }),
    );
    await clock.advance(1_000);
    expect([added.state, seen]).toEqual(["resolved", [2]]);
  });

  it("a newcomer may not take a name that the definition brings", async () => {
    const x = scripted("x");
    const { supervisor, clock, redefined } = await replaceDb([x.spec]);
    expect(await rejection(supervisor.addService(scripted("x").spec))).toMatchObject({ code: "ERR_DUPLICATE_NAME" });
    await clock.advance(1_000);
    expect([redefined.state, x.live]).toEqual(["resolved", 1]);
  });
});

it("a spec that is given in a listener is read there, though the service is added in a later turn", async () => {
  const s = createScenario({ services: [scripted("a").spec] });
  const [meant, other] = [scripted("b"), scripted("b")];
  const off = s.supervisor.on("status", ({ path, to }) => {
    if (path !== "app/a" || to !== "running") return;
    off();
    const spec = { ...meant.spec };
    s.supervisor.addService(spec);
    s.supervisor.addService(scripted("c", { dependsOn: ["b"] }).spec);
    spec.run = other.spec.run;
  });
  await s.start();
  await s.clock.advance(0);
  expect([meant.live, other.live, s.supervisor.status("c").healthy]).toEqual([1, 0, true]);
});

it("a newcomer that is forgotten late takes nothing away from the service that has its path by then", async () => {
  const x = scripted("x", { readyOn: "signal" } as Partial<ServiceSpec>);
  const inner = { name: "inner", critical: false, services: [{ ...x.spec, critical: false }] };
  const s = createScenario({ services: [{ name: "outer", services: [inner] }] });
  await s.start();
  await s.supervisor.removeService("outer/inner");
  await s.supervisor.addService(inner, { under: "outer" });
  await s.supervisor.removeService("outer/inner/x");
  const added = watch(s.supervisor.addService(x.spec, { under: "outer/inner" }));
  await s.clock.advance(0);
  const removed: string[] = [];
  s.supervisor.on("removed", ({ path }) => removed.push(path));
  await s.supervisor.restartService("outer");
  await s.clock.advance(0);
  expect([added.error.code, removed]).toEqual(["ERR_START_ABORTED", ["app/outer/inner"]]);
  expect(s.supervisor.status("outer/inner/x")).toMatchObject({ state: "starting" });
});

describe("a newcomer that never comes up, and that one with a schedule requires", () => {
  const nextRun = (now: Date) => new Date(now.getTime() + 60_000);
  const pool = () => scripted("pool", { readyOn: "signal", restart: { maxRetries: 0 } } as Partial<ServiceSpec>);
  const job = () => scripted("job", { nextRun, dependsOn: ["pool"] } as Partial<ServiceSpec>);

  it("stays where it failed, or was stopped, until the next start", async () => {
    for (const end of ["fail", "stop"] as const) {
      const s = createScenario({ services: [] });
      await s.start();
      const x = pool();
      const added = watch(s.supervisor.addService(x.spec));
      await s.supervisor.addService(job().spec);
      if (end === "fail") x.fail();
      else await s.supervisor.stop();
      await s.clock.advance(0);
      expect(added.state).toBe("rejected");
      expect(s.supervisor.describe().services.map(({ name }) => name)).toEqual(["pool", "job"]);
      await s.supervisor.stop();
      await s.start();
      expect(s.supervisor.describe().services).toEqual([]);
    }
  });

  it("fails a start that is under way, which waits for it", async () => {
    const slow = scripted("slow", { readyOn: "signal" } as Partial<ServiceSpec>);
    const s = createScenario({ services: [slow.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const x = pool();
    const added = watch(s.supervisor.addService(x.spec));
    await s.supervisor.addService(job().spec);
    x.fail();
    await s.clock.advance(0);
    expect([added.error.code, started.error]).toMatchObject(["ERR_START_FAILED", { path: "app/pool" }]);
  });
});
