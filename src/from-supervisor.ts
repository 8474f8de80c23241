// fromSupervisor: a whole tree as actor logic, for machines that invoke or spawn it.

import type { ActorLogic, ActorScope, AnyActorRef, AnyEventObject, Snapshot } from "xstate";
import type { Clock, SupervisorSpec } from "./contract/spec.ts";
import type { TreeStatus } from "./contract/status.ts";
import type { Update } from "./contract/updates.ts";
import { systemClock } from "./engine/system-clock.ts";
import { clockOf, stopType } from "./engine/xstate.ts";
import type { Supervisor, SupervisorOptions } from "./handle.ts";
import { createSupervisor } from "./supervisor.ts";
import type { TreeExit } from "./tree/run.ts";

/** What a tree that is an actor can be sent: the verbs of its handle that take a path. */
export interface SupervisorActorEvent {
  readonly type: "startService" | "stopService" | "restartService";
  readonly path: string;
}

/** The snapshot of a tree that is an actor. */
export type SupervisorActorSnapshot<Input = undefined> = Snapshot<undefined> & {
  readonly input: Input;
  readonly context: {
    /** The handle: for everything that is not an event. */
    readonly supervisor: Supervisor;
    /** The status as it is; the same object until something in it changes. */
    readonly status: TreeStatus;
  };
};

export type SupervisorActorLogic<Input = undefined> = ActorLogic<
  SupervisorActorSnapshot<Input>,
  SupervisorActorEvent,
  Input,
  AnyActorRef["system"],
  Update
>;

/**
 * Returns logic that runs a tree: it starts with the actor, and is asked to stop with it. XState awaits no stop: to know
 * when it is over, await `snapshot.context.supervisor.stop()`. The actor is done when the tree has stopped or completed,
 * and in error, with the SupervisorError, when the tree has failed. It emits every update: `actor.on("status", …)`. Time
 * follows the clock of the actor system.
 *
 * `spec` may be a function of the actor's input.
 *
 * @throws SupervisorError ERR_INVALID_SPEC, as the error of the actor.
 */
export function fromSupervisor<Input = undefined>(
  spec: SupervisorSpec | ((args: { readonly input: Input }) => SupervisorSpec),
  options: Omit<SupervisorOptions, "clock" | "inspect"> = {},
): SupervisorActorLogic<Input> {
  type State = SupervisorActorSnapshot<Input>;
  // What an event of ours brings, by the event itself: no user's event is taken for one.
  const exits = new WeakMap<object, TreeExit>();
  const updates = new WeakMap<object, Update>();

  const begin = ({ self }: Scope, input: Input): State => {
    const definition = typeof spec === "function" ? spec({ input }) : spec;
    const clock = toClock(self as unknown as AnyActorRef);
    const supervisor = createSupervisor(definition, { ...options, clock });
    const context = { supervisor, status: supervisor.view().getSnapshot() };
    return { status: "active", output: undefined, error: undefined, input, context } as State;
  };
  return {
    getInitialSnapshot: begin,
    start({ context: { supervisor } }: State, { self }: Scope) {
      const send = <Brought>(type: string, brings: WeakMap<object, Brought>, brought: Brought) => {
        const ref = self as unknown as AnyActorRef;
        if (ref.getSnapshot().status !== "active") return; // the tree goes on to stop without it
        const event = { type };
        brings.set(event, brought);
        ref.send(event);
      };
      supervisor.on("*", (update) => send("tree.updated", updates, update));
      supervisor.start().catch(() => {}); // the exit says why
      void supervisor.exit.then((exit) => send("tree.ended", exits, exit));
    },
    transition(snapshot: State, event: AnyEventObject, { emit }: Scope): State {
      const { supervisor } = snapshot.context;
      const update = updates.get(event);
      if (update !== undefined) {
        emit(update as never);
        return { ...snapshot, context: { supervisor, status: supervisor.view().getSnapshot() } };
      }
      const exit = exits.get(event);
      if (exit?.kind === "failed") return { ...snapshot, status: "error", error: exit.error } as State;
      if (exit !== undefined) return { ...snapshot, status: "done", output: undefined } as State;
      if (event.type === stopType) {
        supervisor.stop().catch(() => {});
        return { ...snapshot, status: "stopped" } as State;
      }
      if (isVerb(event)) supervisor[event.type](event.path).catch(() => {}); // its outcome shows in the status
      return snapshot;
    },
    getPersistedSnapshot: ({ status, output, error, input }: State) => ({ status, output, error, input }),
    restoreSnapshot: (persisted: State, scope: Scope) =>
      persisted.status === "active" ? begin(scope, persisted.input) : persisted,
  } as unknown as SupervisorActorLogic<Input>;
}

type Scope = ActorScope<never, AnyEventObject, AnyActorRef["system"], AnyEventObject>;

const verbs: ReadonlySet<string> = new Set<SupervisorActorEvent["type"]>([
  "startService",
  "stopService",
  "restartService",
]);

function isVerb(event: AnyEventObject): event is SupervisorActorEvent {
  return verbs.has(event.type);
}

/** The clock of an actor system, with a time that only grows. */
function toClock(self: AnyActorRef): Clock {
  const clock = clockOf(self);
  return {
    now: () => clock.now?.() ?? systemClock.now(),
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (id) => clock.clearTimeout(id),
  };
}
