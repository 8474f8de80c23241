// Throws everywhere: whatever a user's code throws, wherever, the tree stays in a defined state and goes on.
// API.md, section 4 and the fine print; CASES.md 130, 149.

import { describe, expect, it } from "vitest";
import type { Exit, Logger, ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "./fixture.ts";
import { createScenario, rejection, type Scenario, scripted, watch } from "./support.ts";

class OwnError extends TypeError {}

const thrown: [what: string, value: unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a string", "boom"],
  ["a number", 0],
  ["a symbol", Symbol("boom")],
  ["an object", { code: 42 }],
  ["an object without a prototype", Object.create(null)],
  ["a function", () => "boom"],
  [
    "an object whose properties throw",
    new Proxy(
      {},
      {
        get() {
          throw new Error("getter");
        },
        ownKeys() {
          throw new Error("keys");
        },
      },
    ),
  ],
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  ["a thenable that never settles", { then() {} }],
  ["an Error", new Error("boom")],
  ["an Error of its own class", new OwnError("boom")],
  ["a frozen Error", Object.freeze(new Error("boom"))],
  ["an Error with a cause", new Error("boom", { cause: "why" })],
];

const exits = (s: Scenario, path: string) =>
  s.record.updates.flatMap((update): Exit[] =>
    update.type === "status" && update.path === path && update.exit ? [update.exit] : [],
  );

/** An Error is kept as the very same object; anything else becomes an Error with the original as its cause. */
function expectKept(error: unknown, value: unknown): void {
  if (value instanceof Error) return expect(error).toBe(value);
  expect(error).toBeInstanceOf(Error);
  expect(Object.is((error as Error).cause, value)).toBe(true);
  expect("cause" in (error as Error)).toBe(true);
  expect((error as Error).message).not.toBe("");
}

const places: [place: string, spec: (value: unknown) => Partial<ServiceSpec>][] = [
  ["run throws", (value) => ({ run: () => raise(value) })],
  ["run rejects", (value) => ({ run: () => Promise.reject(value) })],
  ["run rejects later", (value) => ({ run: () => Promise.resolve().then(() => raise(value)) })],
  ["start throws", (value) => ({ start: () => raise(value) })],
  ["start rejects", (value) => ({ start: () => Promise.reject(value) })],
  [
    "ctx.fail is given",
    (value) => ({
      run: (ctx) => {
        ctx.fail(value);
        return new Promise<void>((done) => ctx.signal.addEventListener("abort", () => done()));
      },
    }),
  ],
];

function raise(value: unknown): never {
  throw value;
}

describe.each(places)("what %s", (_, toSpec) => {
  it.each(thrown)("is the failure of the incarnation, and the tree goes on: %s", async (_what, value) => {
    const mate = scripted("mate");
    const a: ServiceSpec = {
      name: "a",
      restart: { maxRetries: 1, initialBackoffMs: 10 },
      critical: false,
      ...toSpec(value),
    };
    const s = createScenario({ services: [a, mate.spec] });
    await s.start();
    await s.clock.advance(10);
    expect(exits(s, "app/a")).toHaveLength(2);
    for (const exit of exits(s, "app/a")) {
      expect(exit).toMatchObject({ kind: "failed", cause: "error" });
      expectKept((exit as { error: Error }).error, value);
    }
    const { error } = s.supervisor.status("a");
    expect(error).toMatchObject({ code: "ERR_GAVE_UP" });
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { running: 1, failed: 1 } });
    expectOneStory(s);
    expectHistory(s.record.updates);
  });
});

describe.each([
  ["throws", (value: unknown) => () => raise(value)],
  ["rejects", (value: unknown) => () => Promise.reject(value)],
] as const)("a stop that %s", (_, toStop) => {
  it.each(thrown)("is reported, with the error: %s", async (_what, value) => {
    const s = createScenario({ services: [{ name: "a", start: () => 1, stop: toStop(value) }, scripted("b").spec] });
    await s.start();
    const failure = await rejection(s.supervisor.stop());
    expect(failure).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/a" }] });
    expectKept(failure.errors![0]!.cause, value);
    expect(s.supervisor.status().counts).toMatchObject({ stopped: 1, failed: 1 });
  });
});

describe.each([
  ["readiness", "throws", (value: unknown) => () => raise(value)],
  ["readiness", "rejects", (value: unknown) => () => Promise.reject(value)],
  ["liveness", "throws", (value: unknown) => () => raise(value)],
  ["liveness", "rejects", (value: unknown) => () => Promise.reject(value)],
] as const)("a %s check that %s", (kind, _, toCheck) => {
  it.each(thrown)("is a failed check: %s", async (_what, value) => {
    const a = scripted("a", { critical: false, [kind]: { check: toCheck(value), failureThreshold: 1 } });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    if (kind === "readiness") {
      expect(s.supervisor.status("a")).toMatchObject({ state: "running", phase: "unhealthy" });
      expect(typeof s.supervisor.health().services["app/a"]!.error).toBe("string");
    } else {
      expect(exits(s, "app/a")).toMatchObject([{ kind: "failed", cause: "liveness" }]);
      expectKept(((exits(s, "app/a")[0] as { error: Error }).error as Error).cause, value);
    }
    await s.clock.advance(2_500);
    expect(s.supervisor.status().state).toBe("running");
    expectOneStory(s);
  });
});

describe("a listener", () => {
  it.each(thrown)(
    "that throws or rejects is logged, and harms neither the others nor the tree: %s",
    async (_what, value) => {
      // case 149
      const logged: object[] = [];
      const logger: Logger = {
        debug() {},
        info() {},
        warn() {},
        error: (data) => void logged.push(data),
        child: () => logger,
      };
      const a = scripted("a");
      const s = createScenario({ services: [a.spec] }, { logger });
      const told: string[] = [];
      s.supervisor.on("status", () => raise(value));
      s.supervisor.on("status", () => Promise.reject(value));
      s.supervisor.on("health", async () => raise(value));
      s.supervisor.on("status", ({ path, to }) => void told.push(`${path} ${to}`));
      const reader = s.supervisor.updates();
      await s.start();
      a.fail();
      await s.clock.advance(1_000);
      expect(told.filter((one) => one.startsWith("app/a"))).toEqual([
        "app/a starting",
        "app/a running",
        "app/a backoff",
        "app/a starting",
        "app/a running",
      ]);
      expect(logged.length).toBeGreaterThanOrEqual(10);
      expect((await reader.next()).value).toMatchObject({ seq: 1 });
      await reader.return!();
      expect(s.supervisor.status().state).toBe("running");
    },
  );

  it("that answers with a thenable that throws is logged too", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    s.supervisor.on("status", () => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      then() {
        throw new Error("no");
      },
    }));
    await s.start();
    expect(s.supervisor.status().state).toBe("running");
  });
});

describe("what the tree is made with", () => {
  const failing = () => raise(new Error("no"));
  const asyncFailing = () => Promise.reject(new Error("no")) as unknown as undefined;

  it.each([
    ["throws", { debug: failing, info: failing, warn: failing, error: failing, child: failing }],
    [
      "rejects",
      { debug: asyncFailing, info: asyncFailing, warn: asyncFailing, error: asyncFailing, child: () => silentNot },
    ],
  ] as const)("a logger that %s harms nobody", async (_, logger) => {
    const told: unknown[] = [];
    const a: ServiceSpec = {
      name: "a",
      run: ({ log, signal }) => {
        log.info({}, "up");
        log.child({}).error({}, "up");
        told.push("up");
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      },
    };
    const b = scripted("b", { restart: "never" });
    const s = createScenario(
      { services: [a, b.spec, { name: "c", start: () => 1, stop: failing }] },
      { logger: logger as unknown as Logger },
    );
    s.supervisor.on("status", failing);
    await s.start();
    b.fail();
    await s.clock.advance(1_000);
    expect([told, s.supervisor.status().state]).toEqual([["up"], "running"]);
    expect(await rejection(s.supervisor.stop())).toMatchObject({ code: "ERR_STOP_FAILED" });
  });
  const silentNot: Logger = {
    debug: asyncFailing,
    info: asyncFailing,
    warn: asyncFailing,
    error: asyncFailing,
    child: () => silentNot,
  };

  it("an inspector that throws or rejects harms nobody", async () => {
    let events = 0;
    for (const inspect of [failing, asyncFailing]) {
      const a = scripted("a");
      const counted = () => {
        events++;
        return inspect();
      };
      const s = createScenario(
        { services: [a.spec, { name: "sub", services: [scripted("x").spec] }] },
        { inspect: counted },
      );
      await s.start();
      a.fail();
      await s.clock.advance(1_000);
      expect([a.starts, s.supervisor.status().state]).toEqual([2, "running"]);
    }
    expect(events).toBeGreaterThan(10);
  });

  it("an inspector that calls the handle harms nobody", async () => {
    const a = scripted("a");
    let asked = 0;
    const s: Scenario = createScenario(
      { services: [a.spec] },
      {
        inspect: () => {
          if (s === undefined || asked++ > 500) return;
          s.supervisor.status();
          if (asked === 20) watch(s.supervisor.restartService("a"));
        },
      },
    );
    await s.start().catch(() => {});
    await s.clock.advance(1_000);
    expect(s.supervisor.status().state).toBe("running");
    expectHistory(s.record.updates);
  });
});

describe("getters and answers of the user's", () => {
  it("a health answer that is no boolean and no promise is a pass, whatever it is", async () => {
    for (const answer of [0, "", null, {}, [], "false"]) {
      const a = scripted("a", { readiness: { check: (() => answer) as never, failureThreshold: 1 } });
      const s = createScenario({ services: [a.spec] });
      await s.start();
      expect(s.supervisor.status("a").healthy).toBe(true);
    }
  });

  it("an answer whose then throws counts as a throw", async () => {
    const error = new Error("then");
    const trap = {
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then() {
        return raise(error);
      },
    };
    const services: ServiceSpec[] = [
      { name: "run", run: () => trap, restart: "never" },
      { name: "start", start: () => trap, restart: "never" },
      {
        name: "ready",
        run: scripted("ready").spec.run!,
        readiness: { check: (() => trap) as never, failureThreshold: 1 },
        critical: false,
      },
      { name: "stop", start: () => 1, stop: () => trap as never },
    ];
    const s = createScenario({ services });
    await s.start();
    for (const name of ["run", "start"]) expect((exits(s, `app/${name}`)[0] as { error: Error }).error).toBe(error);
    expect(s.supervisor.status("ready").healthy).toBe(false);
    expect((await rejection(s.supervisor.stop())).errors).toMatchObject([{ path: "app/stop", cause: error }]);
  });

  it("a context that is taken apart works", async () => {
    const told: unknown[] = [];
    let parts: Pick<ServiceContext, "ready" | "fail" | "heartbeat" | "use"> | undefined;
    const a: ServiceSpec = {
      name: "a",
      readyOn: "signal",
      run: ({ name, path, incarnation, signal, ready, heartbeat, fail, use, log }) => {
        told.push(name, path, incarnation, typeof log.info);
        parts = { ready, fail, heartbeat, use };
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      },
    };
    const s = createScenario({ services: [a] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    parts!.heartbeat();
    parts!.ready();
    await s.clock.advance(0);
    expect([told, started.state]).toEqual([["a", "app/a", 1, "function"], "resolved"]);
    parts!.fail("gone");
    await s.clock.advance(0);
    expect(s.supervisor.status("a").state).toBe("backoff");
  });

  it("ready, heartbeat and fail after the end of the incarnation do nothing, ever again", async () => {
    const a = scripted("a", { readyOn: "signal", watchdogMs: 1_000_000 });
    const s = createScenario({ services: [a.spec, scripted("mate").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const old = a.ctx!;
    old.ready();
    a.complete();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
    const before = s.record.updates.length;
    const touch = () => {
      old.ready();
      old.heartbeat();
      old.fail(new Error("late"));
    };
    touch();
    await s.clock.advance(1_000);
    expect(s.record.updates).toHaveLength(before);
    const again = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    touch();
    await s.clock.advance(0);
    expect([again.state, s.supervisor.status("a").phase]).toEqual(["pending", "launching"]);
    a.ready();
    await s.clock.advance(0);
    touch();
    await s.clock.advance(1_000);
    expect([again.state, s.supervisor.status("a").state]).toEqual(["resolved", "running"]);
  });

  it("a second failure while the first is being dealt with does not replace it", async () => {
    const first = new Error("first");
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    a.ctx!.fail(first);
    a.ctx!.fail(new Error("second"));
    await s.clock.advance(0);
    a.fail(new Error("third"));
    await s.clock.advance(0);
    expect(exits(s, "app/a")).toEqual([{ kind: "failed", cause: "error", error: first }]);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(first);
    expect(s.supervisor.status("a").failures).toBe(1);
    a.ignoreStop(false);
  });
});
