// What statevisor touches of XState that is not in its documentation, one reason each. Where a version of XState is
// different, each of these falls back to what is documented.

import { type AnyActorLogic, type AnyActorRef, fromCallback, fromPromise } from "xstate";

/** Stops an actor that is not a root: `stop()` refuses that, and nothing else does it from outside of the parent. */
export function stopActor(ref: AnyActorRef): void {
  ref.send({ type: "xstate.stop" });
}

type Creator = (args: never) => unknown;

/**
 * The same logic, that also hands over each promise of the user's code in it: that of `fromPromise`, that of an async
 * callback, and that of an async cleanup. XState waits for none of them when it stops an actor.
 */
export function trackPromises(logic: AnyActorLogic, track: (promise: PromiseLike<unknown>) => void): AnyActorLogic {
  // The function that a promise or a callback logic was made of.
  const { config } = logic as { config?: unknown };
  if (typeof config !== "function" || Object.keys(logic).sort().join() !== membersOfStarted) return logic;
  const create = config as Creator;
  const follow = (value: unknown): void => {
    if (isThenable(value)) track(value);
  };
  // What each kind of logic makes of an event of its own tells them apart: they look the same.
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

/** What the logics that fromPromise, fromCallback and fromObservable make are made of. */
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
