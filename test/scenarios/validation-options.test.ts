// The options of createSupervisor; that a definition is only read; and which of several mistakes is reported first.

import { describe, expect, it } from "vitest";
import { createSupervisor, defineService, defineSupervisor, type SupervisorSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { rejection } from "../support/promises.ts";
import { expectRefusal, refusal, run } from "../support/refusals.ts";
import { createScenario } from "../support/scenario.ts";

const app = { name: "app", services: [{ name: "api", run }] };
const where = "createSupervisor";

describe("options of createSupervisor", () => {
  const log = () => {};
  const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const clock = createSimulatedClock();

  it.each<[title: string, options: unknown, says: string[]]>([
    ["null", null, ["must be an object", "got null"]],
    ["a number", 5, ["must be an object", "got 5 (number)"]],
    ["an array", [], ["must be an object", "got an array of 0"]],
    ["an unknown option", { clok: clock }, ['unknown option "clok"', 'did you mean "clock"?']],
    ["a clock of null", { clock: null }, ["clock", "got"]],
    ["a clock that is a function", { clock: Date.now }, ["clock.now must be a function", "got"]],
    ["a clock without now", { clock: { ...clock, now: undefined } }, ["clock.now must be a function", "undefined"]],
    ["a clock without setTimeout", { clock: { now: log, clearTimeout: log } }, ["clock.setTimeout must be a function"]],
    [
      "a clock without clearTimeout",
      { clock: { now: log, setTimeout: log } },
      ["clock.clearTimeout must be a function"],
    ],
    ["a logger of null", { logger: null }, ["logger", "got"]],
    ["a logger that is a function", { logger: log }, ["logger.debug must be a function"]],
    ...(["debug", "info", "warn", "error", "child"] as const).map((level): [string, unknown, string[]] => [
      `a logger without ${level}`,
      { logger: { ...logger, [level]: undefined } },
      [`logger.${level} must be a function`, "got undefined"],
    ]),
    ["a random number", { random: 0.5 }, ["random must be a function", "got 0.5 (number)"]],
    ["a random of null", { random: null }, ["random must be a function", "got null"]],
    [
      "an inspector that is an object without next",
      { inspect: { nxt: log } },
      ["inspect must be a function, or an observer with `next`", "an object with nxt"],
    ],
  ])("createSupervisor refuses wrong options: %s", (_title, options, says) => {
    expectRefusal(refusal(app, options), "ERR_INVALID_SPEC", where, ...says);
  });

  it("options that are undefined count as not given", () => {
    const options = { clock: undefined, logger: undefined, random: undefined, inspect: undefined };
    expect(() => createSupervisor(app, options as never)).not.toThrow();
    expect(() => createSupervisor(app, undefined)).not.toThrow();
    expect(() => createSupervisor(app, { logger, clock })).not.toThrow();
  });
});

describe("a definition is only read", () => {
  function deepFreeze<T>(value: T): T {
    if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
    for (const inner of Object.values(value)) deepFreeze(inner);
    return Object.freeze(value);
  }

  const counted = { starts: 0 };
  const hold = ({ signal }: { signal: AbortSignal }) =>
    new Promise((resolve) => {
      counted.starts++;
      signal.addEventListener("abort", resolve);
    });
  const db = { name: "db", run: hold };
  const tree = (): SupervisorSpec => ({
    name: "app",
    intensity: { maxRestarts: 3, withinMs: 1_000 },
    services: [
      db,
      { name: "api", run: hold, dependsOn: [{ service: db, condition: "started" }], restart: { maxRetries: 1 } },
      { name: "web", services: [{ name: "proxy", run: hold, meta: { port: 80 } }] },
    ],
  });

  it("a frozen definition builds, runs and stops", async () => {
    const { start, stop, supervisor } = createScenario(deepFreeze(tree()));
    await start();
    expect(supervisor.health().healthy).toBe(true);
    await stop();
  });

  it("a definition is unchanged after a whole run", async () => {
    const given = tree();
    const before = structuredClone(JSON.parse(JSON.stringify(given)));
    const { start, stop } = createScenario(given);
    await start();
    await stop();
    expect(JSON.parse(JSON.stringify(given))).toEqual(before);
    expect(given.services[0]).toBe(db);
  });

  it("defineService and defineSupervisor return a definition unchanged, and check nothing", () => {
    const service = { name: "", nonsense: true } as never;
    expect(defineService(service)).toBe(service);
    expect(defineSupervisor(service)).toBe(service);
  });

  it("two trees of the same definition know nothing of each other", async () => {
    const given = deepFreeze(tree());
    const [one, two] = [createScenario(given), createScenario(given)];
    counted.starts = 0;
    await one.start();
    expect(counted.starts).toBe(3);
    expect(two.supervisor.status().state).toBe("stopped");
    expect(two.record.updates).toEqual([]);
    await two.start();
    expect(counted.starts).toBe(6);
    await one.stop();
    expect(two.supervisor.status().state).toBe("running");
    await two.stop();
  });

  it("building a tree starts nothing, sets no timer and sends no update", async () => {
    counted.starts = 0;
    const { clock, record, supervisor } = createScenario(tree());
    await clock.advance(60_000);
    expect([counted.starts, clock.pending, record.updates.length]).toEqual([0, 0, 0]);
    expect(supervisor.status()).toMatchObject({ state: "stopped", incarnation: 0, error: null, exit: null });
  });
});

describe("what is accepted", () => {
  it.each<[title: string, spec: SupervisorSpec]>([
    ["no services", { name: "app", services: [] }],
    ["a nested supervisor without services", { name: "app", services: [{ name: "web", services: [] }] }],
    ["a name of 128 characters", { name: "x".repeat(128), services: [] }],
    ["a name of every kind of character", { name: "aZ09_.-", services: [] }],
    ["names that JavaScript knows", { name: "__proto__", services: [{ name: "constructor", run }] }],
    ["the same name on two levels", { name: "a", services: [{ name: "a", services: [{ name: "a", run }] }] }],
    [
      "a service that is a class's instance",
      {
        name: "app",
        services: [
          new (class {
            name = "api";
            run() {}
          })(),
        ],
      },
    ],
  ])("%s", (_title, spec) => {
    expect(() => createSupervisor(spec)).not.toThrow();
  });

  it("names of Object.prototype are found and reported like any other", async () => {
    const hold = () => new Promise<void>(() => {});
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const { supervisor, start } = createScenario({
      services: names.map((name) => ({ name, run: hold, stopTimeoutMs: 0, dependsOn: [] })),
    });
    await start();
    expect(Object.keys(supervisor.health().services)).toEqual(names.map((name) => `app/${name}`));
    for (const name of names) expect(supervisor.status(name).state).toBe("running");
    expect(() => supervisor.status("valueOf")).toThrow("valueOf");
  });

  it("two hundred levels of supervisors start and stop", async () => {
    let spec: SupervisorSpec = {
      name: "leaf",
      services: [{ name: "api", run: ({ signal }) => new Promise((r) => signal.addEventListener("abort", r)) }],
    };
    for (let level = 0; level < 200; level++) spec = { name: `l${level}`, services: [spec] };
    const { start, stop, supervisor } = createScenario({ services: [spec] });
    await start();
    expect(supervisor.health().healthy).toBe(true);
    await stop();
  });
});

describe("addService refuses what createSupervisor refuses", () => {
  it.each<[title: string, spec: unknown, code: string]>([
    ["no object", null, "ERR_INVALID_SPEC"],
    ["no body", { name: "x" }, "ERR_INVALID_SPEC"],
    ["an empty name", { name: "", run }, "ERR_INVALID_SPEC"],
    ["an unknown option", { name: "x", run, restarts: 1 }, "ERR_INVALID_SPEC"],
    ["a bad number", { name: "x", run, startDelayMs: -1 }, "ERR_INVALID_SPEC"],
    ["an unknown dependency", { name: "x", run, dependsOn: ["y"] }, "ERR_UNKNOWN_DEPENDENCY"],
    ["a dependency on itself", { name: "x", run, dependsOn: ["x"] }, "ERR_DEPENDENCY_CYCLE"],
    ["a significant one", { name: "x", run, significant: true }, "ERR_INVALID_SPEC"],
    ["a cycle inside", { name: "x", services: [{ name: "a", run, dependsOn: ["a"] }] }, "ERR_DEPENDENCY_CYCLE"],
  ])("%s", async (_title, spec, code) => {
    const { start, supervisor } = createScenario({ services: [] });
    await start();
    expect((await rejection(supervisor.addService(spec as never))).code).toBe(code);
    expect(supervisor.status().services).toEqual([]);
  });
});
