// supervised and fromSupervisor: supervision inside the user's own machines, on XState's own simulated clock.

import { describe, expect, it, vi } from "vitest";
import {
  type AnyActorLogic,
  assign,
  createActor,
  emit,
  fromCallback,
  fromPromise,
  SimulatedClock,
  sendParent,
  setup,
  toPromise,
} from "xstate";
import { fromSupervisor, supervised } from "../../src/index.ts";
import { runActor } from "../support/services.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A callback that keeps what it hears. */
function createListener() {
  const incarnations: { heard: string[]; isOver: boolean }[] = [];
  const logic = fromCallback<{ type: string }, { tag: string }>(({ receive }) => {
    const one = { heard: [] as string[], isOver: false };
    incarnations.push(one);
    receive(({ type }) => void one.heard.push(type));
    return () => {
      one.isOver = true;
    };
  });
  return { logic, incarnations };
}

/** A machine that fails or ends when it is told to. */
const worker = setup({
  types: {} as {
    input: { tag: string };
    context: { tag: string; count: number };
    events: { type: "work" } | { type: "fail" } | { type: "finish" } | { type: "tell" };
    emitted: { type: "worked"; count: number };
    output: string;
  },
}).createMachine({
  context: ({ input }) => ({ tag: input.tag, count: 0 }),
  initial: "up",
  states: {
    up: {
      on: {
        work: {
          actions: [
            assign({ count: ({ context }) => context.count + 1 }),
            emit(({ context }) => ({ type: "worked" as const, count: context.count })),
          ],
        },
        tell: { actions: sendParent({ type: "told" }) },
        fail: {
          actions: () => {
            throw new Error("spoilt");
          },
        },
        finish: "over",
      },
    },
    over: { type: "final" },
  },
  output: ({ context }) => `${context.tag} ${context.count}`,
});

const restart = { maxRetries: 2, initialBackoffMs: 100, jitter: false } as const;

function runWorker(options: Parameters<typeof supervised>[1] = { restart }) {
  const clock = new SimulatedClock();
  const actor = createActor(supervised(worker, options), { input: { tag: "w" }, clock });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  return { actor, clock, errors };
}

describe("supervised", () => {
  it("starts its child again after the delay, with the same input", () => {
    const { actor, clock } = runWorker();
    expect(actor.getSnapshot()).toMatchObject({ status: "active", value: { running: "healthy" } });
    actor.send({ type: "work" });
    expect(actor.getSnapshot().child!.getSnapshot().context).toEqual({ tag: "w", count: 1 });
    actor.send({ type: "fail" });
    expect(actor.getSnapshot()).toMatchObject({ value: { backoff: "counting" }, context: { failures: 1 } });
    clock.increment(99);
    expect(actor.getSnapshot().value).toEqual({ backoff: "counting" });
    clock.increment(1);
    expect(actor.getSnapshot()).toMatchObject({
      value: { running: "healthy" },
      context: { incarnation: 2, restarts: 1 },
    });
    expect(actor.getSnapshot().child!.getSnapshot().context).toEqual({ tag: "w", count: 0 });
  });

  it("is done with the output of its child", async () => {
    const { actor } = runWorker();
    actor.send({ type: "work" });
    actor.send({ type: "finish" });
    expect(actor.getSnapshot()).toMatchObject({ status: "done", output: "w 1" });
    expect(await toPromise(actor)).toBe("w 1");
  });

  it("is in error when its retries are used up", () => {
    const { actor, clock, errors } = runWorker();
    for (const delayMs of [100, 200, 0]) {
      actor.send({ type: "fail" });
      clock.increment(delayMs);
    }
    expect(actor.getSnapshot().status).toBe("error");
    expect(errors).toMatchObject([{ code: "ERR_GAVE_UP", cause: { message: "spoilt" } }]);
  });

  it("is in error with the child's own error where the policy does not bring it back", () => {
    const { actor, errors } = runWorker({ restart: "never" });
    actor.send({ type: "fail" });
    expect(errors).toMatchObject([{ message: "spoilt" }]);
    expect(actor.getSnapshot().status).toBe("error");
  });

  it("asks decide", () => {
    const decide = vi.fn(() => "stop" as const);
    const { actor } = runWorker({ restart: { ...restart, decide } });
    actor.send({ type: "fail" });
    expect(decide).toHaveBeenCalledWith(expect.objectContaining({ kind: "failed" }));
    expect(actor.getSnapshot()).toMatchObject({ status: "done", output: undefined });
  });

  it("restarts what completes under always, in a later turn", () => {
    const { actor, clock } = runWorker({ restart: { policy: "always", initialBackoffMs: 0 } });
    actor.send({ type: "finish" });
    expect(actor.getSnapshot().value).toEqual({ backoff: "counting" });
    clock.increment(0);
    expect(actor.getSnapshot().context.incarnation).toBe(2);
  });

  it("emits what its child emits", () => {
    const { actor } = runWorker();
    const counts: number[] = [];
    actor.on("worked", ({ count }) => counts.push(count));
    actor.send({ type: "work" });
    actor.send({ type: "work" });
    expect(counts).toEqual([1, 2]);
  });

  it("takes no event of a user's for one of its own", () => {
    const { logic, incarnations } = createListener();
    const actor = createActor(supervised(logic), { input: { tag: "x" } }).start();
    for (const type of ["service.stop", "unit.ended", "service.restart"]) actor.send({ type });
    expect(actor.getSnapshot().value).toEqual({ running: "healthy" });
    expect(incarnations[0]!.heard).toEqual(["service.stop", "unit.ended", "service.restart"]);
    actor.stop();
    expect(incarnations[0]!.isOver).toBe(true);
  });

  it("takes no message of its child for its end", () => {
    const forger = fromCallback<{ type: string }>(({ sendBack, receive }) => {
      receive(() => sendBack({ type: "xstate.done.actor.forged#1", output: "forged" }));
    });
    const actor = createActor(supervised(forger), { id: "forged" }).start();
    actor.send({ type: "now" });
    expect(actor.getSnapshot()).toMatchObject({ status: "active", value: { running: "healthy" } });
    actor.stop();
  });

  it("stops its child, and its delay, when it is stopped", () => {
    const { actor, clock } = runWorker();
    const { child } = actor.getSnapshot();
    actor.stop();
    expect(child!.getSnapshot().status).toBe("stopped");
    const other = runWorker();
    other.actor.send({ type: "fail" });
    other.actor.stop();
    other.clock.increment(10_000);
    clock.increment(10_000);
    expect(other.actor.getSnapshot()).toMatchObject({ status: "stopped", context: { incarnation: 1 } });
  });

  it("lets a next-only observer of the child hear of no failure", async () => {
    const { actor } = runWorker();
    actor.getSnapshot().child!.subscribe(() => {});
    actor.send({ type: "fail" });
    await turn();
    expect(actor.getSnapshot().value).toEqual({ backoff: "counting" });
    actor.stop();
  });

  it("begins anew from its input after it was persisted", () => {
    const { actor } = runWorker();
    const persisted = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    const restored = createActor(supervised(worker, { restart }), { snapshot: persisted, input: { tag: "w" } }).start();
    expect(restored.getSnapshot()).toMatchObject({ value: { running: "healthy" }, context: { incarnation: 1 } });
    restored.stop();
  });

  it("refuses options that are wrong", () => {
    expect(() => supervised(worker, { restart: "sometimes" as never })).toThrow(/restart/);
  });
});

describe("a machine that invokes a supervised child", () => {
  let attempts = 0;
  const fetcher = fromPromise<string, { failures: number }>(async ({ input }) => {
    if (++attempts <= input.failures) throw new Error(`attempt ${attempts}`);
    return "page";
  });

  const machine = setup({
    types: {} as {
      input: { failures: number };
      context: { failures: number; result: string | null };
      events: { type: "told" };
    },
    actors: { fetcher: supervised(fetcher, { restart }) },
  }).createMachine({
    context: ({ input }) => ({ failures: input.failures, result: null }),
    initial: "loading",
    states: {
      loading: {
        invoke: {
          id: "fetch",
          src: "fetcher",
          input: ({ context }) => ({ failures: context.failures }),
          onDone: { target: "loaded", actions: assign({ result: ({ event }) => event.output }) },
          onError: {
            target: "failed",
            actions: assign({ result: ({ event }) => String((event.error as Error).message) }),
          },
        },
      },
      loaded: {},
      failed: {},
    },
  });

  async function load(failures: number) {
    attempts = 0;
    const clock = new SimulatedClock();
    const actor = createActor(machine, { input: { failures }, clock }).start();
    for (let round = 0; round < 5; round++) {
      await turn();
      clock.increment(1_000);
    }
    return actor.getSnapshot();
  }

  it("hears of the result alone, and of the error when it gives up", async () => {
    expect(await load(2)).toMatchObject({ value: "loaded", context: { result: "page" } });
    expect(await load(9)).toMatchObject({ value: "failed" });
    expect((await load(9)).context.result).toMatch(
      /^fetch: gave up after 3 failures in a row \(maxRetries 2\): attempt 3/,
    );
  });

  it("hears what the child sends to its parent, through every incarnation", () => {
    const clock = new SimulatedClock();
    const parent = setup({
      types: {} as { context: { told: number }; events: { type: "told" } },
      actors: { worker: supervised(worker, { restart }) },
    }).createMachine({
      context: { told: 0 },
      invoke: { id: "w", src: "worker", input: { tag: "w" } },
      on: { told: { actions: assign({ told: ({ context }) => context.told + 1 }) } },
    });
    const actor = createActor(parent, { clock }).start();
    const child = actor.getSnapshot().children.w!;
    child.send({ type: "tell" });
    child.send({ type: "fail" });
    clock.increment(100);
    child.send({ type: "tell" });
    expect(actor.getSnapshot().context.told).toBe(2);
    actor.stop();
  });
});

describe("a supervised actor as a service", () => {
  it("restarts within its incarnation, and fails its service when it gives up", async () => {
    const { s, ref } = await runActor(supervised(worker, { restart }) as AnyActorLogic, {
      input: { tag: "w" },
      restart: "never",
    });
    const actor = ref();
    actor.send({ type: "fail" });
    await s.clock.advance(100);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1 });
    expect((actor.getSnapshot() as { context: { incarnation: number } }).context.incarnation).toBe(2);
    for (const delayMs of [200, 400]) {
      actor.send({ type: "fail" });
      await s.clock.advance(delayMs);
    }
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", error: { code: "ERR_GAVE_UP" } });
  });
});

describe("fromSupervisor", () => {
  const tree = fromSupervisor(({ input }: { input: { port: number } }) => ({
    name: "tree",
    services: [
      { name: "server", start: () => input.port, restart: { initialBackoffMs: 100, jitter: false } },
      {
        name: "loop",
        dependsOn: ["server"],
        run: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
      },
    ],
  }));

  async function start(input = { port: 80 }) {
    const clock = new SimulatedClock();
    const actor = createActor(tree, { input, clock });
    const states: string[] = [];
    actor.on("status", ({ path, to }) => states.push(`${path} ${to}`));
    actor.subscribe({ error: () => {} });
    actor.start();
    await turn();
    return { actor, clock, states };
  }

  it("runs the tree with the input, and emits its updates", async () => {
    const { actor, states } = await start();
    const { supervisor, status } = actor.getSnapshot().context;
    expect(supervisor.use("server")).toBe(80);
    expect(status).toMatchObject({ state: "running", healthy: true });
    expect(states).toContain("tree/loop running");
    actor.stop();
    await turn();
    expect(supervisor.status().state).toBe("stopped");
  });

  it("follows the clock of the system, and takes verbs as events", async () => {
    const { actor, clock } = await start();
    const { supervisor } = actor.getSnapshot().context;
    actor.send({ type: "stopService", path: "loop" });
    await turn();
    expect(actor.getSnapshot().context.status.services[1]).toMatchObject({ state: "stopped", phase: "byHand" });
    actor.send({ type: "startService", path: "loop" });
    actor.send({ type: "restartService", path: "nonsense" });
    await turn();
    expect(supervisor.status("loop").state).toBe("running");
    clock.increment(10_000);
    expect(supervisor.now()).toBe(10_000);
    actor.stop();
  });

  it("is done when the tree has stopped, and in error when it has failed", async () => {
    const { actor } = await start();
    await actor.getSnapshot().context.supervisor.stop();
    await turn();
    expect(actor.getSnapshot().status).toBe("done");
    const failing = fromSupervisor({
      name: "tree",
      services: [{ name: "a", restart: { maxRetries: 0 }, start: () => Promise.reject(new Error("no")) }],
    });
    const errors: unknown[] = [];
    const other = createActor(failing);
    other.subscribe({ error: (error) => errors.push(error) });
    other.start();
    await turn();
    await turn();
    expect(errors).toMatchObject([{ code: expect.stringMatching(/^ERR_/) }]);
  });

  it("a wrong definition is the error of the actor", () => {
    const errors: unknown[] = [];
    const actor = createActor(fromSupervisor({ name: "", services: [] }));
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    expect(errors).toMatchObject([{ code: "ERR_INVALID_SPEC" }]);
  });
});
