// describe(), describeTree(), now() and actorsOf(): what a tree reports of its definition, its time and its actors.

import { describe, expect, it } from "vitest";
import { setup } from "xstate";
import { type ChildDescription, createSupervisor, describeTree, type SupervisorSpec } from "../../src/index.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const idle = () => {};

const shop: SupervisorSpec = {
  name: "shop",
  intensity: { maxRestarts: 3, withinMs: 5_000 },
  meta: { team: "sales" },
  services: [
    { name: "audit", run: idle, dependsOn: ["worker", "api"] },
    {
      name: "data",
      services: [{ name: "disk", start: idle }],
      strategy: "one-for-all",
      autoShutdown: "any-significant",
    },
    { name: "api", start: idle, dependsOn: [{ service: "data", condition: "started", onFailure: "restart" }] },
    { name: "worker", run: idle, dependsOn: [{ service: "data", required: false }], restart: "never" },
    { name: "clock", run: idle, restart: { maxRetries: Infinity }, meta: { port: 80 }, readiness: () => true },
  ],
};

const byName = (services: readonly ChildDescription[], name: string) => services.find((one) => one.name === name)!;

describe("describeTree", () => {
  it("describeTree gives each option of a service, with its default", () => {
    expect(byName(describeTree(shop).services, "clock")).toEqual({
      path: "shop/clock",
      name: "clock",
      kind: "service",
      body: "run",
      critical: true,
      significant: false,
      restart: {
        policy: "on-failure",
        maxRetries: null,
        initialBackoffMs: 1_000,
        maxBackoffMs: 60_000,
        multiplier: 2,
        jitter: 0.25,
        resetAfterMs: 60_000,
      },
      dependsOn: [],
      isScheduled: false,
      startDelayMs: 0,
      startTimeoutMs: 30_000,
      stopTimeoutMs: 10_000,
      probes: ["readiness"],
      watchdogMs: null,
      meta: { port: 80 },
    });
  });

  it("describeTree gives the options of the root and of nested supervisors", () => {
    const tree = describeTree(shop);
    expect(tree).toMatchObject({
      path: "shop",
      kind: "supervisor",
      strategy: "one-for-one",
      intensity: { maxRestarts: 3, withinMs: 5_000 },
      autoShutdown: "never",
      maxServices: null,
      meta: { team: "sales" },
    });
    expect(byName(tree.services, "data")).toMatchObject({
      kind: "supervisor",
      body: "services",
      strategy: "one-for-all",
      intensity: null,
      autoShutdown: "any-significant",
      startTimeoutMs: null,
      services: [{ path: "shop/data/disk", kind: "service", body: "start" }],
    });
  });

  it("describeTree gives the dependencies as they were written, with their defaults", () => {
    const { services } = describeTree(shop);
    const plain = { condition: "healthy", required: true, onFailure: null };
    expect(byName(services, "audit").dependsOn).toEqual([
      { path: "shop/worker", ...plain },
      { path: "shop/api", ...plain },
    ]);
    expect(byName(services, "api").dependsOn).toEqual([
      { path: "shop/data", condition: "started", required: true, onFailure: "restart" },
    ]);
    expect(byName(services, "worker").dependsOn).toEqual([{ path: "shop/data", ...plain, required: false }]);
  });

  it("describeTree orders a start by the dependencies, and by the definition among equals", () => {
    expect(describeTree(shop).startOrder).toEqual([
      ["shop/data", "shop/clock"],
      ["shop/api", "shop/worker"],
      ["shop/audit"],
    ]);
  });

  it("describeTree orders a stop by the dependants, last defined first among equals", () => {
    expect(describeTree(shop).stopOrder).toEqual([
      ["shop/clock", "shop/audit"],
      ["shop/worker", "shop/api"],
      ["shop/data"],
    ]);
  });

  it("describeTree orders a chain that is longer than the stack", () => {
    const services = Array.from({ length: 20_000 }, (_, i) => ({
      name: `s${i}`,
      run: idle,
      ...(i > 0 && { dependsOn: [`s${i - 1}`] }),
    }));
    const { startOrder, stopOrder } = describeTree({ name: "app", services });
    expect([startOrder.length, startOrder[19_999], stopOrder[0]]).toEqual([20_000, ["app/s19999"], ["app/s19999"]]);
  });

  it("a description survives JSON unchanged", () => {
    const tree = describeTree(shop);
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
  });

  it("describeTree refuses what createSupervisor refuses", () => {
    const spec = { name: "app", services: [{ name: "api", run: idle, dependsOn: ["dta"] }] };
    expect(() => describeTree(spec)).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_DEPENDENCY" }));
  });
});

describe("describe()", () => {
  it("describe() returns for a tree what describeTree returns for its spec", () => {
    expect(createSupervisor(shop).describe()).toEqual(describeTree(shop));
  });

  it("describe() follows what is added and removed at run time", async () => {
    const [api, worker, cache] = [scripted("api"), scripted("worker"), scripted("cache")];
    const optional = { service: "cache", required: false };
    const { supervisor, start } = createScenario({
      services: [cache.spec, { ...api.spec, dependsOn: [optional] }],
    });
    await start();
    await supervisor.addService({ ...worker.spec, dependsOn: ["api"] });
    expect(supervisor.describe().startOrder).toEqual([["app/cache"], ["app/api"], ["app/worker"]]);
    await supervisor.removeService("cache");
    expect(supervisor.describe().startOrder).toEqual([["app/api"], ["app/worker"]]);
    expect(byName(supervisor.describe().services, "api").dependsOn).toEqual([]);
  });
});

describe("now()", () => {
  it("now() is the time of the clock that updates and statuses are stamped with", async () => {
    const { supervisor, clock, start } = createScenario({ services: [scripted("api").spec] });
    await start();
    await clock.advance(1_500);
    expect(supervisor.now() - supervisor.status("api").since).toBe(1_500);
  });
});

describe("actorsOf()", () => {
  const lamp = setup({}).createMachine({
    id: "lamp",
    initial: "off",
    states: { off: { on: { press: "on" } }, on: {} },
  });

  it("actorsOf() gives the service actor, and for a supervisor the supervisor actor beside it", async () => {
    const { supervisor, start } = createScenario({
      services: [scripted("api").spec, { name: "web", services: [scripted("disk").spec] }],
    });
    await start();
    const values = (path: string) => {
      const { service, supervisor: own } = supervisor.actorsOf(path);
      return [service?.getSnapshot().value ?? null, own?.getSnapshot().value ?? null];
    };
    const up = { lifecycle: "running", health: "healthy" };
    expect(values("app")).toEqual([null, up]);
    expect(values("api")).toEqual([{ running: "healthy" }, null]);
    expect(values("web")).toEqual([{ running: "healthy" }, up]);
  });

  it("actorsOf() gives the user's own actor while its incarnation lives", async () => {
    const { supervisor, start } = createScenario({ services: [{ name: "lamp", actor: lamp }] });
    expect(supervisor.actorsOf("lamp").actor).toBe(null);
    await start();
    const first = supervisor.actorsOf("lamp").actor!;
    first.send({ type: "press" });
    expect(first.getSnapshot().value).toBe("on");
    await supervisor.restartService("lamp");
    expect(supervisor.actorsOf("lamp").actor!.getSnapshot().value).toBe("off");
    await supervisor.stopService("lamp");
    expect(supervisor.actorsOf("lamp").actor).toBe(null);
  });

  it("actorsOf() refuses an unknown path", () => {
    const { supervisor } = createScenario({ services: [] });
    expect(() => supervisor.actorsOf("nothing")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
  });
});
