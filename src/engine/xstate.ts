// xstate.ts: every use of undocumented parts of XState, with the reason for each.
//
// Where a version of XState is different, each falls back to documented behaviour.

import { type AnyActorLogic, type AnyActorRef, type AnyEventObject, fromCallback, fromPromise } from "xstate";

/** Stops an actor that is not a root. `stop()` refuses that, and no documented call does it from outside the parent. */
export function stopActor(ref: AnyActorRef): void {
  ref.send({ type: "xstate.stop" });
}

/** On the logic of each chart of ours. */
export const chartMark = Symbol("statevisor.chart");

function isChart(ref: AnyActorRef): boolean {
  return chartMark in ((ref as { logic?: object }).logic ?? {});
}

interface Relay {
  _relay?(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void;
}

/**
 * Lets no actor of the user's steer a chart: of what such an actor sends to a chart, only XState's own events of its end
 * get through. `_relay` is where XState passes on every event that has a sender.
 */
export function guardCharts(
  system: AnyActorRef["system"],
  onStray: (source: AnyActorRef, target: AnyActorRef, event: AnyEventObject) => void,
): void {
  const relaying = system as unknown as Relay;
  const relay = relaying._relay;
  if (typeof relay !== "function") return;
  relaying._relay = (source, target, event) => {
    const isStray = source !== undefined && isChart(target) && !isChart(source) && !isEndOf(source, event);
    if (isStray) onStray(source, target, event);
    else relay.call(system, source, target, event);
  };
}

function isEndOf({ id }: AnyActorRef, { type }: AnyEventObject): boolean {
  return type === `xstate.done.actor.${id}` || type === `xstate.error.actor.${id}`;
}

type Creator = (args: never) => unknown;

/**
 * Returns the same logic, which also passes each promise of the user's code to `track`: from `fromPromise`, an async
 * callback, or an async cleanup. XState waits for none of them when it stops an actor.
 */
export function trackPromises(logic: AnyActorLogic, track: (promise: PromiseLike<unknown>) => void): AnyActorLogic {
  // The function that a promise logic or a callback logic was made from.
  const { config } = logic as { config?: unknown };
  if (typeof config !== "function" || Object.keys(logic).sort().join() !== membersOfStarted) return logic;
  const create = config as Creator;
  const follow = (value: unknown): void => {
    if (isThenable(value)) track(value);
  };
  // The logics have the same members, so their reactions to an event of one kind distinguish them.
  if (statusAfter(logic, "xstate.promise.resolve") === "done") {
    return fromPromise(async (args) => {
      const promise = create(args as never);
      follow(promise);
      return promise;
    });
  }
  if (statusAfter(logic, "xstate.observable.complete") === "done") return logic;
  return fromCallback((args) => {
    const cleanup = create(args as never);
    follow(cleanup);
    if (typeof cleanup !== "function") return undefined;
    return () => follow(cleanup());
  });
}

/** The members of the logics that fromPromise, fromCallback and fromObservable return. */
const membersOfStarted = "config,getInitialSnapshot,getPersistedSnapshot,restoreSnapshot,start,transition";

function statusAfter(logic: AnyActorLogic, type: string): unknown {
  try {
    const active = { status: "active", output: undefined, error: undefined, input: undefined };
    return (logic.transition(active as never, { type } as never, {} as never) as { status?: unknown }).status;
  } catch {
    return undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Sends an event as its sender does, so that it goes the way of every event that has one. */
export function sendFrom(
  system: AnyActorRef["system"],
  source: AnyActorRef,
  target: AnyActorRef,
  event: AnyEventObject,
): void {
  const relaying = system as unknown as Relay;
  if (relaying._relay === undefined) target.send(event);
  else relaying._relay(source, target, event);
}
