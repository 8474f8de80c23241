// Held values: what an incarnation took of others before it was ready goes down with the service that gave it.

import { describe, expect, it } from "vitest";
import { defineService, type ServiceContext, type ServiceSpec } from "../../src/index.ts";
import { watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

let made = 0;
const db = defineService({ name: "db", start: () => ({ number: ++made }), stop: () => {} });

/** A service that takes the value at its start, or at each use. */
function taking(when: "start" | "use", spec: Partial<ServiceSpec> = {}) {
  const seen: number[] = [];
  let ctx: ServiceContext | undefined;
  const service = {
    name: "api",
    dependsOn: [db],
    start: (given: ServiceContext) => {
      ctx = given;
      if (when === "start") seen.push(given.use(db).number);
    },
    ...spec,
  } as ServiceSpec;
  return { service, seen, use: () => ctx!.use(db) };
}

describe("a dependant that took the value before it was ready", () => {
  it("restarts when the dependency goes down, and takes the new value", async () => {
    // Case C7
    const api = taking("start");
    const s = createScenario({ services: [db, api.service] });
    await s.start();
    const restarted = watch(s.supervisor.restartService("db"));
    await s.clock.advance(0);
    expect(restarted.state).toBe("resolved");
    expect(api.seen).toHaveLength(2);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", incarnation: 2, failures: 0 });
  });

  it("restarts when the dependency fails, too, and only then", async () => {
    let fail = (_: Error) => {};
    const source = defineService({
      name: "db",
      start: (ctx) => {
        fail = ctx.fail;
        return { number: ++made };
      },
      restart: { jitter: false },
    });
    const api = taking("start");
    const s = createScenario({ services: [source, api.service] });
    await s.start();
    fail(new Error("gone"));
    await s.clock.advance(0);
    expect(s.supervisor.status("api")).toMatchObject({ state: "starting", phase: "waiting" });
    await s.clock.advance(1_000);
    expect(s.supervisor.status("api")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("runs on where its onFailure says so", async () => {
    const api = taking("start", { dependsOn: [{ service: db, onFailure: "ignore" }] });
    const s = createScenario({ services: [db, api.service] });
    await s.start();
    await s.supervisor.restartService("db");
    await s.clock.advance(0);
    expect(s.supervisor.status("api").incarnation).toBe(1);
    expect(s.supervisor.status("api").holds).toEqual([{ path: "app/db", incarnation: 1, isAlive: false }]);
    expect(s.supervisor.explain("api").summary).toMatch(/holds db \(incarnation 1\), which is gone/);
  });

  it("is told by status and explain to hold it", async () => {
    const api = taking("start");
    const s = createScenario({ services: [db, api.service] });
    await s.start();
    expect(s.supervisor.status("api").holds).toEqual([{ path: "app/db", incarnation: 1, isAlive: true }]);
    expect(s.supervisor.explain("api").summary).toMatch(/holds db \(incarnation 1\)/);
    expect(s.supervisor.explain("api").holds).toEqual(s.supervisor.status("api").holds);
  });

  it("holds it when a run takes it before its first await", async () => {
    const run = async (ctx: ServiceContext) => {
      ctx.use(db);
      await new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve()));
    };
    const s = createScenario({ services: [db, { name: "api", run, dependsOn: [db] }] });
    await s.start();
    expect(s.supervisor.status("api").holds).toHaveLength(1);
    await s.supervisor.restartService("db");
    await s.clock.advance(0);
    expect(s.supervisor.status("api").incarnation).toBe(2);
  });
});

describe("a dependant that asks at each use", () => {
  it("holds nothing and runs on", async () => {
    const api = taking("use");
    const s = createScenario({ services: [db, api.service] });
    await s.start();
    const before = api.use();
    await s.supervisor.restartService("db");
    await s.clock.advance(0);
    expect(api.use()).not.toBe(before);
    expect(s.supervisor.status("api")).toMatchObject({ incarnation: 1, holds: [] });
  });

  it("learns that it is down", async () => {
    const api = taking("use");
    const s = createScenario({ services: [db, api.service] });
    await s.start();
    await s.supervisor.stopService("db");
    expect(() => api.use()).toThrow(expect.objectContaining({ code: "ERR_NOT_RUNNING" }));
  });
});

describe("a service inside a dependency that is a supervisor", () => {
  const data = { name: "data", services: [db] };

  it("can be used", async () => {
    // Case C10
    const api = taking("start", { dependsOn: ["data"] });
    const s = createScenario({ services: [data, api.service] });
    await s.start();
    expect(api.seen).toHaveLength(1);
    expect(s.supervisor.status("api").holds).toMatchObject([{ path: "app/data/db" }]);
  });

  it("takes those down with it that hold its value", async () => {
    const api = taking("start", { dependsOn: ["data"] });
    const s = createScenario({ services: [data, api.service] });
    await s.start();
    const restarted = watch(s.supervisor.restartService("data/db"));
    await s.clock.advance(0);
    expect(restarted.state).toBe("resolved");
    await s.clock.advance(0);
    expect([s.supervisor.status("api").incarnation, api.seen.length]).toEqual([2, 2]);
    expect(s.supervisor.status("data").incarnation).toBe(1);
  });

  it.each([
    ["ignore", { state: "running", incarnation: 1 }],
    ["stop", { state: "stopped", phase: "byHand" }],
    ["restart", { state: "running", incarnation: 2 }],
  ] as const)("leaves it to their onFailure, if they have one: %s", async (onFailure, expected) => {
    const api = taking("start", { dependsOn: [{ service: "data", onFailure }] });
    const s = createScenario({ services: [data, api.service] });
    await s.start();
    await s.supervisor.restartService("data/db");
    await s.clock.advance(0);
    expect(s.supervisor.status("api")).toMatchObject(expected);
  });

  it("is found by its own definition, beside a dependency of the same name", async () => {
    const outer = defineService({ name: "db", start: () => "outer" });
    const inner = defineService({ name: "db", start: () => "inner" });
    const seen: string[] = [];
    const api: ServiceSpec = {
      name: "api",
      dependsOn: ["data", outer],
      start: ({ use }) => void seen.push(use(inner), use(outer), use({ ...inner })),
    };
    const s = createScenario({ services: [outer, { name: "data", services: [inner] }, api] });
    await s.start();
    // A definition that is in no tree is found by its name.
    expect(seen).toEqual(["inner", "outer", "outer"]);
  });

  describe("that is down while its supervisor is healthy", () => {
    async function stopInside({ required = true } = {}) {
      const dependsOn = [{ service: "data", required }];
      const api = taking("start", { dependsOn, restart: { maxRetries: 1 } });
      const s = createScenario({ services: [{ name: "data", services: [db] }, api.service] });
      await s.start();
      await s.supervisor.stopService("data/db");
      await s.clock.advance(60_000);
      return { ...s, api };
    }

    it("is waited for by those that held its value, which burn no retries", async () => {
      const { supervisor, clock, api } = await stopInside();
      expect(supervisor.status("data").healthy).toBe(true);
      expect(supervisor.status("api")).toMatchObject({ state: "starting", phase: "waiting", failures: 0 });
      expect(supervisor.explain("api")).toMatchObject({
        summary: "waiting for db (stopped by hand)",
        waitingFor: [{ path: "app/data/db", condition: "started", because: "stopped by hand" }],
      });
      await supervisor.startService("data/db");
      await clock.advance(0);
      expect([supervisor.status("api").phase, api.seen.length]).toEqual(["healthy", 2]);
    });

    it("is waited for no longer when it is removed", async () => {
      const { supervisor, clock } = await stopInside();
      await supervisor.removeService("data/db");
      await clock.advance(0);
      expect(supervisor.status("api")).toMatchObject({ state: "backoff", error: { code: "ERR_NOT_A_DEPENDENCY" } });
    });

    it("is waited for until its supervisor, which is replaced, is up again", async () => {
      const dependsOn = ["data"];
      const api = taking("start", { dependsOn, restart: { maxRetries: 1 } });
      const data = (stopTimeoutMs: number) => ({ name: "data", stopTimeoutMs, services: [db] });
      const s = createScenario({ services: [data(10), api.service] });
      await s.start();
      await s.supervisor.stopService("data/db");
      const begun: unknown[] = [];
      s.supervisor.on("status", ({ path, phase }) => {
        if (path === "app/api" && phase === "launching") begun.push(s.supervisor.status("data").healthy);
      });
      await s.supervisor.redefine({ name: "app", services: [data(20), api.service] });
      await s.clock.advance(0);
      expect([begun, s.supervisor.status("api").phase]).toEqual([[true], "healthy"]);
    });

    it("is not waited for when it has a schedule", async () => {
      const job = { name: "job", start: () => ({ number: 0 }), nextRun: (now: Date) => new Date(now.getTime() + 50) };
      const uses: string[] = [];
      const api: ServiceSpec = {
        name: "api",
        dependsOn: ["data"],
        start: ({ use }) => {
          try {
            use("data/job");
            uses.push("held");
          } catch {
            uses.push("not there");
          }
        },
      };
      const { supervisor, clock, start, stop } = createScenario({ services: [{ name: "data", services: [job] }, api] });
      await start();
      await supervisor.startService("data/job");
      await supervisor.restartService("api");
      await stop();
      await start();
      expect([uses, supervisor.status("api").phase]).toEqual([["not there", "held", "not there"], "healthy"]);
      await clock.advance(0);
    });

    it("is not waited for once it was removed and another one of its name is there", async () => {
      const api = taking("start", { dependsOn: ["data", { service: "x", onFailure: "ignore" }] });
      const services = [{ name: "data", services: [db] }, scripted("x").spec, api.service];
      const { supervisor, start, stop } = createScenario({ services });
      await start();
      await supervisor.stopService("x");
      await supervisor.removeService("data/db");
      expect(supervisor.status("api").waitingFor).toEqual(["app/x"]);
      await stop();
      await start();
      expect(supervisor.status("api").phase).toBe("healthy");
    });

    it("is waited for no longer when its supervisor is replaced", async () => {
      const { supervisor, clock } = await stopInside({ required: false });
      await supervisor.removeService("data");
      await clock.advance(0);
      expect(supervisor.status("api").phase).not.toBe("waiting");
    });

    it("holds up no stop of the tree", async () => {
      const { supervisor } = await stopInside();
      await supervisor.stop();
      expect(supervisor.status().state).toBe("stopped");
    });
  });

  it("is found by its path, where its name alone is not enough", async () => {
    const twins = { name: "data", services: [db, { name: "other", services: [db] }] };
    const seen: string[] = [];
    const api: ServiceSpec = {
      name: "api",
      dependsOn: ["data"],
      start: (ctx) => {
        for (const name of ["db", "data/db", "data/other/db"]) {
          try {
            ctx.use(name);
            seen.push(name);
          } catch (error) {
            seen.push((error as { code: string }).code);
          }
        }
      },
    };
    const s = createScenario({ services: [twins, api] });
    await s.start();
    expect(seen).toEqual(["ERR_NOT_A_DEPENDENCY", "data/db", "data/other/db"]);
  });

  it("is refused where the supervisor is not declared", async () => {
    const api = taking("start", { dependsOn: [], critical: false, restart: "never" });
    const s = createScenario({ services: [data, api.service] });
    await s.start();
    expect(s.supervisor.status("api").error).toMatchObject({ code: "ERR_NOT_A_DEPENDENCY" });
  });
});

describe("supervisor.use", () => {
  it("gives the live value of a service anywhere in the tree, by definition and by path", async () => {
    const s = createScenario({ services: [{ name: "data", services: [db] }] });
    await s.start();
    expect(s.supervisor.use(db).number).toBe(made);
    expect(s.supervisor.use("data/db")).toBe(s.supervisor.use(db));
    expect(s.supervisor.use({ ...db })).toBe(s.supervisor.use(db));
  });

  it("says that a service is unknown, or down", async () => {
    const s = createScenario({ services: [db] });
    expect(() => s.supervisor.use(db)).toThrow(expect.objectContaining({ code: "ERR_NOT_RUNNING" }));
    expect(() => s.supervisor.use("dv")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
  });

  it("gives null where start returned null", async () => {
    // Case C25
    const nothing = defineService({ name: "n", start: () => null });
    const s = createScenario({ services: [nothing] });
    await s.start();
    expect(s.supervisor.use(nothing)).toBeNull();
  });
});
