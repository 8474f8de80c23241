// witness.ts: lets inspectors observe each event that the charts of a tree are sent, and each step that they take.
//
// XState's own inspection reports the same, but copies an object for each event; this one costs nothing when unused.

import type { AnyMachineSnapshot, AnyStateMachine, MachineContext, StateValue } from "xstate";
import { chartMark } from "./xstate.ts";

/**
 * The owner of a chart: a service over all its incarnations, a supervisor (the root, or a nested one), or an "actor": the
 * chart that code of this package runs inside a service, as a cluster does.
 */
export interface ChartOwner {
  readonly path: string;
  readonly role: "service" | "supervisor" | "actor";
  /** Of several such charts at one path: which. */
  readonly part?: string | undefined;
  /** What such a chart is drawn as. */
  readonly machine?: () => AnyStateMachine;
}

type Event = { readonly type: string };

/** An observer of the charts of a tree, for inspectors. It must change nothing: it is given the tree's own objects. */
export interface Witness {
  /** The chart of `owner` is about to take an event. */
  sent(owner: ChartOwner, event: Event): void;
  /** The chart of `owner` has taken the event, and has changed. The context is the chart's own: a later step changes it. */
  stepped(owner: ChartOwner, event: Event, value: StateValue, context: MachineContext): void;
  /**
   * The first actor of the user's own is about to run in the tree. Called once; at once if one has already run.
   * Only XState's inspection (`supervisor.actor.system.inspect`) reports what such actors do.
   */
  metActors(): void;
}

/** The witnesses of one tree. */
export class Witnesses {
  /** null while there are none. */
  all: readonly Witness[] | null = null;
  #hasActors = false;
  /** The charts inside services, and what they are in: a witness that comes later is told. */
  readonly #inner = new Map<ChartOwner, StateValue>();

  /** Returns the remover. An error that the witness throws goes to `onError` and has no other effect. */
  add(given: Witness, onError: (error: unknown) => void): () => void {
    const witness = guarded(given, onError);
    this.all = [...(this.all ?? []), witness];
    if (this.#hasActors) witness.metActors();
    for (const [owner, value] of this.#inner) witness.stepped(owner, { type: "" }, value, {});
    return () => {
      const left = (this.all ?? []).filter((other) => other !== witness);
      this.all = left.length > 0 ? left : null;
    };
  }

  /** Reports what a chart inside a service begins in: it may take its first step much later. */
  beginInner(owner: ChartOwner, value: StateValue): void {
    this.noteInner(owner, value);
    for (const witness of this.all ?? []) witness.stepped(owner, { type: "" }, value, {});
  }

  /** Notes what a chart inside a service is in; null: it is over. */
  noteInner(owner: ChartOwner, value: StateValue | null): void {
    if (value === null) this.#inner.delete(owner);
    else this.#inner.set(owner, value);
  }

  noteActors(): void {
    if (this.#hasActors) return;
    this.#hasActors = true;
    for (const witness of this.all ?? []) witness.metActors();
  }
}

function guarded(witness: Witness, onError: (error: unknown) => void): Witness {
  return {
    sent(owner, event) {
      try {
        witness.sent(owner, event);
      } catch (error) {
        onError(error);
      }
    },
    stepped(owner, event, value, context) {
      try {
        witness.stepped(owner, event, value, context);
      } catch (error) {
        onError(error);
      }
    },
    metActors() {
      try {
        witness.metActors();
      } catch (error) {
        onError(error);
      }
    },
  };
}

/** The port of a chart, as the engine sees it. */
export interface ChartHost extends ChartOwner {
  readonly witnesses: Pick<Witnesses, "all">;
  /** The chart has changed. Called inside the transition: to act on the change, queue a job. */
  note(value: StateValue, context: MachineContext): void;
  /** The library itself has failed: the chart has thrown. */
  failInternally(error: unknown): void;
  /** What stands for the port where a context is persisted: it refers to the whole tree. */
  toJSON(): string;
}

/** The context of every chart that the engine runs. */
export interface ChartContext extends MachineContext {
  readonly port: ChartHost;
}

/**
 * The machine of a chart as a logic that reports each step to its port, and each event to the witnesses: for XState's
 * own interpreter. The wrapper is an actor logic around another, as in XState's documentation.
 */
export function reporting<Machine extends AnyStateMachine>(machine: Machine): Machine {
  // A chart that throws must not leave its actor in error, because every caller would wait for it for ever.
  const step: Machine["transition"] = (before, event, scope) => {
    try {
      return machine.transition(before, event, scope);
    } catch (error) {
      (before.context as ChartContext).port.failInternally(error);
      return before;
    }
  };
  const transition: Machine["transition"] = (before, event, scope) => {
    const { port } = before.context as ChartContext;
    const { all } = port.witnesses;
    if (all !== null) for (const witness of all) witness.sent(port, event);
    const after = step(before, event, scope);
    if (after === before) return after;
    port.note(after.value, after.context);
    if (all !== null) for (const witness of all) witness.stepped(port, event, after.value, after.context);
    return after;
  };
  const getPersistedSnapshot: Machine["getPersistedSnapshot"] = (snapshot, options) =>
    toPersisted(machine, snapshot, options);
  return Object.create(machine, {
    transition: { value: transition },
    getPersistedSnapshot: { value: getPersistedSnapshot },
    [chartMark]: { value: true },
  }) as Machine;
}

/** A snapshot as data, in which its path stands for the port. */
export function toPersisted(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, options?: unknown) {
  const { context } = snapshot;
  return machine.getPersistedSnapshot({ ...snapshot, context: { ...context, port: context.port.toJSON() } }, options);
}
