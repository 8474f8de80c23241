// Dependencies beyond hope: a required one fails its dependants, with the chain of causes; an optional one lets them
// start.

import { describe, expect, it } from "vitest";
import type { RunServiceSpec, ServiceSpec, SupervisorError } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** Every way in which a dependency is over for good, and the conditions that are hopeless then. */
const ends: [how: string, spec: Partial<ServiceSpec>, end: "fail" | "complete", hopeless: string[]][] = [
  ["failed for good", { restart: "never" }, "fail", ["started", "healthy", "completed"]],
  ["gave up", { restart: { maxRetries: 0 }, critical: false }, "fail", ["started", "healthy", "completed"]],
  ["completed", { critical: false }, "complete", ["started", "healthy"]],
  [
    "was stopped for good by its decide",
    { restart: { decide: () => "stop" }, critical: false },
    "fail",
    ["started", "healthy", "completed"],
  ],
];

describe.each(ends)("a dependency that %s", (_, spec, end, hopeless) => {
  it.each(["started", "healthy", "completed"] as const)("while a service waits for it to be %s", async (condition) => {
    const db = scripted("db", { ...spec, readyOn: "signal" } as Partial<RunServiceSpec>);
    const needy = scripted("needy", { dependsOn: [{ service: "db", condition }], critical: false });
    const easy = scripted("easy", { dependsOn: [{ service: "db", condition, required: false }], critical: false });
    const s = createScenario({ services: [db.spec, needy.spec, easy.spec, scripted("x").spec] });
    await s.start();
    expect([needy.starts, easy.starts]).toEqual([0, 0]);
    db[end]();
    await s.clock.advance(0);
    expectOneStory(s);
    const isHopeless = hopeless.includes(condition);
    expect([needy.starts, easy.starts]).toEqual([isHopeless ? 0 : 1, 1]);
    if (isHopeless) {
      expect(s.supervisor.status("needy")).toMatchObject({
        state: "failed",
        exit: "failed",
        incarnation: 0,
        error: { code: "ERR_DEPENDENCY_FAILED" },
      });
    }
    expectHistory(s.record.updates);
  });
});

it('the failure of a dependant names what it waited for, carries its cause, and has the cause "dependency"', async () => {
  const error = new Error("disk full");
  const db = scripted("db", { readyOn: "signal", restart: "never" });
  const api = scripted("api", { dependsOn: ["db"], critical: false });
  const s = createScenario({ services: [db.spec, api.spec] });
  await s.start();
  db.fail(error);
  await s.clock.advance(0);
  const last = s.record.updates.findLast(({ path }) => path === "app/api") as unknown as {
    exit: { kind: string; cause: string; error: SupervisorError };
  };
  expect(last.exit).toMatchObject({
    kind: "failed",
    cause: "dependency",
    error: { code: "ERR_DEPENDENCY_FAILED", path: "app/api", message: expect.stringMatching(/app\/db.*disk full/) },
  });
  expect(last.exit.error.cause).toBe(error);
});

it("a service that depends on a hopeless one is hopeless itself, however long the chain, with the chain of causes", async () => {
  // case 102
  const error = new Error("disk full");
  const specs = [
    scripted("a", { readyOn: "signal", restart: "never" }),
    scripted("b", { dependsOn: ["a"], critical: false }),
    scripted("c", { dependsOn: ["b"], critical: false }),
    scripted("d", { dependsOn: [{ service: "c", condition: "completed" }], critical: false }),
    scripted("e", { dependsOn: [{ service: "d", required: false }], critical: false }),
  ];
  const s = createScenario({ services: specs.map(({ spec }) => spec).reverse() });
  await s.start();
  s.facts();
  specs[0]!.fail(error);
  await s.clock.advance(0);
  expect(s.facts()).toEqual(["a failed", "b failed", "c failed", "d failed", "e running"]);
  const exits = s.record.updates.flatMap((update) =>
    update.type === "status" && update.exit?.kind === "failed" ? [update.exit.error] : [],
  );
  const chain: unknown[] = [];
  for (let at: unknown = exits.find((one) => (one as SupervisorError).path === "app/d"); at; at = (at as Error).cause)
    chain.push(at);
  expect(chain.map((one) => (one as SupervisorError).path)).toEqual(["app/d", "app/c", "app/b", undefined]);
  expect(chain.at(-1)).toBe(error);
});

it("start() fails with the dependant's error when a critical dependant is hopeless", async () => {
  const db = scripted("db", { restart: "never" });
  const api = scripted("api", { dependsOn: [{ service: "db", condition: "completed" }] });
  const s = createScenario({ services: [db.spec, api.spec, scripted("x").spec] });
  const started = rejection(s.supervisor.start());
  await s.clock.advance(0);
  db.fail(new Error("disk full"));
  await s.clock.advance(0);
  const error = await started;
  expect(error).toMatchObject({ code: "ERR_START_FAILED", cause: { code: "ERR_DEPENDENCY_FAILED", path: "app/api" } });
  expect(s.supervisor.status().counts).toMatchObject({ running: 0, starting: 0 });
});

it("a dependant waits for a dependency that was stopped by hand", async () => {
  const db = scripted("db", { readyOn: "signal", critical: false });
  const api = scripted("api", { dependsOn: ["db"], critical: false });
  const s = createScenario({ services: [db.spec, api.spec] });
  await s.start();
  await s.supervisor.stopService("db");
  await s.clock.advance(60_000);
  expect(s.supervisor.status("api")).toMatchObject({ state: "starting", phase: "waiting", waitingFor: ["app/db"] });
  expect(s.supervisor.explain("api").waitingFor[0]!.because).toMatch(/stopped by hand/);
  const restarted = watch(s.supervisor.startService("db"));
  await s.clock.advance(0);
  db.ready();
  await s.clock.advance(0);
  expect([restarted.state, api.starts]).toEqual(["resolved", 1]);
});

it("a hopeless service can be started by hand once there is hope again, and waits", async () => {
  const db = scripted("db", { restart: "never", readyOn: "signal" });
  const api = scripted("api", { dependsOn: ["db"], critical: false });
  const s = createScenario({ services: [db.spec, api.spec] });
  await s.start();
  db.fail();
  await s.clock.advance(0);
  expect((await rejection(s.supervisor.startService("api"))).cause).toMatchObject({ code: "ERR_DEPENDENCY_FAILED" });
  const both = [watch(s.supervisor.startService("db")), watch(s.supervisor.startService("api"))];
  await s.clock.advance(1_000);
  expect(s.supervisor.status("api")).toMatchObject({ phase: "waiting", exit: "failed" });
  db.ready();
  await s.clock.advance(0);
  expect(both.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
  expect(api.starts).toBe(1);
});

it("a running dependant outlives a dependency that failed for good, and fails when it restarts", async () => {
  const db = scripted("db", { restart: "never" });
  const api = scripted("api", { dependsOn: ["db"], critical: false });
  const s = createScenario({ services: [db.spec, api.spec] });
  await s.start();
  db.fail();
  await s.clock.advance(60_000);
  expect(s.supervisor.status("api").state).toBe("running");
  api.fail();
  await s.clock.advance(1_000);
  expect(s.supervisor.status("api")).toMatchObject({ state: "failed", error: { code: "ERR_DEPENDENCY_FAILED" } });
  expect(api.starts).toBe(1);
});

it("removing an optional dependency lets the services start that wait for it", async () => {
  const db = scripted("db", { readyOn: "signal", critical: false });
  const api = scripted("api", { dependsOn: [{ service: "db", required: false }], critical: false });
  const s = createScenario({ services: [db.spec, api.spec] });
  await s.start();
  expect(api.starts).toBe(0);
  await s.supervisor.removeService("db");
  await s.clock.advance(0);
  expect(api.starts).toBe(1);
});
