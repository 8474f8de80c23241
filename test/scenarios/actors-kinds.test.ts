// Services that are promises, callbacks, observables or transition functions of XState, and the rules for every kind of
// actor.

import { describe, expect, it } from "vitest";
import {
  type AnyActorLogic,
  assign,
  createActor,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  sendParent,
  setup,
} from "xstate";
import type { ServiceContext } from "../../src/index.ts";
import { rejection, watch } from "../support/promises.ts";
import { exitsOf } from "../support/scenario.ts";
import { runActor } from "../support/services.ts";

/** An observable that the test drives. */
function createSubject() {
  const observers = new Set<{
    next?: (value: unknown) => void;
    error?: (error: unknown) => void;
    complete?: () => void;
  }>();
  return {
    observers,
    subscribe: (observer: never) => {
      observers.add(observer);
      return { unsubscribe: () => void observers.delete(observer) };
    },
    next: (value: unknown) => [...observers].forEach((one) => void one.next?.(value)),
    error: (error: unknown) => [...observers].forEach((one) => void one.error?.(error)),
    complete: () => [...observers].forEach((one) => void one.complete?.()),
  };
}

describe("a promise", () => {
  it("a promise completes with what it resolves to, and fails with what it is rejected with", async () => {
    const ends: [(value: unknown) => void, (error: unknown) => void][] = [];
    const { s } = await runActor(fromPromise(() => new Promise((...both) => void ends.push(both))));
    const error = new Error("no");
    ends[0]![1](error);
    await s.clock.advance(1_000);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(error);
    ends[1]![0]({ done: 1 });
    await s.clock.advance(0);
    expect(exitsOf(s, "app/a")[1]).toEqual({ kind: "completed", value: { done: 1 } });
  });

  it("the signal of a promise aborts when its service is stopped, and the stop waits for the promise", async () => {
    // Case C5
    let resolve = () => {};
    const signals: AbortSignal[] = [];
    const logic = fromPromise(({ signal }) => {
      signals.push(signal);
      return new Promise<void>((yes) => {
        resolve = yes;
      });
    });
    const { s } = await runActor(logic);
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(1_000);
    expect([signals[0]!.aborted, stopped.state, s.supervisor.status("a").state]).toEqual([true, "pending", "stopping"]);
    resolve();
    await s.clock.advance(0);
    expect([stopped.state, s.supervisor.status("a").phase]).toEqual(["resolved", "byHand"]);
  });

  it("a restart waits for the promise: never are two of them alive at once", async () => {
    const ends: (() => void)[] = [];
    const logic = fromPromise(() => new Promise<void>((yes) => ends.push(yes)));
    const { s } = await runActor(logic);
    const restarted = watch(s.supervisor.restartService("a"));
    await s.clock.advance(500);
    expect(ends).toHaveLength(1);
    ends[0]!();
    await s.clock.advance(0);
    expect([ends.length, restarted.state]).toEqual([2, "resolved"]);
    ends[1]!();
    await s.clock.advance(0);
  });

  it("a promise that rejects with the reason of its stop has stopped; with another error it failed to", async () => {
    const wait = ({ signal }: { signal: AbortSignal }, error?: Error) =>
      new Promise<never>((_, no) => signal.addEventListener("abort", () => no(error ?? signal.reason)));
    const good = await runActor(fromPromise((args) => wait(args)));
    await good.s.supervisor.stopService("a");
    expect(good.s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
    const bad = await runActor(fromPromise((args) => wait(args, new Error("cleanup failed"))));
    await expect(bad.s.supervisor.stopService("a")).rejects.toMatchObject({ code: "ERR_STOP_FAILED" });
  });

  it("a promise that ignores its signal is left behind at the deadline, and a late end changes nothing", async () => {
    const signals: AbortSignal[] = [];
    let reject = (_: unknown) => {};
    const logic = fromPromise(({ signal }) => {
      signals.push(signal);
      return new Promise((_, no) => {
        reject = no;
      });
    });
    const { s } = await runActor(logic);
    const stopped = rejection(s.supervisor.stopService("a"));
    await s.clock.advance(10_000);
    expect((await stopped).code).toBe("ERR_STOP_FAILED");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    reject(new Error("late"));
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", exit: "unstopped" });
    expect(s.record.updates.filter(({ type }) => type === "late")).toHaveLength(1);
  });

  it("a promise that throws undefined fails with an Error that says so", async () => {
    const { s } = await runActor(
      fromPromise(() => Promise.reject(undefined)),
      { restart: "never" },
    );
    const [exit] = exitsOf(s, "app/a") as { error: Error }[];
    expect(exit!.error).toBeInstanceOf(Error);
    expect("cause" in exit!.error).toBe(true);
  });
});

describe("a callback", () => {
  it("a callback runs until it is stopped, and its cleanup is called then", async () => {
    const told: string[] = [];
    const logic = fromCallback(({ receive }) => {
      receive(({ type }) => void told.push(type));
      return () => void told.push("cleanup");
    });
    const { s, ref } = await runActor(logic);
    ref().send({ type: "HELLO" });
    expect(s.supervisor.status("a").state).toBe("running");
    await s.supervisor.stopService("a");
    expect(told).toEqual(["HELLO", "cleanup"]);
  });

  it.each(["its body", "a receiver"])("a callback fails when %s throws", async (where) => {
    const error = new Error("no");
    const logic = fromCallback(({ receive }) => {
      if (where === "its body") throw error;
      receive(() => {
        throw error;
      });
    });
    const { s, ref } = await runActor(logic, { restart: "never" });
    if (where === "a receiver") ref().send({ type: "HELLO" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a").state).toBe("failed");
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(error);
  });

  it("a callback whose cleanup throws is down all the same, and the tree goes on", async () => {
    const logic = fromCallback(() => () => {
      throw new Error("no");
    });
    const { s } = await runActor(logic);
    await s.supervisor.stopService("a").catch(() => {});
    expect(["stopped", "failed"]).toContain(s.supervisor.status("a").state);
    await s.clock.advance(10_000);
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { running: 1 } });
    await s.supervisor.startService("a");
    expect(s.supervisor.status("a").state).toBe("running");
    await s.supervisor.stop().catch(() => {});
    expect(s.supervisor.status().counts.running).toBe(0);
  });
});

describe.each([
  ["an observable", fromObservable as (make: () => never) => AnyActorLogic],
  ["an event observable", fromEventObservable as (make: () => never) => AnyActorLogic],
])("%s", (_, from) => {
  it("runs until it completes or fails, and is unsubscribed when it is stopped", async () => {
    const subject = createSubject();
    const { s } = await runActor(from(() => subject as never));
    subject.next({ type: "X" });
    expect([s.supervisor.status("a").state, subject.observers.size]).toEqual(["running", 1]);
    const error = new Error("no");
    subject.error(error);
    await s.clock.advance(0);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(error);
    subject.observers.clear();
    await s.clock.advance(1_000);
    subject.complete();
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed" });
    subject.observers.clear();
    await s.supervisor.startService("a");
    expect(subject.observers.size).toBe(1);
    await s.supervisor.stopService("a");
    expect(subject.observers.size).toBe(0);
  });
});

describe("a transition function", () => {
  it("a transition function runs until it is stopped, and fails when it throws", async () => {
    const error = new Error("no");
    const logic = fromTransition((count: number, event: { type: string }) => {
      if (event.type === "THROW") throw error;
      return count + 1;
    }, 0);
    const { s, ref } = await runActor(logic);
    ref().send({ type: "ADD" });
    expect(ref().getSnapshot().context).toBe(1);
    ref().send({ type: "THROW" });
    await s.clock.advance(1_000);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(error);
    expect(ref().getSnapshot().context).toBe(0);
    await s.supervisor.stopService("a");
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
  });
});

describe("every kind", () => {
  const counter = setup({ types: {} as { context: { count: number } } }).createMachine({
    context: { count: 0 },
    on: { ADD: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
  });

  it("an actor of every kind stops with its service, and none runs on after the stop of the tree", async () => {
    const { s, ref } = await runActor(counter);
    const actor = ref();
    actor.send({ type: "ADD" });
    await s.supervisor.stop();
    expect(actor.getSnapshot()).toMatchObject({ status: "stopped", context: { count: 1 } });
    expect(s.supervisor.actor.getSnapshot().status).toBe("active");
  });

  it("an actor of every kind is given to its probes", async () => {
    const values: unknown[] = [];
    const { ref } = await runActor(counter, { readiness: ({ value }) => void values.push(value) });
    expect(values).toEqual([ref()]);
  });

  it("an actor of every kind can be up when its input says so, with readyOn signal", async () => {
    let ready = () => {};
    const input = (ctx: ServiceContext) => {
      ready = ctx.ready;
    };
    const { s, started } = await runActor(counter, { readyOn: "signal", input });
    expect([started.state, s.supervisor.status("a").phase]).toEqual(["pending", "launching"]);
    ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("an actor of every kind never ends the root actor, whatever it throws", async () => {
    const { s, ref } = await runActor(
      fromTransition((): number => {
        throw undefined;
      }, 0),
      { restart: { maxRetries: 0 } },
    );
    ref().send({ type: "X" });
    await s.clock.advance(0);
    expect(s.supervisor.status().state).toBe("failed");
    expect(s.supervisor.actor.getSnapshot().status).toBe("active");
    await s.start();
    expect(s.supervisor.status().state).toBe("running");
    // It also throws at XState's stop event, which is an error of its stop.
    await expect(s.supervisor.stop()).rejects.toMatchObject({ code: "ERR_STOP_FAILED" });
    expect(s.supervisor.actor.getSnapshot().status).toBe("active");
  });

  it("an unknown event leaves the root as it is", async () => {
    const { s } = await runActor(counter);
    s.supervisor.actor.send({ type: "nonsense" });
    s.supervisor.actor.send({ type: "unit.ended", incarnation: 1 } as never);
    await s.clock.advance(0);
    expect(s.supervisor.status()).toMatchObject({ state: "running", healthy: true });
  });
});

describe("a machine with a stopEvent", () => {
  const draining = setup({ types: {} as { events: { type: "DRAIN" } | { type: "DRAINED" } } }).createMachine({
    initial: "serving",
    states: {
      serving: { on: { DRAIN: "draining" } },
      draining: { on: { DRAINED: "done" } },
      done: { type: "final" },
    },
  });

  it("is sent it at a stop, and has stopped when it is done", async () => {
    // Case C9
    const { s, ref } = await runActor(draining, { stopEvent: { type: "DRAIN" } });
    const actor = ref();
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(5_000);
    expect([actor.getSnapshot().value, stopped.state]).toEqual(["draining", "pending"]);
    actor.send({ type: "DRAINED" });
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", phase: "byHand", exit: "stopped" });
  });

  it("is stopped by force at its deadline, which counts as stopped", async () => {
    const { s, ref } = await runActor(draining, { stopEvent: () => ({ type: "DRAIN" }), stopTimeoutMs: 100 });
    const actor = ref();
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    expect([stopped.state, actor.getSnapshot().status]).toEqual(["resolved", "stopped"]);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
  });

  it("is stopped at once where the function that makes it throws", async () => {
    const stopEvent = () => {
      throw new Error("no event");
    };
    const { s } = await runActor(draining, { stopEvent });
    await s.supervisor.stopService("a");
    expect(s.supervisor.status("a").state).toBe("stopped");
  });
});

describe("a machine with a persisted snapshot", () => {
  const counter = setup({
    types: {} as { context: { count: number }; events: { type: "ADD" } | { type: "FAIL" } },
  }).createMachine({
    context: { count: 0 },
    initial: "counting",
    states: {
      counting: {
        on: {
          ADD: { actions: assign({ count: ({ context }) => context.count + 1 }), target: "ready" },
          FAIL: {
            actions: () => {
              throw new Error("no");
            },
          },
        },
      },
      ready: { on: { ADD: { actions: assign({ count: ({ context }) => context.count + 1 }) } } },
    },
  });
  const persisted = () => {
    const actor = createActor(counter).start();
    actor.send({ type: "ADD" });
    return JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
  };

  it("goes on from it, in state and context", async () => {
    const { ref } = await runActor(counter, { snapshot: persisted() });
    expect(ref().getSnapshot()).toMatchObject({ value: "ready", context: { count: 1 } });
    ref().send({ type: "ADD" });
    expect(ref().getSnapshot().context).toEqual({ count: 2 });
  });

  it("is asked for one for each incarnation where it is a function; undefined begins anew", async () => {
    const asked: number[] = [];
    const snapshot = ({ incarnation }: ServiceContext) => {
      asked.push(incarnation);
      return incarnation === 1 ? undefined : persisted();
    };
    const { s, ref } = await runActor(counter, { snapshot });
    expect(ref().getSnapshot().value).toBe("counting");
    ref().send({ type: "FAIL" });
    await s.clock.advance(1_000);
    expect(asked).toEqual([1, 2]);
    expect(ref().getSnapshot()).toMatchObject({ value: "ready", context: { count: 1 } });
  });

  it("fails its start where the function throws, or the snapshot is of something else", async () => {
    const snapshot = () => {
      throw new Error("no snapshot");
    };
    const { s } = await runActor(counter, { snapshot, restart: "never" });
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", error: { message: "no snapshot" } });
    const other = await runActor(counter, { snapshot: { value: "nowhere" }, restart: "never" });
    expect(other.s.supervisor.status("a").state).toBe("failed");
  });
});

describe("a callback whose cleanup is asynchronous", () => {
  it("has stopped once that is over", async () => {
    // Case X2
    let over = () => {};
    const cleanup = () =>
      new Promise<void>((resolve) => {
        over = resolve;
      });
    const logic = fromCallback(() => cleanup as () => void);
    const { s } = await runActor(logic);
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(1_000);
    expect(stopped.state).toBe("pending");
    over();
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
  });

  it("has failed to stop where that fails, and nobody else hears of it", async () => {
    // Case X2
    const strays: unknown[] = [];
    const note = (reason: unknown) => strays.push(reason);
    process.on("unhandledRejection", note);
    const logic = fromCallback(() => (async () => Promise.reject(new Error("cleanup"))) as unknown as () => void);
    const { s } = await runActor(logic);
    const error = await rejection(s.supervisor.stopService("a"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(error).toMatchObject({ code: "ERR_STOP_FAILED" });
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", error: { message: "cleanup" } });
    expect(strays).toEqual([]);
  });
});

describe("what an actor of the user's sends to its parent", () => {
  it.each([
    "service.stop",
    "service.restart",
    "unit.ended",
    "unit.failing",
    "xstate.stop",
    "xstate.done.actor.app/a#1",
    "xstate.error.actor.app/a#1",
    "anything",
  ])("%s does not reach the chart of its service", async (type) => {
    // Case X3
    let send = (_: { type: string }) => {};
    const logic = fromCallback(({ sendBack }) => {
      send = sendBack as typeof send;
    });
    const { s } = await runActor(logic);
    const event = { type, actorId: "app/a#1" };
    send(event);
    send(event);
    await s.clock.advance(100);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1 });
    await s.supervisor.stop();
    expect(s.supervisor.status("a").state).toBe("stopped");
  });

  it("a delayed event of a machine does not reach it either", async () => {
    const logic = setup({}).createMachine({
      initial: "a",
      states: { a: { after: { 10: { actions: sendParent({ type: "service.stop" }) } } } },
    });
    const { s } = await runActor(logic);
    await s.clock.advance(100);
    expect(s.supervisor.status("a").state).toBe("running");
  });
});
