// Services that are XState machines: their life, their own throws, and what they leave running. The other kinds of
// actors are in actors-kinds.test.ts.

import { describe, expect, it } from "vitest";
import { type AnyActorRef, type AnyEventObject, fromCallback, fromPromise, setup, spawnChild } from "xstate";
import type { ServiceContext } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { exitsOf } from "../support/scenario.ts";
import { runActor } from "../support/services.ts";

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

  it("a machine is up while it is active, and completes with its output when it is done", async () => {
    const { s, started, ref } = await runActor(machine);
    expect([started.state, ref().getSnapshot().value]).toEqual(["resolved", "idle"]);
    ref().send({ type: "FINISH" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed" });
    expect(exitsOf(s, "app/a")).toEqual([{ kind: "completed", value: "result" }]);
  });

  it("a machine runs on the clock of the tree, and leaves no timer when it is stopped", async () => {
    const { s, ref } = await runActor(machine);
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

  it("a machine that throws in an action fails with that very error, and restarts as a new actor", async () => {
    const { s, ref } = await runActor(machine);
    const old = ref();
    old.send({ type: "THROW" });
    await s.clock.advance(0);
    expect(exitsOf(s, "app/a")).toMatchObject([{ kind: "failed", cause: "error" }]);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(boom);
    expect(s.supervisor.status("a").state).toBe("backoff");
    await s.clock.advance(1_000);
    expect(ref()).not.toBe(old);
    expect(ref().getSnapshot().status).toBe("active");
    old.send({ type: "FINISH" });
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
    expectHistory(s.record.updates);
  });

  it("a machine that is done at once completes", async () => {
    const { s, started } = await runActor(
      setup({}).createMachine({ initial: "over", states: { over: { type: "final" } } }),
    );
    expect(started.state).toBe("resolved");
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "completed", incarnation: 1 });
  });

  it("a machine that throws in its first step has failed to start", async () => {
    const context = () => {
      throw boom;
    };
    const { s } = await runActor(setup({}).createMachine({ context }), { restart: "never" });
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", incarnation: 1 });
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(boom);
  });

  it("a machine is given its input, or what a function makes of each incarnation's context", async () => {
    const { ref } = await runActor(machine, { input: { port: 80 } });
    expect(ref().getSnapshot().context).toEqual({ input: { port: 80 } });
    const contexts: ServiceContext[] = [];
    const own = await runActor(machine, {
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

  it("a machine whose input throws has failed to start", async () => {
    const input = () => {
      throw boom;
    };
    const { s } = await runActor(machine, { input, restart: "never" });
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(boom);
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
      // XState's types do not take a list that is put together at run time.
      entry: [
        spawnChild("tick", { id: "one", systemId: "tick-one", input: { name: "one" } }),
        ...(where === "grandchild" ? [spawnChild("inner", { id: "two" })] : []),
        ...(where === "entry" ? ["throws"] : []),
      ] as never,
      on: { THROW: { actions: "throws" } },
    });
    return { live, machine };
  }

  it.each([
    "later",
    "grandchild",
  ] as const)("the children of a machine are stopped when it throws by itself: %s", async (where) => {
    const { live, machine } = family(where);
    const { s, ref } = await runActor(machine);
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

  it("the children of a machine are stopped when it throws on entry", async () => {
    const { live, machine } = family("entry");
    const { s } = await runActor(machine, { restart: { maxRetries: 2 }, critical: false });
    await s.clock.advance(10_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", incarnation: 3, error: { code: "ERR_GAVE_UP" } });
    expect((exitsOf(s, "app/a").at(-1) as { error: Error }).error).toBe(boom);
    expect(live.size).toBe(0);
  });

  it("the children of a machine are stopped with it, the deepest too", async () => {
    const { live, machine } = family("grandchild");
    const { s } = await runActor(machine);
    await s.supervisor.restartService("a");
    expect([...live].sort()).toEqual(["inner", "one"]);
    await s.supervisor.stopService("a");
    expect(live.size).toBe(0);
  });

  it("an error of a child that a machine does not handle is the machine's failure", async () => {
    const tick = fromPromise(() => Promise.reject(boom));
    const machine = setup({ actors: { tick } }).createMachine({ invoke: { src: "tick", id: "tick" } });
    const { s } = await runActor(machine);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(boom);
    expect(s.supervisor.status("a").state).toBe("backoff");
    await s.supervisor.stopService("a");
  });
});

// Case X1
describe("an observer without an error of its own", () => {
  it.each([
    ["a function", (ref: AnyActorRef) => ref.subscribe(() => {})],
    ["an object", (ref: AnyActorRef) => ref.subscribe({ next: () => {} })],
  ])("(%s) gets none of the failure of a supervised actor, which is its service's alone", async (_, subscribe) => {
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => void uncaught.push(error);
    process.on("uncaughtException", listener);
    let fail = (_error: Error) => {};
    const actor = fromPromise(() => new Promise((_resolve, reject) => (fail = reject)));
    const { s, ref } = await runActor(actor, { restart: "never", critical: false });
    subscribe(ref());
    fail(new Error("boom"));
    await s.clock.advance(10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("uncaughtException", listener);
    expect(uncaught).toEqual([]);
    expect(s.supervisor.status("a").state).toBe("failed");
  });

  it("still hears what it asks for", async () => {
    const heard: unknown[] = [];
    let fail = (_error: Error) => {};
    const actor = fromPromise(() => new Promise((_resolve, reject) => (fail = reject)));
    const { s, ref } = await runActor(actor, { restart: "never", critical: false });
    ref().subscribe({ error: (error) => heard.push(error) });
    const error = new Error("boom");
    fail(error);
    await s.clock.advance(10);
    expect(heard).toEqual([error]);
  });
});
