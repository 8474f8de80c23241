// Witnesses: who sees each event that the charts of a tree are sent, and each step that they take. XState's own inspection
// tells the same, and copies an object for each; this one costs nothing where nobody looks.

import type { AnyMachineSnapshot, AnyStateMachine, SnapshotFrom } from "xstate";

/** The port of a chart, as a witness sees it. */
interface Witnessed {
  readonly path: string;
  readonly role: "service" | "supervisor";
}

type Event = { readonly type: string };

/** Whoever looks must not throw. */
export interface Witness {
  /** The chart of `of` is about to take an event. */
  sent(of: Witnessed, event: Event): void;
  /** It has taken the event, and has changed. */
  stepped(of: Witnessed, event: Event, snapshot: AnyMachineSnapshot): void;
  /** An actor of the user's is about to run, the first one of this tree. What it does, XState's inspection tells. */
  metActors(): void;
}

/** Those of one tree. */
export class Witnesses {
  /** null: nobody looks. */
  all: readonly Witness[] | null = null;
  /** Actors of the user's have run in the tree. */
  hasActors = false;

  /** Returns the remover. */
  add(witness: Witness): () => void {
    this.all = [...(this.all ?? []), witness];
    return () => {
      const left = (this.all ?? []).filter((other) => other !== witness);
      this.all = left.length > 0 ? left : null;
    };
  }

  noteActors(): void {
    if (this.hasActors) return;
    this.hasActors = true;
    for (const witness of this.all ?? []) witness.metActors();
  }
}

/** What a chart reports to: its port. */
interface Reported<Snapshot> extends Witnessed {
  readonly tree: { readonly witnesses: Witnesses };
  note(before: Snapshot, after: Snapshot): void;
}

/**
 * The same machine, that also tells its port of each step it takes, and the witnesses of each event.
 *
 * An actor logic around another, as XState's documentation shows; cheaper than a subscription per service.
 */
export function reporting<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const transition: Machine["transition"] = (before, event, scope) => {
    const port = before.context.port as Reported<SnapshotFrom<Machine>>;
    const { all } = port.tree.witnesses;
    if (all !== null) for (const witness of all) witness.sent(port, event);
    const after = machine.transition(before, event, scope);
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
