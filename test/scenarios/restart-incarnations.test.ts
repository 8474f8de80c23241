// One incarnation after another: never two at once, and what an old one still does changes nothing.

import { describe, expect, it } from "vitest";
import { createSupervisor, type ServiceContext, type ServiceSpec } from "../../src/index.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const boom = new Error("boom");

describe("the old incarnation is over before the delay begins", () => {
  it("the backoff counts from the end of an incarnation that is slow to stop", async () => {
    const ends: (() => void)[] = [];
    let ctx: ServiceContext | undefined;
    const a: ServiceSpec = {
      name: "a",
      start: (given) => {
        ctx = given;
        return "pool";
      },
      stop: () => new Promise<void>((resolve) => ends.push(resolve)),
    };
    const { supervisor, clock, facts, start } = createScenario({ services: [a] });
    await start();
    facts();
    ctx!.fail(boom);
    expect([ctx!.signal.aborted, ends.length]).toEqual([true, 1]);
    await clock.advance(3_000);
    expect(facts("a")).toEqual(["a stopping"]);
    ends[0]!();
    await clock.advance(0);
    expect(facts("a")).toEqual(["a backoff 1000"]);
    expect(supervisor.status("a")).toMatchObject({ since: 3_000, nextAttemptAt: 4_000, error: { message: "boom" } });
    await clock.advance(999);
    expect(supervisor.status("a").incarnation).toBe(1);
    await clock.advance(1);
    expect(facts("a")).toEqual(["a starting", "a running"]);
    const stopped = supervisor.stop();
    await clock.advance(0);
    ends[1]!();
    await stopped;
  });

  it("stop is called once with what start returned, however the incarnation failed", async () => {
    const stopped: unknown[] = [];
    let ctx: ServiceContext | undefined;
    const a: ServiceSpec<string> = {
      name: "a",
      start: (given) => {
        ctx = given;
        return `pool ${given.incarnation}`;
      },
      stop: (value) => void stopped.push(value),
    };
    const { clock, start, stop } = createScenario({ services: [a as ServiceSpec] });
    await start();
    ctx!.fail(boom);
    ctx!.fail(new Error("again"));
    await clock.advance(1_000);
    expect(stopped).toEqual(["pool 1"]);
    await stop();
    expect(stopped).toEqual(["pool 1", "pool 2"]);
  });

  it("the first of two failures counts", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.ignoreStop();
    a.ctx!.fail(boom);
    a.fail(new Error("second"));
    await clock.advance(0);
    expect(supervisor.status("a")).toMatchObject({ state: "backoff", failures: 1, error: { message: "boom" } });
    a.ignoreStop(false);
  });

  it("a stop that throws on the way does not change the cause", async () => {
    const a: ServiceSpec = {
      name: "a",
      start: ({ fail }) => void Promise.resolve().then(() => fail(boom)),
      stop: () => Promise.reject(new Error("stuck")),
      restart: { maxRetries: 0 },
    };
    const { supervisor, clock } = createScenario({ services: [a] });
    void supervisor.start().catch(() => {});
    await clock.advance(0);
    expect(supervisor.status("a").error).toMatchObject({
      code: "ERR_GAVE_UP",
      message: expect.stringContaining("boom"),
    });
  });
});

describe("an incarnation that does not end is left behind", () => {
  async function leaveBehind() {
    const a = scripted("a", { stopTimeoutMs: 400 });
    const scenario = createScenario({ services: [a.spec] });
    await scenario.start();
    const first = a.ctx!;
    a.ignoreStop();
    first.fail(boom);
    await scenario.clock.advance(400);
    a.ignoreStop(false);
    return { a, first, ...scenario };
  }

  it("an incarnation that does not end is reported at its deadline, and the restart goes on", async () => {
    const { a, facts, record, clock, supervisor } = await leaveBehind();
    expect(facts("a").slice(2)).toEqual(["a stopping", "a unstopped", "a backoff 1000"]);
    expect(record.updates.find(({ type }) => type === "unstopped")).toMatchObject({ incarnation: 1, waitedMs: 400 });
    expect(supervisor.status("a")).toMatchObject({ failures: 1, exit: "unstopped" });
    a.complete();
    await clock.advance(0);
  });

  it("what an incarnation that was left behind still does changes nothing", async () => {
    const { a, first, clock, facts, supervisor } = await leaveBehind();
    a.complete(); // before the second one begins, as late
    await clock.advance(1_000);
    const before = supervisor.status("a");
    expect([before.incarnation, a.live]).toEqual([2, 1]);
    facts();
    first.ready();
    first.heartbeat();
    first.fail(new Error("late"));
    await clock.advance(0);
    expect([supervisor.status("a"), facts()]).toEqual([before, []]);
  });

  it.each([
    "completed",
    "failed",
  ] as const)("the end of an incarnation that was left behind is reported as late, %s, and changes nothing", async (outcome) => {
    const late = new Error("late");
    let end: (() => void) | undefined;
    const a: ServiceSpec = {
      name: "a",
      stopTimeoutMs: 400,
      run: ({ incarnation, signal, fail }) =>
        new Promise((resolve, reject) => {
          if (incarnation > 1) return void signal.addEventListener("abort", resolve);
          end = outcome === "completed" ? () => resolve(1) : () => reject(late);
          void Promise.resolve().then(() => fail(boom));
        }),
    };
    const { supervisor, clock, record, start, facts } = createScenario({ services: [a] });
    await start();
    await clock.advance(1_400);
    const before = supervisor.status("a");
    expect(before).toMatchObject({ state: "running", incarnation: 2 });
    facts();
    end!();
    await clock.advance(0);
    expect([supervisor.status("a"), facts()]).toEqual([before, [`a late ${outcome}`]]);
    const update = record.updates.find(({ type }) => type === "late");
    expect(update).toMatchObject({ incarnation: 1, outcome, ...(outcome === "failed" && { error: late }) });
  });
});

it("ready() of an incarnation that is being stopped starts no watchdog, and sends no update", async () => {
  const a = scripted("a", { readyOn: "signal", watchdogMs: 50, stopTimeoutMs: 500, critical: false });
  const { supervisor, clock, facts, start } = createScenario({ services: [a.spec] });
  await start();
  a.ignoreStop();
  const stopped = watch(supervisor.stopService("a"));
  await clock.advance(0);
  a.ready();
  expect(clock.pending).toBe(1); // its stop deadline
  await clock.advance(400);
  a.complete();
  await clock.advance(0);
  expect([stopped.state, facts("a")]).toEqual(["resolved", ["a starting", "a stopping", "a stopped"]]);
});

// Case 143 for the service; case 61.
describe("a stop request wins", () => {
  it("a stop request wins over a backoff: stopped at once, no further start", async () => {
    const a = scripted("a");
    const { supervisor, clock, start, facts } = createScenario({ services: [a.spec] });
    await start();
    a.fail();
    await clock.advance(999);
    await supervisor.stopService("a");
    expect([facts("a").at(-1), clock.pending]).toEqual(["a stopped", 0]);
    await clock.advance(60_000);
    expect([a.starts, supervisor.status("a").nextAttemptAt]).toEqual([1, null]);
  });

  it("a stop request wins over a start in progress", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const { supervisor, clock, facts } = createScenario({ services: [scripted("b").spec, a.spec] });
    void supervisor.start();
    await clock.advance(0);
    await supervisor.stopService("a");
    expect([facts("a"), a.live]).toEqual([["a starting", "a stopping", "a stopped"], 0]);
  });

  it("a stop request wins over a start delay", async () => {
    const a = scripted("a", { startDelayMs: 100 });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(50);
    await supervisor.stopService("a");
    await clock.advance(60_000);
    expect([a.starts, started.state]).toEqual([0, "resolved"]);
  });

  it("a stop request wins over the restart of a service that failed and is still ending", async () => {
    const a = scripted("a");
    const { supervisor, clock, start, facts } = createScenario({ services: [a.spec] });
    await start();
    a.ignoreStop();
    a.ctx!.fail(boom);
    const stopped = watch(supervisor.stopService("a"));
    await clock.advance(100);
    a.complete();
    await clock.advance(60_000);
    expect([stopped.state, a.starts, facts("a").slice(2)]).toEqual(["resolved", 1, ["a stopping", "a stopped"]]);
  });

  it("a stop request wins over a restart by hand", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.ignoreStop();
    const restarted = watch(supervisor.restartService("a"));
    const stopped = watch(supervisor.stop());
    await clock.advance(100);
    a.complete();
    await clock.advance(60_000);
    expect([restarted.error.code, stopped.state, a.starts]).toEqual(["ERR_START_ABORTED", "resolved", 1]);
  });

  it("a stop request wins over a restart that has been announced and has not begun", async () => {
    const a = scripted("a");
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    supervisor.on("status", ({ path, from, to }) => {
      if (path === "app/a" && from === "backoff" && to === "starting") void supervisor.stopService("a");
    });
    a.fail();
    await clock.advance(60_000);
    expect([a.starts, supervisor.status("a").state]).toEqual([1, "stopped"]);
  });

  it("a stop request wins over a start by hand of a service that its group takes down", async () => {
    const [a, b] = [scripted("a"), scripted("b", { readyOn: "signal", critical: false })];
    const { supervisor, clock, start, stop } = createScenario({ services: [a.spec, b.spec], strategy: "one-for-all" });
    await start();
    const started = watch(supervisor.startService("b"));
    a.fail(boom);
    await clock.advance(500);
    expect([supervisor.status("b").state, started.state]).toEqual(["stopped", "pending"]);
    await stop();
    expect(started).toMatchObject({ state: "rejected", error: { code: "ERR_START_ABORTED", path: "app/b" } });
  });

  // A race of an earlier design: the service was live after stop() had resolved.
  it("a stop request wins over a failure of the same turn: once stop() has resolved, nothing is live and nothing comes back", async () => {
    for (const order of ["fail first", "stop first"]) {
      const a = scripted("a", { restart: { initialBackoffMs: 0 } });
      const { supervisor, clock, start } = createScenario({ services: [a.spec] });
      await start();
      if (order === "stop first") a.ignoreStop();
      if (order === "fail first") a.fail(boom);
      const stopped = supervisor.stop();
      if (order === "stop first") a.fail(boom);
      await drive(clock, stopped).catch(() => {});
      expect([a.live, clock.pending], order).toEqual([0, 0]);
      await clock.advance(60_000);
      expect(a.starts, order).toBe(1);
    }
  });
});

describe("a restart never happens in the same turn, however small the backoff", () => {
  const eager = { initialBackoffMs: 0, maxBackoffMs: 0, maxRetries: Number.POSITIVE_INFINITY };

  it.each<[title: string, spec: Partial<ServiceSpec>]>([
    ["run throws", { run: () => fail() }],
    ["run rejects", { run: () => Promise.reject(boom) }],
    ["start throws", { start: () => fail() }],
    ["run returns, under always", { run: () => {}, restart: { ...eager, policy: "always" } }],
    [
      "a supervisor of one that throws",
      { services: [{ name: "b", run: () => fail(), restart: { maxRetries: 0 } }] } as never,
    ],
  ])("%s", async (_title, spec) => {
    let begun = 0;
    const { supervisor, clock } = createScenario({
      services: [{ name: "a", restart: eager, critical: false, ...spec } as ServiceSpec],
    });
    supervisor.on("status", ({ path, to, phase }) => {
      if (path === "app/a" && to === "starting" && phase === "launching") begun++;
    });
    void supervisor.start();
    for (let turn = 1; turn <= 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect([begun, clock.pending]).toEqual([turn, 1]);
      await clock.advanceToNext();
      if (begun === turn) await clock.advanceToNext();
    }
  });

  it("a service that fails at once and for ever leaves timers, I/O and stop() their turn on the real clock", async () => {
    let begun = 0;
    const a: ServiceSpec = { name: "a", run: () => fail(++begun), restart: eager, critical: false };
    const supervisor = createSupervisor({ name: "app", services: [a] });
    await supervisor.start();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(10_000);
    await supervisor.stop();
    const last = begun;
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toBe(last);
  });
});

it("an error that cannot be printed harms nobody", async () => {
  class Unprintable extends Error {
    override get message(): string {
      throw new Error("no message");
    }
    override get name(): string {
      throw new Error("no name");
    }
  }
  const [a, b] = [scripted("a", { restart: { maxRetries: 1 }, critical: false }), scripted("b")];
  const { supervisor, clock, start, record } = createScenario({ services: [a.spec, b.spec] });
  await start();
  for (let attempt = 1; attempt <= 2; attempt++) {
    a.fail(new Unprintable());
    await clock.advance(1_000);
  }
  expect(record.states("a")).toEqual(["starting", "running", "backoff", "starting", "running", "failed"]);
  expect(supervisor.status("a").state).toBe("failed");
  expect(supervisor.health().status).toBe("degraded");
  expect(() => supervisor.explain("a")).not.toThrow();
  expect(b.live).toBe(1);
});

function fail(_begun?: number): never {
  throw boom;
}
