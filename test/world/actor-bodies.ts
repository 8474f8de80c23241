// actor-bodies.ts: the code of the services of a world that are XState actors: promises, callbacks, observables, and
// machines that drain.

import {
  type AnyActorLogic,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  type Subscribable,
} from "xstate";
import type { ServiceContext } from "../../src/index.ts";
import { goDown, leave, type Stage } from "./bodies.ts";
import type { Begun } from "./lives.ts";
import type { ChildShape } from "./shape.ts";

type Kind = "promise" | "callback" | "observable" | "machine";

const logics: Record<Kind, (stage: Stage, shape: ChildShape) => AnyActorLogic> = {
  promise: toPromise,
  callback: toCallback,
  observable: toObservable,
  machine: toMachine,
};

/** The members of the spec of an actor. Each incarnation has its context as input. */
export function toActor(stage: Stage, shape: ChildShape) {
  return {
    actor: logics[shape.body as Kind](stage, shape),
    input: (ctx: ServiceContext) => ctx,
    ...(shape.body === "machine" && { stopEvent: { type: "drain" } }),
  };
}

function begin(stage: Stage, shape: ChildShape, ctx: ServiceContext, endsItself: boolean): Begun {
  const begun = stage.begin(ctx, shape, endsItself);
  if (!stage.isOn("brokenStart", shape.name)) return begun;
  begun.end();
  throw new Error("broken start");
}

function toPromise(stage: Stage, shape: ChildShape) {
  return fromPromise<void, ServiceContext>(({ input: ctx }) => {
    const begun = begin(stage, shape, ctx, true);
    ctx.signal.addEventListener("abort", () => void goDown(stage, shape, ctx, begun));
    return begun.over;
  });
}

/** Its cleanup is async: XState itself would not wait for it. */
function toCallback(stage: Stage, shape: ChildShape) {
  return fromCallback<{ type: string }, ServiceContext>(({ input: ctx }) => {
    const begun = begin(stage, shape, ctx, false);
    return async () => {
      stage.onPlace("stop", ctx);
      await leave(stage, shape, ctx, begun);
    };
  });
}

function toObservable(stage: Stage, shape: ChildShape) {
  return fromObservable<number, ServiceContext>(
    ({ input: ctx }) =>
      ({
        subscribe(observer: { complete(): void; error(error: unknown): void }) {
          const begun = begin(stage, shape, ctx, true);
          let isClosed = false;
          begun.over.then(
            () => isClosed || observer.complete(),
            (error) => isClosed || observer.error(error),
          );
          return {
            unsubscribe() {
              isClosed = true;
              begun.end();
            },
          };
        },
      }) as unknown as Subscribable<number>,
  );
}

/** A machine that goes on when its `stopEvent` comes, until it is done. What it invokes lives as long as it does. */
function toMachine(stage: Stage, shape: ChildShape) {
  const life = fromCallback<{ type: "drain" }, ServiceContext>(({ input: ctx, sendBack, receive }) => {
    const begun = begin(stage, shape, ctx, true);
    let isClosed = false;
    const send = (event: { type: string; error?: unknown }) => isClosed || sendBack(event);
    begun.over.then(
      () => send({ type: "finish" }),
      (error) => send({ type: "crash", error }),
    );
    receive(() => void goDown(stage, shape, ctx, begun));
    return () => {
      isClosed = true;
      begun.end();
    };
  });
  return createMachine({
    context: ({ input }) => ({ ctx: input as ServiceContext }),
    invoke: { id: "life", src: life, input: ({ context }) => (context as { ctx: ServiceContext }).ctx },
    initial: "up",
    on: { finish: ".over", crash: { actions: "crash" } },
    states: {
      up: { on: { drain: { target: "draining", actions: "drain" } } },
      draining: {},
      over: { type: "final" },
    },
  }).provide({
    actions: {
      drain: ({ self }) => (self.getSnapshot().children.life as { send(event: object): void }).send({ type: "drain" }),
      crash: ({ event }) => {
        throw (event as { error?: unknown }).error;
      },
    },
  });
}
