// Witnesses: observers of each event that the charts of a tree are sent, and of each step that the charts take. XState's
// own inspection reports the same and copies an object for each event; without a witness this one costs nothing.

import type { AnyMachineSnapshot, AnyStateMachine, SnapshotFrom } from "xstate";

/** The owner of a chart: a service over all its incarnations, or a supervisor (the root, or a nested one). */
export interface ChartOwner {
  readonly path: string;
  readonly role: "service" | "supervisor";
}

type Event = { readonly type: string };

/** An observer of the charts of a tree, for inspectors. It must only look: everything that it is given is the tree's own. */
export interface Witness {
  /** The chart of `owner` is about to take an event. */
  sent(owner: ChartOwner, event: Event): void;
  /** The chart of `owner` has taken the event, and has changed. */
  stepped(owner: ChartOwner, event: Event, snapshot: AnyMachineSnapshot): void;
  /**
   * The first actor that is the user's own is about to run in the tree; called once, at once if one has run already.
   * What such actors do is reported by XState's inspection (`supervisor.actor.system.inspect`) alone.
   */
  metActors(): void;
}

/** The witnesses of one tree. */
export class Witnesses {
  /** null while there are none. */
  all: readonly Witness[] | null = null;
  #hasActors = false;

  /** Returns the remover. What the witness throws goes to `onError`, and harms nothing else. */
  add(given: Witness, onError: (error: unknown) => void): () => void {
    const witness = guarded(given, onError);
    this.all = [...(this.all ?? []), witness];
    if (this.#hasActors) witness.metActors();
    return () => {
      const left = (this.all ?? []).filter((other) => other !== witness);
      this.all = left.length > 0 ? left : null;
    };
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
    stepped(owner, event, snapshot) {
      try {
        witness.stepped(owner, event, snapshot);
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

/** What a chart reports to: its port. */
interface Reported<Snapshot> extends ChartOwner {
  readonly tree: { readonly witnesses: Witnesses; failInternally(error: unknown): void };
  note(before: Snapshot, after: Snapshot): void;
}

/**
 * The same machine, that also tells its port of each step it takes, and the witnesses of each event.
 *
 * An actor logic around another, as XState's documentation shows; cheaper than a subscription per service.
 */
export function reporting<Machine extends AnyStateMachine>(machine: Machine): Machine {
  // A chart that fails must not leave its actor in error, with everybody waiting for it.
  const step: Machine["transition"] = (before, event, scope) => {
    try {
      return machine.transition(before, event, scope);
    } catch (error) {
      (before.context.port as Reported<SnapshotFrom<Machine>>).tree.failInternally(error);
      return before;
    }
  };
  const transition: Machine["transition"] = (before, event, scope) => {
    const port = before.context.port as Reported<SnapshotFrom<Machine>>;
    const { all } = port.tree.witnesses;
    if (all !== null) for (const witness of all) witness.sent(port, event);
    const after = step(before, event, scope);
    if (after === before) return after;
    port.note(before as SnapshotFrom<Machine>, after as SnapshotFrom<Machine>);
    if (all !== null) for (const witness of all) witness.stepped(port, event, after);
    return after;
  };
  // A port holds all of the tree: what is kept of it is its path, as in JSON.
  const getPersistedSnapshot: Machine["getPersistedSnapshot"] = (snapshot, options) => {
    const { context } = snapshot;
    return machine.getPersistedSnapshot({ ...snapshot, context: { ...context, port: context.port.path } }, options);
  };
  return Object.create(machine, {
    transition: { value: transition },
    getPersistedSnapshot: { value: getPersistedSnapshot },
  }) as Machine;
}
