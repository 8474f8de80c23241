// v4-state.ts: a snapshot of XState 5 as a state of XState 4, with everything that `State.create` needs there.

import type { AnyActorRef } from "xstate";

interface Snapshot {
  readonly status: "active" | "done" | "error" | "stopped";
  readonly value?: unknown;
  readonly context?: unknown;
  readonly tags?: ReadonlySet<string>;
}

type Event = { readonly type: string };

/** `withContext`: contexts may hold secrets, and are left out otherwise. */
export function toV4State(snapshot: Snapshot, event: Event, withContext: boolean): object {
  const { status, value, context, tags } = snapshot;
  return {
    // An actor without a machine has its status as its state.
    value: value ?? status,
    context: withContext ? (context ?? {}) : {},
    event,
    _event: toScxml(event, undefined),
    configuration: [],
    transitions: [],
    children: {},
    actions: [],
    tags: [...(tags ?? [])],
    done: status === "done",
    changed: true,
  };
}

export function snapshotOf(ref: AnyActorRef): Snapshot {
  return ref.getSnapshot() as Snapshot;
}

/** An event as SCXML has it; `origin` is the session of the sender. */
export function toScxml(event: Event, origin: string | undefined): object {
  return {
    name: event.type,
    data: event,
    $$type: "scxml",
    type: "external",
    ...(origin !== undefined && { origin }),
  };
}
