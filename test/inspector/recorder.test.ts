// What the inspector records of a tree, and that recording does not disturb the tree.

import { describe, expect, it, vi } from "vitest";
import { fromCallback, setup } from "xstate";
import { createSupervisor, type ServiceStatus, type Supervisor, type TreeStatus } from "../../src/index.ts";
import { type Included, Recorder } from "../../src/inspector/record/recorder.ts";
import { copyMoment, fold, toMoment } from "../../src/inspector/shared/history.ts";
import type { Entry } from "../../src/inspector/shared/protocol.ts";
import { drive } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

interface Options {
  historySize?: number;
  messages?: boolean;
  include?: Included[];
}

function record(supervisor: Supervisor, { historySize = 10_000, messages = true, include = [] }: Options = {}) {
  return new Recorder(supervisor, { historySize, messages, include: new Set(include) });
}

function flatten(status: ServiceStatus | TreeStatus): ServiceStatus[] {
  return [status, ...("services" in status ? status.services.flatMap(flatten) : [])];
}

const isKind =
  <Kind extends Entry["kind"]>(kind: Kind) =>
  (entry: Entry): entry is Extract<Entry, { kind: Kind }> =>
    entry.kind === kind;

/** The messages of a history, as short words. */
function messagesOf(recorder: Recorder, path: string): string[] {
  return recorder.ring
    .after(0)
    .filter(isKind("message"))
    .filter((entry) => entry.path === path)
    .map(({ from, type, detail }) => [from || "outside", type, detail].filter(Boolean).join(" "));
}

/** A tree that has had some trouble. */
async function createTroubled(options: Options = {}) {
  const [database, api, worker] = [scripted("database"), scripted("api"), scripted("worker")];
  const scenario = createScenario({
    services: [
      { name: "data", services: [database.spec], strategy: "one-for-all" },
      { ...api.spec, dependsOn: ["data"], restart: { maxRetries: 1, initialBackoffMs: 100 }, critical: false },
      worker.spec,
    ],
  });
  const recorder = record(scenario.supervisor, options);
  await scenario.start();
  await scenario.clock.advance(250);
  worker.fail(new Error("the line went dead"));
  await scenario.clock.advance(1_500);
  database.fail(new Error("out of disk"));
  await scenario.clock.advance(3_000);
  api.fail(new Error("first"));
  await scenario.clock.advance(150);
  api.fail(new Error("second"));
  await scenario.clock.advance(10);
  return { ...scenario, recorder, worker };
}

describe("a recording", () => {
  it("has at its end what the status has of every service", async () => {
    const { supervisor, recorder } = await createTroubled();
    for (const status of flatten(supervisor.status())) {
      const { path, kind, state, phase, incarnation, restarts, since, startedAt, nextAttemptAt, exit } = status;
      const isRoot = path === supervisor.name;
      expect(recorder.live.rows.get(path)).toMatchObject({
        ...{ path, kind, state, phase, incarnation, since, startedAt, nextAttemptAt, exit },
        ...(!isRoot && { restarts, failures: status.failures }),
      });
    }
  });

  it("is what its base becomes by its facts", async () => {
    const { recorder } = await createTroubled();
    const { base, entries } = recorder.record();
    const moment = toMoment(JSON.parse(JSON.stringify(base)));
    for (const entry of JSON.parse(JSON.stringify(entries)) as Entry[]) fold(moment, entry);
    expect(moment).toEqual(recorder.live);
  });

  it("keeps as many facts as its size, and folds the others into its base", async () => {
    const { recorder } = await createTroubled({ historySize: 20 });
    const { ring, live } = recorder;
    expect(ring.head).toBeGreaterThan(40);
    expect(ring.base.n).toBe(ring.head - 20);
    const moment = copyMoment(ring.base);
    for (const entry of ring.after(ring.base.n)) fold(moment, entry);
    expect(moment).toEqual(live);
  });

  it("gives each fact as it was, whichever fact was in its slot before", async () => {
    const { supervisor, clock, worker } = await createTroubled();
    const [large, small] = [record(supervisor), record(supervisor, { historySize: 7 })];
    const kinds = new Set<string>();
    for (const happen of [
      () => worker.fail(new Error("once")),
      () => clock.advance(10_000),
      () => worker.complete(),
      () => supervisor.startService("worker"),
      () => worker.fail(new Error("twice")),
      () => supervisor.stopService("worker"),
      () => supervisor.removeService("worker"),
      () => supervisor.stop(),
    ]) {
      await happen();
      await clock.advance(1);
      const told = small.ring.after(0);
      expect(told).toStrictEqual(large.ring.after(large.ring.head - 7));
      for (const { kind } of told) kinds.add(kind);
    }
    expect([...kinds].sort()).toEqual(["health", "message", "removed", "status", "step"]);
  });

  it("numbers its facts without a gap", async () => {
    const { recorder } = await createTroubled();
    const numbers = recorder.ring.after(0).map(({ n }) => n);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it("begins with the tree as it is, when the tree runs already", async () => {
    const { supervisor, start } = createScenario({ services: [scripted("api").spec] });
    await start();
    const recorder = record(supervisor);
    expect(recorder.live.rows.get("app/api")).toMatchObject({ state: "running", phase: "healthy", incarnation: 1 });
    expect(recorder.live.charts.get("supervisor app")).toMatchObject({
      value: { lifecycle: "running", health: "healthy" },
    });
  });

  // Case H12.
  it("is cut where an error from before the recording is long", async () => {
    const error = new Error("x".repeat(1_000_000));
    const supervisor = createSupervisor({
      name: "app",
      services: [{ name: "a", start: () => Promise.reject(error), restart: "never", critical: false }],
    });
    await supervisor.start();
    await vi.waitFor(() => expect(supervisor.status("a").state).toBe("failed"));
    const recorder = record(supervisor);
    expect(JSON.stringify(recorder.record()).length).toBeLessThan(100_000);
    recorder.close();
    await supervisor.stop();
  });

  it("has one chart for all actors that are not machines, however many come and go", async () => {
    const { supervisor, start, clock } = createScenario({ services: [scripted("api").spec] });
    const recorder = record(supervisor);
    await start();
    for (let i = 0; i < 10; i++) {
      const added = supervisor.addService({ name: `job-${i}`, actor: fromCallback(() => {}) });
      await clock.advance(0);
      await added;
      await supervisor.removeService(`job-${i}`);
    }
    expect(Object.keys(recorder.chartsBeside(new Set()))).toEqual(["service", "supervisor", "actor"]);
  });

  it("ends when it is closed", async () => {
    const { recorder, worker, clock } = await createTroubled();
    const { head } = recorder.ring;
    recorder.close();
    worker.fail();
    await clock.advance(5_000);
    expect(recorder.ring.head).toBe(head);
  });

  it("has additions and removals when they happen, without a viewer too", async () => {
    const { supervisor, recorder } = await createTroubled();
    recorder.isTreeStale = false;
    await supervisor.addService(scripted("cache").spec);
    expect([recorder.isTreeStale, recorder.live.rows.has("app/cache")]).toEqual([true, true]);
    recorder.isTreeStale = false;
    await supervisor.removeService("cache");
    expect([recorder.isTreeStale, recorder.live.rows.has("app/cache")]).toEqual([true, false]);
    expect(recorder.ring.after(0).at(-1)).toMatchObject({ kind: "removed", path: "app/cache" });
  });

  it("has the chart of a supervisor that was added and has not begun", async () => {
    const { supervisor, start, clock } = createScenario({ services: [scripted("api").spec] });
    const recorder = record(supervisor);
    await start();
    const added = supervisor.addService({ name: "late", startDelayMs: 60_000, services: [scripted("a").spec] });
    added.catch(() => {});
    await clock.advance(0);
    const { rows, charts } = recorder.live;
    expect(rows.get("app/late")).toMatchObject({ kind: "supervisor", state: "starting" });
    expect(charts.get("supervisor app/late")).toMatchObject({ value: { lifecycle: "stopped", health: "unhealthy" } });
    await drive(clock, supervisor.removeService("late"));
    const steps = recorder.ring.after(0).filter(isKind("step"));
    expect(steps.filter(({ path }) => path === "app/late")).toHaveLength(1);
  });

  it("does not bring back what was removed while its code ran on", async () => {
    const { supervisor, recorder, clock } = await createTroubled();
    let end = () => {};
    const run = () => new Promise<void>((resolve) => (end = resolve));
    await drive(clock, supervisor.addService({ name: "deaf", stopTimeoutMs: 0, run }));
    await drive(clock, supervisor.removeService("deaf"));
    end();
    await clock.advance(0);
    expect(recorder.ring.after(0).at(-1)).toMatchObject({ kind: "late", path: "app/deaf" });
    expect(recorder.live.rows.has("app/deaf")).toBe(false);
  });
});

describe("the messages of a recording", () => {
  it("name who sent them", async () => {
    const { recorder } = await createTroubled();
    expect(messagesOf(recorder, "app")).toEqual(["outside supervisor.start", "app/api child.failed"]);
    expect(messagesOf(recorder, "app/worker")).toEqual([
      "app service.start by supervisor",
      "app/worker unit.ready",
      "app/worker unit.ended failed",
      "app/worker xstate.after.backoff.service.backoff.counting",
      "app/worker unit.ready",
    ]);
    expect(messagesOf(recorder, "app/data")).toContain("app/data/database child.restarting group, in 1000 ms");
  });

  it("are left out on demand", async () => {
    const { recorder } = await createTroubled({ messages: false });
    expect(recorder.ring.after(0).some(({ kind }) => kind === "message" || kind === "step")).toBe(false);
  });

  it("leave out probes, which would crowd out all else", async () => {
    const { supervisor, clock, start } = createScenario({
      services: [{ ...scripted("api").spec, health: { check: () => true, intervalMs: 10 } }],
    });
    const recorder = record(supervisor);
    const starting = start();
    await clock.advance(5);
    await starting;
    const { head } = recorder.ring;
    await clock.advance(1_000);
    expect(recorder.ring.head).toBe(head);
  });
});

describe("what may be secret", () => {
  const lamp = setup({
    types: {} as { context: { key: string }; input: { key: string }; events: { type: "press"; code: string } },
  }).createMachine({
    id: "lamp",
    context: ({ input }) => ({ key: input.key }),
    initial: "off",
    states: { off: { on: { press: "on" } }, on: { on: { press: "off" } } },
  });

  async function press(options: Options) {
    const { supervisor, start } = createScenario({
      services: [{ name: "lamp", actor: lamp, input: { key: "hunter2" } }],
    });
    const recorder = record(supervisor, options);
    await start();
    supervisor.actorsOf("lamp").actor!.send({ type: "press", code: "4711" });
    return JSON.stringify(recorder.record());
  }

  it("is not recorded: contexts, inputs and events of the user's own actors", async () => {
    const text = await press({});
    expect(text).toContain('"press"');
    expect(text).not.toMatch(/hunter2|4711/);
  });

  it("stays in an event that the user sends to a chart, whatever the event holds", async () => {
    const { supervisor, start, clock } = createScenario({ services: [scripted("api").spec] });
    const recorder = record(supervisor);
    await start();
    await clock.advance(10);
    for (const at of ["hunter2", 5n, Date.now()])
      supervisor.actorsOf("api").service!.send({ type: "tick", at } as never);
    const ticks = recorder.ring.after(0).filter((entry) => isKind("message")(entry) && entry.type === "tick");
    expect(ticks.map(({ at }) => at)).toEqual([10, 10, 10]);
  });

  it("is recorded as far as it is included", async () => {
    expect(await press({ include: ["events"] })).toContain("4711");
    expect(await press({ include: ["events"] })).not.toContain("hunter2");
    expect(await press({ include: ["context"] })).toContain("hunter2");
    expect(await press({ include: ["input"] })).toContain("hunter2");
  });

  it("is recorded as far as it can be read", async () => {
    const { supervisor, start } = createScenario({ services: [{ name: "lamp", actor: lamp, input: { key: "k" } }] });
    const recorder = record(supervisor, { include: ["events"] });
    await start();
    const hostile = {
      type: "press",
      get code() {
        throw new Error("do not touch");
      },
    };
    supervisor.actorsOf("lamp").actor!.send(hostile);
    const messages = recorder.ring.after(0).filter(isKind("message"));
    expect(messages.at(-1)).toMatchObject({ path: "app/lamp", type: "press", detail: "(unreadable)" });
    expect(recorder.failures).toBe(0);
  });

  it("has what an error is made of, as far as one can read it", async () => {
    const worker = scripted("worker");
    const { supervisor, start } = createScenario({ services: [worker.spec] });
    const recorder = record(supervisor);
    await start();
    const deep = new AggregateError([new AggregateError([new AggregateError([new Error("bottom")])])]);
    const many = Array.from({ length: 20 }, (_, i) => new Error(`part ${i}`));
    worker.fail(new AggregateError([deep, ...many], "several"));
    await Promise.resolve();
    const { errors } = recorder.live.rows.get("app/worker")!.error!;
    expect(errors).toHaveLength(8);
    expect(errors![1]).toMatchObject({ name: "Error", message: "part 0" });
    expect(errors![0]!.errors![0]!.errors).toBeUndefined();
  });

  it("has what can be read of an error whose parts cannot", async () => {
    const worker = scripted("worker");
    const { supervisor, start } = createScenario({ services: [worker.spec] });
    const recorder = record(supervisor);
    await start();
    const unreadable = new Proxy([], {
      get() {
        throw new Error("hands off");
      },
    });
    worker.fail(Object.assign(new Error("several"), { errors: unreadable }));
    await Promise.resolve();
    expect(recorder.live.rows.get("app/worker")).toMatchObject({ state: "backoff", error: { message: "several" } });
    expect(recorder.failures).toBe(0);
  });

  it("says that a service is held for its group, however it ended", async () => {
    let fail: (error: unknown) => void = () => {};
    const deaf = (ctx: { fail: typeof fail }) => {
      fail = ctx.fail;
      return new Promise(() => {});
    };
    const { supervisor, start, clock } = createScenario({
      strategy: "one-for-all",
      services: [{ name: "deaf", run: deaf, stopTimeoutMs: 10 }],
    });
    const recorder = record(supervisor);
    await start();
    fail(new Error("stuck"));
    await clock.advance(10);
    expect(recorder.live.rows.get("app/deaf")).toMatchObject({ state: "backoff", phase: "held", exit: "unstopped" });
    await drive(
      clock,
      supervisor.stop().catch(() => {}),
    );
  });

  it("stays in an error: only name, message, code, stack and cause leave it", async () => {
    const worker = scripted("worker");
    const { supervisor, start } = createScenario({ services: [worker.spec] });
    const recorder = record(supervisor);
    await start();
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    worker.fail(Object.assign(new Error("no database", { cause }), { password: "hunter2" }));
    await Promise.resolve();
    const { error } = recorder.live.rows.get("app/worker")!;
    expect(error).toMatchObject({ name: "Error", message: "no database", cause: { code: "ECONNREFUSED" } });
    expect(JSON.stringify(recorder.record())).not.toContain("hunter2");
  });
});

describe("a recorder that fails", () => {
  it("harms neither the tree nor its history", async () => {
    const worker = scripted("worker");
    const { supervisor, clock, start } = createScenario({ services: [worker.spec] });
    const recorder = record(supervisor);
    recorder.onFact = () => {
      throw new Error("a viewer broke");
    };
    await start();
    worker.fail(
      new Proxy(new Error("hostile"), {
        get() {
          throw new Error("do not touch");
        },
      }),
    );
    await clock.advance(2_000);
    expect(supervisor.status("worker")).toMatchObject({ state: "running", restarts: 1 });
    expect(recorder.failures).toBeGreaterThan(0);
    expect(recorder.live.rows.get("app/worker")).toMatchObject({ state: "running", restarts: 1 });
  });

  it.each([1, 2, 3, 4, 5, 6])("stays whole when read %i of an event fails", async (th) => {
    const switchable = setup({}).createMachine({ initial: "off", states: { off: { on: { press: "on" } }, on: {} } });
    const { supervisor, clock, start } = createScenario({
      services: [{ name: "lamp", actor: switchable, restart: { jitter: false }, critical: false }],
    });
    const [large, small] = [record(supervisor), record(supervisor, { historySize: 5 })];
    await start();
    for (let i = 0; i < 5; i++) {
      let reads = 0;
      const hostile = {
        get type() {
          if (++reads === th) throw new Error("do not touch");
          return "press";
        },
      };
      supervisor.actorsOf("lamp").actor!.send(hostile);
      await clock.advance(100_000);
    }
    const told = large.ring.after(0);
    expect(told.map(({ n }) => n)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ path }) => path).filter((path) => !path.startsWith("app"))).toEqual([]);
    for (const { live } of [large, small]) {
      expect([...live.rows.keys()]).toEqual(["app", "app/lamp"]);
      expect(live.rows.get("app/lamp")!.state).toBe(supervisor.status("lamp").state);
    }
  });

  it("keeps the same error of a crash loop once", async () => {
    const { supervisor, clock, start } = createScenario({
      services: [
        {
          name: "api",
          start: () => {
            throw boom;
          },
          restart: { maxRetries: Infinity },
          critical: false,
        },
      ],
    });
    const recorder = record(supervisor);
    await start();
    await clock.advance(10_000);
    const errors = recorder.ring
      .after(0)
      .flatMap((entry) => (entry.kind === "status" && entry.error ? [entry.error] : []));
    expect(errors.length).toBeGreaterThan(2);
    expect(new Set(errors).size).toBe(1);
  });
});

const boom = new Error("boom");
