// The actor of a chart, as XState's own functions and its users see it. Each rule holds for XState's actor and for the
// engine's. (equivalence.test.ts compares their snapshots in every state.)

import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type AnyActorRef, type AnyMachineSnapshot, createActor, toPromise, waitFor } from "xstate";
import { serviceChart } from "../../machines/service.ts";
import { Charts, RunnableChart } from "../../src/engine/charts.ts";
import { serviceRules } from "./chart-events.ts";

const start = { type: "service.start", by: "hand" } as const;
const ready = { type: "unit.ready", incarnation: 1, at: 5 } as const;
const stopped = { type: "xstate.stop" } as const;
const rule = { ...serviceRules[1]!, startDelayMs: 0 };
const turns = { isRunning: false, enter: <T>(work: () => T): T => work(), inContext: (work: () => void) => work() };
const clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} };

/** A port that does what `on` says. */
function createPort(on: Partial<Record<string, () => void>>): object {
  const host: Record<string, unknown> = { witnesses: { all: null }, toJSON: () => "port", ...on };
  return new Proxy(host, { get: (_, name: string) => host[name] ?? (() => {}) });
}

type Make = (on?: Partial<Record<string, () => void>>) => AnyActorRef;

const byEngine: Make = (on = {}) => {
  const options = { clock, turns, inspect: undefined, onStray: () => {}, onUnfamiliar: () => {} };
  const input = { rule, port: createPort(on) };
  return new Charts(options).startRoot(new RunnableChart(serviceChart), "app/a", input) as AnyActorRef;
};

const byXState: Make = (on = {}) =>
  createActor(serviceChart.machine(), {
    id: "app/a",
    input: { rule, port: createPort(on) as never },
    clock,
  }).start() as AnyActorRef;

/** What is thrown to the host while a test runs. */
function catchStray(): unknown[] {
  const caught: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => caught.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  });
  return caught;
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe.each([
  ["the engine's", byEngine],
  ["XState's", byXState],
])("%s actor of a chart", (_, make) => {
  it("can be waited for", async () => {
    const actor = make();
    const up = waitFor(actor, (snapshot: AnyMachineSnapshot) => snapshot.matches("running"));
    actor.send(start);
    actor.send(ready);
    expect((await up).value).toEqual({ running: "unhealthy" });
  });

  it("that is stopped fails the waits for it, and completes its subscribers", async () => {
    const actor = make();
    const wait = waitFor(actor, () => false);
    const complete = vi.fn();
    actor.subscribe({ complete });
    const promise = toPromise(actor);
    actor.send(stopped);
    await expect(wait).rejects.toThrow();
    await expect(promise).resolves.toBe(undefined);
    expect(complete).toHaveBeenCalledOnce();
    expect(actor.getSnapshot().status).toBe("stopped");
  });

  it("takes nothing after its stop", () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const actor = make();
    actor.send(stopped);
    const next = vi.fn();
    actor.subscribe(next);
    actor.send(start);
    expect(actor.getSnapshot()).toMatchObject({ value: { stopped: "idle" }, status: "stopped" });
    expect(next).not.toHaveBeenCalled();
  });

  it("stops by stop() if it is the root, and sets off no timer after that", () => {
    const actor = make();
    actor.send(start);
    actor.stop();
    expect(actor.getSnapshot().status).toBe("stopped");
  });

  it("gives the same snapshot until something changes, and one that is kept does not change", () => {
    const actor = make();
    const before = actor.getSnapshot();
    actor.send({ type: "nonsense" });
    expect(actor.getSnapshot()).toBe(before);
    const seen: [AnyMachineSnapshot, string][] = [];
    for (const event of [start, ready, { type: "readiness.passed" }, { type: "service.stop", by: "hand" }]) {
      actor.send(event);
      seen.push([actor.getSnapshot(), JSON.stringify(actor.getSnapshot())]);
    }
    expect(JSON.stringify(before)).not.toBe(seen[0]![1]);
    for (const [snapshot, text] of seen) expect(JSON.stringify(snapshot)).toBe(text);
  });

  it("tells its subscribers of each event, in the order in which they came, and no more once they leave", () => {
    const actor = make();
    const heard: string[] = [];
    const first = actor.subscribe(({ value }) => void heard.push(`first ${JSON.stringify(value)}`));
    actor.subscribe({ next: ({ value }) => void heard.push(`second ${JSON.stringify(value)}`) });
    actor.send(start);
    first.unsubscribe();
    actor.send({ type: "nonsense" });
    expect(heard).toEqual([
      'first {"starting":"launching"}',
      'second {"starting":"launching"}',
      'second {"starting":"launching"}',
    ]);
  });

  it("is not harmed by a subscriber that throws, whose error goes to the host", async () => {
    const caught = catchStray();
    const error = new Error("bad subscriber");
    const actor = make();
    actor.subscribe(() => {
      throw error;
    });
    const next = vi.fn();
    actor.subscribe(next);
    actor.send(start);
    expect(next).toHaveBeenCalledOnce();
    await nextTurn();
    expect(caught).toEqual([error]);
  });

  it("takes an event that comes during a step after that step", () => {
    const told: string[] = [];
    const actor = make({
      launch: () => {
        actor.send(ready);
        told.push(`launch in ${JSON.stringify(actor.getSnapshot().value)}`);
      },
    });
    actor.subscribe(({ value }) => void told.push(JSON.stringify(value)));
    actor.send(start);
    expect(told).toEqual(['launch in {"stopped":"idle"}', '{"starting":"launching"}', '{"running":"unhealthy"}']);
  });

  it("selects a part of its snapshots, and tells when that part changes", () => {
    const actor = make();
    const part = actor.select(({ context }) => context.incarnation);
    const heard: unknown[] = [];
    part.subscribe((incarnation) => void heard.push(incarnation));
    actor.send(start);
    actor.send(ready);
    expect([part.get(), heard]).toEqual([1, [1]]);
  });

  it("is an observable and a reference to itself, as other libraries look for", () => {
    const actor = make() as AnyActorRef & { readonly ref: unknown };
    const observe = Reflect.get(actor, Symbol.observable ?? "@@observable") as () => unknown;
    expect(observe.call(actor)).toBe(actor);
    expect(actor.ref).toBe(actor);
    expect(actor.toJSON?.()).toEqual({ xstate$$type: 1, id: "app/a" });
    expect(actor.sessionId).toMatch(/^x:\d+$/);
    const subscription = actor.on("*", () => {});
    subscription.unsubscribe();
    expect(actor.start()).toBe(actor);
  });
});

it("an actor that is told of an unhandled error of another ends in error, in the engine as in XState", async () => {
  const { supervisorChart } = await import("../../machines/supervisor.ts");
  const input = { rule: { intensity: null, autoShutdown: "never" as const }, port: createPort({}) as never };
  const options = { clock, turns, inspect: undefined, onStray: () => {}, onUnfamiliar: () => {} };
  const error = new Error("unhandled");
  const actors = [
    new Charts(options).startRoot(new RunnableChart(supervisorChart), "app", input) as AnyActorRef,
    createActor(supervisorChart.machine(), { id: "app", input, clock }).start() as AnyActorRef,
  ];
  for (const actor of actors) {
    const heard: unknown[] = [];
    actor.subscribe({ error: (given) => void heard.push(given) });
    actor.send({ type: "xstate.error.actor.x", error, actorId: "x" });
    actor.subscribe({ error: (given) => void heard.push(given) });
    expect([actor.getSnapshot().status, actor.getSnapshot().error, heard]).toEqual(["error", error, [error, error]]);
  }
});
