// xstate.ts: every use of undocumented parts of XState, with the reason for each.
//
// Where a version of XState is different, each falls back to documented behaviour. The inspector imports this file, too.

import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  fromCallback,
  fromPromise,
  type Subscription,
} from "xstate";

/** The event that stops an actor. */
export const stopType = "xstate.stop";

/** Stops an actor that is not a root. `stop()` refuses that, and no documented call does it from outside the parent. */
export function stopActor(ref: AnyActorRef): void {
  ref.send({ type: stopType });
}

/** On the actor of each chart of ours, or on its logic if it is an actor of XState's. */
export const chartMark = Symbol("statevisor.chart");

function isChart(ref: AnyActorRef): boolean {
  return chartMark in ref || chartMark in logicOf(ref);
}

interface Relay {
  _relay?(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void;
}

/** The actor that an actor was started by. No documented call tells it, though its type has the field. */
export function parentOf(ref: AnyActorRef): AnyActorRef | undefined {
  return ref._parent;
}

/** The logic that an actor runs. Every actor has one; the type of a reference does not say so. */
export function logicOf(ref: AnyActorRef): AnyActorLogic {
  return (ref as AnyActorRef & { readonly logic: AnyActorLogic }).logic;
}

interface Receiver {
  _send?(event: AnyEventObject): void;
}

/**
 * Whether this version of XState delivers what an actor sends to its parent by calling `_send`, as the actors of our
 * charts expect. XState itself runs the charts under a version that does not.
 */
export function isFamiliar(ref: AnyActorRef): boolean {
  const { _send } = ref as Receiver;
  const { _relay } = ref.system as unknown as Relay;
  return typeof _send === "function" && typeof _relay === "function";
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

/** Whether an event is XState's report that its sender has ended. A sender that is active has not, whatever it says. */
export function isEndOf(source: AnyActorRef, { type }: AnyEventObject): boolean {
  if (type !== `xstate.done.actor.${source.id}` && type !== `xstate.error.actor.${source.id}`) return false;
  return (source.getSnapshot() as { status?: unknown } | undefined)?.status !== "active";
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
export function sendFrom(source: AnyActorRef, target: AnyActorRef, event: AnyEventObject): void {
  const relaying = source.system as unknown as Relay;
  if (relaying._relay === undefined) target.send(event);
  else relaying._relay(source, target, event);
}

/**
 * Lets observers of an actor do without an `error` of their own. XState reports the failure of an actor that has such an
 * observer as an uncaught error, which ends the process; here the failure is that of the service alone.
 */
export function forgiveObservers(ref: AnyActorRef): void {
  const subscribe = ref.subscribe.bind(ref);
  const ignore = (): void => {};
  ref.subscribe = (
    observer: Observer | Observer["next"],
    error: Observer["error"] = undefined,
    complete: Observer["complete"] = undefined,
  ): Subscription => {
    if (typeof observer === "function") return subscribe(observer, error ?? ignore, complete);
    return subscribe(
      (snapshot) => observer?.next?.(snapshot),
      (reason) => observer?.error?.(reason),
      () => observer?.complete?.(),
    );
  };
}

interface Observer {
  next?: ((snapshot: unknown) => void) | undefined;
  error?: ((error: unknown) => void) | undefined;
  complete?: (() => void) | undefined;
}

/** Stops the children of an actor that threw in a transition: XState does not stop them in this case. */
export function sweep(failed: AnyActorRef): void {
  const { children = {} } = failed.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  for (const child of Object.values(children).reverse()) {
    if (child === undefined) continue;
    if ((child.getSnapshot() as { status: string }).status === "active") stopActor(child);
    else sweep(child);
  }
}

/**
 * An actor to be given as `parent` to a child, in place of the actor itself: what the child sends to its parent goes to
 * `take`. XState calls `_send` of the parent; by the parent's own transition alone nobody could tell who has sent what.
 */
export function toParent(self: AnyActorRef, take: (event: AnyEventObject) => void): AnyActorRef {
  return Object.create(self, { _send: { value: take } }) as AnyActorRef;
}

/** A clock as XState's options take it; XState's own SimulatedClock has `now`, too. */
export interface ActorClock {
  now?(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

/** The clock of an actor's system. Every actor has it; the type of a reference does not say so. */
export function clockOf(ref: AnyActorRef): ActorClock {
  return (ref as AnyActorRef & { readonly clock: ActorClock }).clock;
}
