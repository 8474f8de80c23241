// Which ends are followed by a restart: each policy with each kind of end.

import { describe, expect, it } from "vitest";
import { fromCallback, fromPromise, setup } from "xstate";
import type { RestartPolicy, ServiceContext, ServiceSpec, Update } from "../../src/index.ts";
import { createKeepingLogger } from "../support/logger.ts";
import { rejection } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

const boom = new Error("boom");
const policies: readonly RestartPolicy[] = ["always", "on-failure", "never"];

/** The update with which an incarnation of "a" ended last. */
function lastExit({ record }: Scenario): Extract<Update, { type: "status" }>["exit"] {
  const update = record.updates.findLast((one) => one.type === "status" && one.exit && one.path === "app/a");
  return update?.type === "status" ? update.exit : undefined;
}

describe("policy x end", () => {
  it.each<[policy: RestartPolicy, end: "completed" | "failed", then: string[], afterwards: string[]]>([
    ["always", "completed", ["a backoff 1000"], ["a starting", "a running"]], //    case 26
    ["always", "failed", ["a backoff 1000"], ["a starting", "a running"]],
    ["on-failure", "completed", ["a stopped"], []], //                              cases 29, 65
    ["on-failure", "failed", ["a backoff 1000"], ["a starting", "a running"]], //   case 31
    ["never", "completed", ["a stopped"], []],
    ["never", "failed", ["a failed"], []], //                                       case 33
  ])("%s, %s: %j", async (policy, end, then, afterwards) => {
    const a = scripted("a", { restart: policy });
    const { clock, facts, start } = createScenario({ services: [a.spec] });
    await start();
    facts();
    if (end === "completed") a.complete();
    else a.fail();
    await clock.advance(0);
    expect(facts("a")).toEqual(then);
    await clock.advance(60_000);
    expect(facts("a")).toEqual(afterwards);
  });

  // Cases 27 and 30: an end that was asked for is never followed by a restart.
  it.each(policies)("%s, stopped by hand: it stays stopped, and a start by hand works", async (restart) => {
    const a = scripted("a", { restart });
    const { supervisor, clock, facts, start } = createScenario({ services: [a.spec] });
    await start();
    await supervisor.stopService("a");
    await clock.advance(600_000);
    expect([a.starts, facts("a").at(-1), supervisor.status("a").exit]).toEqual([1, "a stopped", "stopped"]);
    await supervisor.startService("a");
    expect([a.live, supervisor.status("a")]).toMatchObject([1, { incarnation: 2, restarts: 0 }]);
  });

  it.each(policies)("%s, stopped by hand and overrunning its deadline: failed, not restarted", async (restart) => {
    const a = scripted("a", { restart });
    a.ignoreStop();
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    const stopped = rejection(supervisor.stopService("a"));
    await clock.advance(600_000);
    expect((await stopped).code).toBe("ERR_STOP_FAILED");
    expect(supervisor.status("a")).toMatchObject({
      state: "failed",
      exit: "unstopped",
      error: { code: "ERR_UNSTOPPED" },
    });
    expect([a.starts, supervisor.status().state]).toEqual([1, "running"]);
    a.complete();
  });

  // Case 29.
  it("a completed service stays in the counts with nothing live, and can be started by hand", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.complete("done");
    await clock.advance(0);
    expect(supervisor.status().counts).toEqual({
      stopped: 1,
      starting: 0,
      running: 0,
      stopping: 0,
      backoff: 0,
      failed: 0,
    });
    expect(supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed", error: null, failures: 0 });
    await supervisor.startService("a");
    expect(a.live).toBe(1);
  });

  // Case 33: it stays, failed, until it is removed; then the name is free.
  it("a never service that failed stays failed, and its name is free once it is removed", async () => {
    const a = scripted("a", { restart: "never" });
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.fail(boom);
    await clock.advance(0);
    expect(supervisor.status("a")).toMatchObject({ state: "failed", exit: "failed", error: { message: "boom" } });
    expect((await rejection(supervisor.addService(a.spec))).code).toBe("ERR_DUPLICATE_NAME");
    await supervisor.removeService("a");
    await supervisor.addService(a.spec);
    expect([a.live, supervisor.status("a").incarnation]).toEqual([1, 1]);
  });

  // Case 34.
  it.each([
    "always",
    "on-failure",
  ] as const)("%s, stopped by hand: its name is taken, a restart by hand works", async (restart) => {
    const a = scripted("a", { restart });
    const { supervisor, start } = createScenario({ services: [a.spec] });
    await start();
    await supervisor.stopService("a");
    expect(await rejection(supervisor.addService(a.spec))).toMatchObject({
      code: "ERR_DUPLICATE_NAME",
      path: "app/a",
    });
    await supervisor.restartService("a");
    expect(a.live).toBe(1);
  });

  // Case 49.
  it("a start by hand does nothing to a running service, and an unknown service is not found", async () => {
    const a = scripted("api");
    const { supervisor, facts, start } = createScenario({ services: [a.spec] });
    await start();
    facts();
    await supervisor.startService("api");
    expect([a.starts, facts()]).toEqual([1, []]);
    const error = await rejection(supervisor.restartService("apo"));
    expect(error).toMatchObject({ code: "ERR_UNKNOWN_SERVICE" });
    expect(error.message).toContain('"api"');
  });
});

describe("the ways to fail", () => {
  const abort = new DOMException("another operation was aborted", "AbortError");
  const late = (act: (ctx: ServiceContext) => void) => (ctx: ServiceContext) => {
    void Promise.resolve().then(() => act(ctx));
    return new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  };
  const throwing = setup({
    actions: {
      throw: () => {
        throw boom;
      },
    },
  }).createMachine({ entry: "throw" });

  const ways: [title: string, body: Partial<ServiceSpec>, error: Error][] = [
    ["run rejects", { run: () => Promise.reject(boom) }, boom],
    ["run throws", { run: () => fail(boom) }, boom],
    ["start rejects", { start: () => Promise.reject(boom) }, boom],
    ["start throws", { start: () => fail(boom) }, boom],
    ["ctx.fail from a callback of run", { run: late((ctx) => ctx.fail(boom)) }, boom],
    ["ctx.fail from a callback of start", { start: (ctx) => void Promise.resolve().then(() => ctx.fail(boom)) }, boom],
    ["ctx.fail before run returns", { run: (ctx) => ctx.fail(boom) }, boom],
    // Case 39: the abort of something else, while its own signal is live, is a failure like any other.
    ["run rejects with a foreign AbortError", { run: () => Promise.reject(abort) }, abort],
    ["start rejects with a foreign AbortError", { start: () => Promise.reject(abort) }, abort],
    ["an actor's promise rejects", { actor: fromPromise(() => Promise.reject(boom)) }, boom],
    ["an actor's callback throws", { actor: fromCallback(() => fail(boom)) }, boom],
    ["an actor's machine throws", { actor: throwing }, boom],
  ];

  it.each(ways)("%s: failed, with the very same error, and restarted", async (_title, body, error) => {
    const scenario = createScenario({ services: [{ name: "a", ...body } as ServiceSpec] });
    const { clock, record, supervisor } = scenario;
    void supervisor.start().catch(() => {});
    await clock.advance(0);
    const exit = lastExit(scenario);
    expect(exit).toEqual({ kind: "failed", error, cause: "error" });
    expect(exit).toHaveProperty("error", error);
    expect(record.states("a").at(-1)).toBe("backoff");
    await clock.advance(1_000);
    expect(supervisor.status("a")).toMatchObject({ incarnation: 2, restarts: 1 });
  });

  it.each<[title: string, thrown: unknown, message: RegExp]>([
    ["a string", "no disk", /no disk/],
    ["undefined", undefined, /undefined/],
    ["an object", { status: 503 }, /status/],
  ])("a thrown value that is not an Error becomes one, with the original as its cause: %s", async (_title, thrown, message) => {
    const a = scripted("a", { restart: "never" });
    const scenario = createScenario({ services: [a.spec] });
    await scenario.start();
    a.ctx!.fail(thrown);
    await scenario.clock.advance(0);
    const exit = lastExit(scenario) as { kind: "failed"; error: Error };
    expect(exit.kind).toBe("failed");
    expect(exit.error).toBeInstanceOf(Error);
    expect(exit.error.message).toMatch(message);
    expect("cause" in exit.error && exit.error.cause).toBe(thrown);
  });
});

describe("the ways to complete", () => {
  const ways: [title: string, body: Partial<ServiceSpec>][] = [
    ["run returns", { run: () => 42 }],
    ["run resolves", { run: async () => 42 }],
    ["an actor's promise resolves", { actor: fromPromise(async () => 42) }],
    [
      "an actor's machine is final",
      { actor: setup({}).createMachine({ initial: "x", states: { x: { type: "final" } }, output: () => 42 }) },
    ],
  ];

  it.each(ways)("%s: completed, with its value", async (_title, body) => {
    const scenario = createScenario({ services: [{ name: "a", ...body } as ServiceSpec] });
    await scenario.start();
    await scenario.clock.advance(0);
    expect(lastExit(scenario)).toEqual({ kind: "completed", value: 42 });
    expect(scenario.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed" });
  });

  it("a service whose start resolved is up, and does not complete", async () => {
    const { supervisor, clock, start } = createScenario({
      services: [{ name: "a", start: () => 42, restart: "always" }],
    });
    await start();
    await clock.advance(600_000);
    expect(supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1 });
  });
});

it("a failure is logged where it is seen, with its path and the error itself", async () => {
  const { logger, entries } = createKeepingLogger();
  const a = scripted("a", { restart: { maxRetries: 1 }, critical: false });
  const { clock, start } = createScenario({ services: [a.spec] }, { logger });
  await start();
  a.fail(boom);
  await clock.advance(1_000);
  a.fail(boom);
  await clock.advance(0);
  expect(entries.filter(({ level }) => level === "warn" || level === "error")).toMatchObject([
    { level: "warn", data: { path: "app/a", err: boom } },
    { level: "error", data: { path: "app/a", err: { code: "ERR_GAVE_UP", cause: boom } } },
  ]);
});

// Changes of a removed service once reached its former dependants, and one that restarted with its group waited for ever.
it("no service waits any longer for a dependency that is removed while the group restarts, added again or not", async () => {
  for (const again of [false, true]) {
    const a = scripted("a", { critical: false });
    const b = scripted("b", { dependsOn: [{ service: "a", required: false }] });
    const { supervisor, clock, start } = createScenario({ services: [a.spec, b.spec], strategy: "one-for-all" });
    await start();
    a.fail();
    await clock.advance(500);
    await supervisor.removeService("a");
    if (again) await supervisor.addService(a.spec);
    await clock.advance(500);
    expect([supervisor.status("b").state, b.starts, a.live]).toEqual(["running", 2, again ? 1 : 0]);
  }
});

function fail(error: Error): never {
  throw error;
}
