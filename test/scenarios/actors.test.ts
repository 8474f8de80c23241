// Services that are XState actors, of each kind: their snapshot's status is their life. API.md, sections 1 and 5;
// XSTATE.md, section 6.

import { describe, expect, it } from "vitest";
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  assign,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  setup,
  spawnChild,
} from "xstate";
import type { Exit, ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory } from "./fixture.ts";
import { createScenario, type Scenario, scripted, watch } from "./support.ts";

const exits = (s: Scenario, path: string) =>
  s.record.updates.flatMap((update): Exit[] =>
    update.type === "status" && update.path === path && update.exit ? [update.exit] : [],
  );

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

/** A service "a" of some logic beside "holder", which gives out its actor. */
async function run(actor: AnyActorLogic, spec: Partial<ServiceSpec> = {}) {
  const a: ServiceSpec = { name: "a", actor, ...spec };
  const holder = scripted("holder", { dependsOn: [{ service: "a", condition: "started", required: false }] });
  const s = createScenario({ services: [a, holder.spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(0);
  return { s, started, ref: () => holder.ctx!.use(a) as AnyActorRef };
}

describe("a machine", () => {
  const machine = setup({
    types: {} as {
      context: { input: unknown };
      events: { type: "GO" | "FINISH" | "THROW" | "SPAWN" };
      input: unknown;
      output: string;
    },
    actions: {
      boom: () => {
        throw boom;
      },
    },
  }).createMachine({
    context: ({ input }) => ({ input }),
    initial: "idle",
    states: {
      idle: { on: { GO: "busy", FINISH: "over", THROW: { actions: "boom" } } },
      busy: { after: { 500: "over" } },
      over: { type: "final" },
    },
    output: () => "result",
  });
  const boom = new Error("boom");

  it("is up while it is active, and completes with its output when it is done", async () => {
    const { s, started, ref } = await run(machine);
    expect([started.state, ref().getSnapshot().value]).toEqual(["resolved", "idle"]);
    ref().send({ type: "FINISH" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed" });
    expect(exits(s, "app/a")).toEqual([{ kind: "completed", value: "result" }]);
  });

  it("runs on the clock of the tree, and leaves no timer when it is stopped", async () => {
    const { s, ref } = await run(machine);
    ref().send({ type: "GO" });
    await s.clock.advance(499);
    expect(s.supervisor.status("a").state).toBe("running");
    await s.clock.advance(1);
    expect(s.supervisor.status("a").exit).toBe("completed");
    await s.supervisor.startService("a");
    ref().send({ type: "GO" });
    expect(s.clock.pending).toBe(1);
    await s.supervisor.stopService("a");
    expect(s.clock.pending).toBe(0);
  });

  it("that throws in an action of its own has failed with that very error, and restarts as a new actor", async () => {
    const { s, ref } = await run(machine);
    const old = ref();
    old.send({ type: "THROW" });
    await s.clock.advance(0);
    expect(exits(s, "app/a")).toMatchObject([{ kind: "failed", cause: "error" }]);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(boom);
    expect(s.supervisor.status("a").state).toBe("backoff");
    await s.clock.advance(1_000);
    expect(ref()).not.toBe(old);
    expect(ref().getSnapshot().status).toBe("active");
    old.send({ type: "FINISH" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
    expectHistory(s.record.updates);
  });

  it("that is done at once completes", async () => {
    const { s, started } = await run(setup({}).createMachine({ initial: "over", states: { over: { type: "final" } } }));
    expect(started.state).toBe("resolved");
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed", incarnation: 1 });
  });

  it("that throws in its first step has failed to start", async () => {
    const context = () => {
      throw boom;
    };
    const { s } = await run(setup({}).createMachine({ context }), { restart: "never" });
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", incarnation: 1 });
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(boom);
  });

  it("is given its input, or what a function makes of each incarnation's context", async () => {
    const { ref } = await run(machine, { input: { port: 80 } });
    expect(ref().getSnapshot().context).toEqual({ input: { port: 80 } });
    const contexts: ServiceContext[] = [];
    const own = await run(machine, {
      input: (ctx: ServiceContext) => {
        contexts.push(ctx);
        return { nth: ctx.incarnation };
      },
    });
    await own.s.supervisor.restartService("a");
    expect(own.ref().getSnapshot().context).toEqual({ input: { nth: 2 } });
    contexts[1]!.fail(boom);
    await own.s.clock.advance(0);
    expect(own.s.supervisor.status("a").state).toBe("backoff");
    expect(contexts[1]!.signal.aborted).toBe(true);
  });

  it("whose input throws has failed to start", async () => {
    const input = () => {
      throw boom;
    };
    const { s } = await run(machine, { input, restart: "never" });
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(boom);
    expect(s.supervisor.status().state).toBe("running");
  });
});

describe("what a machine leaves running", () => {
  const boom = new Error("boom");

  /** Counts the callbacks that are alive. */
  function family(where: "entry" | "later" | "grandchild") {
    const live = new Set<string>();
    const tick = fromCallback<AnyEventObject, { name: string }>(({ input }) => {
      if (live.has(input.name)) throw new Error(`${input.name} is alive twice`);
      live.add(input.name);
      return () => live.delete(input.name);
    });
    const inner = setup({ actors: { tick } }).createMachine({
      invoke: { src: "tick", id: "tick", systemId: "inner-tick", input: { name: "inner" } },
    });
    const machine = setup({
      actors: { tick, inner },
      actions: {
        throws: () => {
          throw boom;
        },
      },
    }).createMachine({
      // XState's types take no list that is put together.
      entry: [
        spawnChild("tick", { id: "one", systemId: "tick-one", input: { name: "one" } }),
        ...(where === "grandchild" ? [spawnChild("inner", { id: "two" })] : []),
        ...(where === "entry" ? ["throws"] : []),
      ] as never,
      on: { THROW: { actions: "throws" } },
    });
    return { live, machine };
  }

  it.each(["later", "grandchild"] as const)("its children are swept when it throws by itself: %s", async (where) => {
    const { live, machine } = family(where);
    const { s, ref } = await run(machine);
    expect(live.size).toBe(where === "grandchild" ? 2 : 1);
    ref().send({ type: "THROW" });
    await s.clock.advance(0);
    expect(live.size).toBe(0);
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
    expect(live.size).toBe(where === "grandchild" ? 2 : 1);
    await s.supervisor.stop();
    expect(live.size).toBe(0);
  });

  it("its children are swept when it throws on entry", async () => {
    const { live, machine } = family("entry");
    const { s } = await run(machine, { restart: { maxRetries: 2 }, critical: false });
    await s.clock.advance(10_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", incarnation: 3, error: { code: "ERR_GAVE_UP" } });
    expect((exits(s, "app/a").at(-1) as { error: Error }).error).toBe(boom);
    expect(live.size).toBe(0);
  });

  it("its children are stopped with it, the deepest too", async () => {
    const { live, machine } = family("grandchild");
    const { s } = await run(machine);
    await s.supervisor.restartService("a");
    expect([...live].sort()).toEqual(["inner", "one"]);
    await s.supervisor.stopService("a");
    expect(live.size).toBe(0);
  });

  it("a child's error that it does not handle is its failure", async () => {
    const tick = fromPromise(() => Promise.reject(boom));
    const machine = setup({ actors: { tick } }).createMachine({ invoke: { src: "tick", id: "tick" } });
    const { s } = await run(machine);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(boom);
    expect(s.supervisor.status("a").state).toBe("backoff");
    await s.supervisor.stopService("a");
  });
});

describe("a promise", () => {
  it("completes with what it resolves to, and fails with what it is rejected with", async () => {
    const ends: [(value: unknown) => void, (error: unknown) => void][] = [];
    const { s } = await run(fromPromise(() => new Promise((...both) => void ends.push(both))));
    const error = new Error("no");
    ends[0]![1](error);
    await s.clock.advance(1_000);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(error);
    ends[1]![0]({ done: 1 });
    await s.clock.advance(0);
    expect(exits(s, "app/a")[1]).toEqual({ kind: "completed", value: { done: 1 } });
  });

  it("its signal aborts when the service is stopped, and a late end changes nothing", async () => {
    const signals: AbortSignal[] = [];
    let reject = (_: unknown) => {};
    const logic = fromPromise(({ signal }) => {
      signals.push(signal);
      return new Promise((_, no) => {
        reject = no;
      });
    });
    const { s } = await run(logic);
    await s.supervisor.stopService("a");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    reject(new Error("late"));
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped", error: null });
  });

  it("that throws undefined fails with an Error that says so", async () => {
    const { s } = await run(
      fromPromise(() => Promise.reject(undefined)),
      { restart: "never" },
    );
    const [exit] = exits(s, "app/a") as { error: Error }[];
    expect(exit!.error).toBeInstanceOf(Error);
    expect("cause" in exit!.error).toBe(true);
  });
});

describe("a callback", () => {
  it("runs until it is stopped; its cleanup is called then", async () => {
    const told: string[] = [];
    const logic = fromCallback(({ receive }) => {
      receive(({ type }) => void told.push(type));
      return () => void told.push("cleanup");
    });
    const { s, ref } = await run(logic);
    ref().send({ type: "HELLO" });
    expect(s.supervisor.status("a").state).toBe("running");
    await s.supervisor.stopService("a");
    expect(told).toEqual(["HELLO", "cleanup"]);
  });

  it.each(["its body", "a receiver"])("fails when %s throws", async (where) => {
    const error = new Error("no");
    const logic = fromCallback(({ receive }) => {
      if (where === "its body") throw error;
      receive(() => {
        throw error;
      });
    });
    const { s, ref } = await run(logic, { restart: "never" });
    if (where === "a receiver") ref().send({ type: "HELLO" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a").state).toBe("failed");
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(error);
  });

  it("whose cleanup throws is down all the same, and the tree goes on", async () => {
    const logic = fromCallback(() => () => {
      throw new Error("no");
    });
    const { s } = await run(logic);
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
    const { s } = await run(from(() => subject as never));
    subject.next({ type: "X" });
    expect([s.supervisor.status("a").state, subject.observers.size]).toEqual(["running", 1]);
    const error = new Error("no");
    subject.error(error);
    await s.clock.advance(0);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(error);
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
  it("runs until it is stopped, and fails when it throws", async () => {
    const error = new Error("no");
    const logic = fromTransition((count: number, event: { type: string }) => {
      if (event.type === "THROW") throw error;
      return count + 1;
    }, 0);
    const { s, ref } = await run(logic);
    ref().send({ type: "ADD" });
    expect(ref().getSnapshot().context).toBe(1);
    ref().send({ type: "THROW" });
    await s.clock.advance(1_000);
    expect((exits(s, "app/a")[0] as { error: Error }).error).toBe(error);
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

  it("is stopped when its service is, and no actor of the tree runs on after the tree's stop", async () => {
    const { s, ref } = await run(counter);
    const actor = ref();
    actor.send({ type: "ADD" });
    await s.supervisor.stop();
    expect(actor.getSnapshot()).toMatchObject({ status: "stopped", context: { count: 1 } });
    expect(s.supervisor.actor.getSnapshot().status).toBe("active");
  });

  it("gives its actor to its probes", async () => {
    const values: unknown[] = [];
    const { ref } = await run(counter, { readiness: ({ value }) => void values.push(value) });
    expect(values).toEqual([ref()]);
  });

  it("can be up when its input says so, with readyOn signal", async () => {
    let ready = () => {};
    const input = (ctx: ServiceContext) => {
      ready = ctx.ready;
    };
    const { s, started } = await run(counter, { readyOn: "signal", input });
    expect([started.state, s.supervisor.status("a").phase]).toEqual(["pending", "launching"]);
    ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("never ends the root actor, whatever it throws", async () => {
    const { s, ref } = await run(
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
  });

  it("an event that nobody knows leaves the root as it is", async () => {
    const { s } = await run(counter);
    s.supervisor.actor.send({ type: "nonsense" });
    s.supervisor.actor.send({ type: "unit.ended", incarnation: 1 } as never);
    await s.clock.advance(0);
    expect(s.supervisor.status()).toMatchObject({ state: "running", healthy: true });
  });
});
