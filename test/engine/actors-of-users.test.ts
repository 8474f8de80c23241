// The user's own actors in a tree live as they do below XState's actors, whether the engine runs the charts or, with
// `inspect`, XState does.

import { describe, expect, it } from "vitest";
import {
  type AnyActorRef,
  assign,
  fromPromise,
  fromTransition,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  waitFor,
} from "xstate";
import { createKeepingLogger } from "../support/logger.ts";
import { createScenario } from "../support/scenario.ts";

const counter = fromTransition((count: number) => count + 1, 0);

/** A machine with a child that the whole system knows as "counter". */
const keeper = setup({ actors: { counter } }).createMachine({
  entry: spawnChild("counter", { id: "mine", systemId: "counter" }),
  on: { "*": { actions: sendTo("mine", { type: "count" }) } },
});

/** Looks the counter up in the system of actors. */
const friend = setup({}).createMachine({
  context: { seen: 0 },
  on: {
    count: { actions: sendTo(({ system }) => system.get("counter"), { type: "count" }) },
    look: { actions: assign(({ system }) => ({ seen: system.get("counter").getSnapshot().context as number })) },
    tell: { actions: sendParent({ type: "service.stop", by: "hand" }) },
  },
});

describe.each([
  ["the engine", undefined],
  ["XState", () => {}],
])("under charts that %s runs", (_, inspect) => {
  const scenario = (services: Parameters<typeof createScenario>[0]["services"], options = {}) =>
    createScenario({ services }, { ...options, ...(inspect && { inspect }) });

  it("an actor finds others by their system ids, and a restart frees the id", async () => {
    const { supervisor, start } = scenario([
      { name: "keeper", actor: keeper },
      { name: "friend", actor: friend },
    ]);
    await start();
    const of = (path: string) => supervisor.actorsOf(path).actor!;
    const { system } = supervisor.actor;
    of("friend").send({ type: "count" });
    expect(system.get("counter").getSnapshot().context).toBe(1);
    const first = system.get("counter");
    await supervisor.restartService("keeper");
    expect(system.get("counter")).not.toBe(first);
    of("keeper").send({ type: "any" });
    of("friend").send({ type: "look" });
    expect(of("friend").getSnapshot().context).toEqual({ seen: 1 });
    await supervisor.stop();
    expect(system.get("counter")).toBe(undefined);
  });

  it("an actor is the child of its service, in one system with the root", async () => {
    const { supervisor, start } = scenario([{ name: "sub", services: [{ name: "keeper", actor: keeper }] }]);
    await start();
    const { service, actor } = supervisor.actorsOf("sub/keeper");
    const { service: sub, supervisor: own } = supervisor.actorsOf("sub");
    const parentOf = (ref: AnyActorRef | null | undefined) => ref?._parent;
    expect(parentOf(actor)).toBe(service);
    expect(parentOf(service)).toBe(own);
    expect(parentOf(own)).toBe(sub);
    expect(parentOf(sub)).toBe(supervisor.actor);
    expect(parentOf(supervisor.actor)).toBe(undefined);
    const all = [actor, service, own, sub, supervisor.actor].map((ref) => ref!);
    expect(new Set(all.map(({ system }) => system)).size).toBe(1);
    expect(new Set(all.map(({ sessionId }) => sessionId)).size).toBe(5);
    expect(all.slice(1).map(({ id }) => id)).toEqual(["app/sub/keeper", "app/sub.services", "app/sub", "app"]);
  });

  it("the end of an actor reaches the chart of its service as XState's event", async () => {
    const { supervisor, start, clock } = scenario([
      { name: "good", actor: fromPromise(async () => 42), restart: "never", critical: false },
      {
        name: "bad",
        actor: fromPromise(async () => Promise.reject(new Error("boom"))),
        restart: "never",
        critical: false,
      },
    ]);
    const seen: unknown[] = [];
    supervisor.watchCharts({
      sent: ({ path }, event) => void (event.type.startsWith("xstate.") && seen.push({ path, ...event })),
      stepped: () => {},
      metActors: () => {},
    });
    await start();
    await clock.advance(0);
    expect(seen).toEqual([
      { path: "app/good", type: "xstate.done.actor.app/good#1", output: 42, actorId: "app/good#1" },
      { path: "app/bad", type: "xstate.error.actor.app/bad#1", error: new Error("boom"), actorId: "app/bad#1" },
    ]);
    expect(supervisor.status("good")).toMatchObject({ state: "stopped", phase: "completed" });
    expect(supervisor.status("bad")).toMatchObject({ state: "failed" });
  });

  it("what an actor sends to its parent is kept from the chart, and warned of", async () => {
    const { logger, entries } = createKeepingLogger();
    const { supervisor, start } = scenario([{ name: "friend", actor: friend }], { logger });
    await start();
    supervisor.actorsOf("friend").actor!.send({ type: "tell" });
    expect(supervisor.status("friend").state).toBe("running");
    expect(entries.filter(({ level }) => level === "warn").map(({ data }) => data)).toEqual([
      { from: "app/friend#1", to: "app/friend", type: "service.stop" },
    ]);
  });

  it("the actors of the charts can be waited for", async () => {
    const { supervisor, start } = scenario([{ name: "keeper", actor: keeper }]);
    const up = waitFor(supervisor.actorsOf("keeper").service!, ({ value }) => "running" in Object(value));
    const healthy = waitFor(supervisor.actor, ({ value }) => value.health === "healthy");
    await start();
    expect((await up).value).toEqual({ running: "healthy" });
    expect((await healthy).value).toEqual({ lifecycle: "running", health: "healthy" });
  });

  it("the inspector of a system sees the charts' events and snapshots", async () => {
    const { supervisor, start } = scenario([{ name: "keeper", actor: keeper }]);
    const seen: string[] = [];
    const subscription = supervisor.actor.system.inspect((event) => {
      const { id } = event.actorRef as AnyActorRef;
      if (event.type === "@xstate.event") seen.push(`${id} ${event.event.type}`);
      if (event.type === "@xstate.snapshot" && id === "app/keeper") {
        seen.push(`${id} is ${JSON.stringify((event.snapshot as { value?: unknown }).value)}`);
      }
      expect(event.rootId).toBe(supervisor.actor.sessionId);
    });
    await start();
    subscription.unsubscribe();
    await supervisor.stop();
    expect(seen).toEqual([
      "app supervisor.start",
      "app children.rated",
      "app/keeper service.start",
      'app/keeper is {"starting":"launching"}',
      "app children.rated",
      "app/keeper#1 xstate.init",
      "mine xstate.init",
      "app/keeper unit.ready",
      'app/keeper is {"running":"healthy"}',
      "app children.rated",
    ]);
  });
});
