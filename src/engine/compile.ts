// compile.ts: runs an XState machine from a table of its steps, worked out once instead of at each event.
//
// XState's transition finds the states to leave and to enter anew for every event; for a service that is most of the
// price of a start or a restart. A chart has few configurations, and each has few steps, so each step is worked out
// once, from the machine itself (steps.ts). An event then only evaluates guards and runs actions.
// XState still does the rest: actors, mailboxes, snapshots, delays, and its own events that the table does not name.
// Tests compare the two ways for every state and event.

import type { AnyActorScope, AnyStateMachine, MachineContext } from "xstate";
import type { Args, Parts } from "./step-parts.ts";
import { type Choice, Configurations, type Step } from "./steps.ts";

type Event = { readonly type: string };
type Snapshot = ReturnType<AnyStateMachine["resolveState"]>;

/** Returns the same machine with compiled steps. Each step is compiled when it is first needed. */
export function compiled<Machine extends AnyStateMachine>(machine: Machine, parts: Parts): Machine {
  const configurations = new Configurations({ machine, ...parts });
  let copy: typeof spread | undefined;

  function withContext(snapshot: Snapshot, context: MachineContext): Snapshot {
    copy ??= isOfKnownShape(snapshot) ? copyFields : spread;
    return copy(snapshot, context);
  }

  function transition(snapshot: Snapshot, event: Event, scope: AnyActorScope): Snapshot {
    const from = configurations.of(snapshot);
    const choice = from.choiceFor(event.type);
    if (choice.length === 0) {
      return event.type.startsWith("xstate.") ? machine.transition(snapshot, event, scope) : snapshot;
    }
    const args = { context: snapshot.context, before: snapshot.context, event };
    let to = from;
    let taken = take(choice, args, scope);
    while (taken !== null) {
      to = configurations.at(to.place + taken);
      taken = to.eventless.length === 0 ? null : take(to.eventless, args, scope);
    }
    return to === from && args.context === snapshot.context ? snapshot : withContext(to.snapshot, args.context);
  }

  return Object.create(machine, {
    getInitialSnapshot: {
      value: (scope: AnyActorScope, input: unknown) => {
        const context = machine.config.context({ input, self: scope.self, spawn: undefined });
        return withContext(configurations.at(0).snapshot, context);
      },
    },
    transition: { value: transition },
  }) as Machine;
}

/** Takes the first allowed step of each region. Returns what to add to the place; null if no step is allowed. */
function take(choice: Choice, args: Args, scope: AnyActorScope): number | null {
  if (choice.length === 1) {
    const step = firstAllowed(choice[0]!, args);
    return step === null ? null : takeOne(step, args, scope);
  }
  const steps = choice.map((candidates) => firstAllowed(candidates, args)).filter((step) => step !== null);
  return steps.length === 0 ? null : takeTogether(steps, args, scope);
}

// A plain loop: every event of a tree comes through here, and an iterator is slow until V8 has compiled it.
function firstAllowed(candidates: readonly Step[], args: Args): Step | null {
  for (let i = 0; i < candidates.length; i++) {
    const step = candidates[i]!;
    if (step.guard === true || step.guard(args)) return step;
  }
  return null;
}

function takeOne(step: Step, args: Args, scope: AnyActorScope): number {
  const { all } = step;
  for (let i = 0; i < all.length; i++) all[i]!(args, scope);
  return step.leads;
}

/** Takes steps of several regions at once: first every exit, then every action, then every entry. */
function takeTogether(steps: readonly Step[], args: Args, scope: AnyActorScope): number {
  for (const { exits } of steps.toReversed()) for (const action of exits) action(args, scope);
  for (const { actions } of steps) for (const action of actions) action(args, scope);
  for (const { entries } of steps) for (const action of entries) action(args, scope);
  return steps.reduce((sum, { leads }) => sum + leads, 0);
}

/** The fields of XState's snapshots, in their order. */
const snapshotFields = [
  "status",
  "output",
  "error",
  "machine",
  "context",
  "_nodes",
  "value",
  "tags",
  "children",
  "historyValue",
  "matches",
  "hasTag",
  "can",
  "getMeta",
  "toJSON",
] as const;

function isOfKnownShape(snapshot: Snapshot): boolean {
  return Object.keys(snapshot).join() === snapshotFields.join();
}

/** Returns the same snapshot with another context. Field by field: a spread takes V8 fifteen times as long. */
function copyFields(snapshot: Snapshot, context: MachineContext): Snapshot {
  const from = snapshot as unknown as Record<(typeof snapshotFields)[number], unknown>;
  const copy: typeof from = {
    status: from.status,
    output: from.output,
    error: from.error,
    machine: from.machine,
    context,
    _nodes: from._nodes,
    value: from.value,
    tags: from.tags,
    children: from.children,
    historyValue: from.historyValue,
    matches: from.matches,
    hasTag: from.hasTag,
    can: from.can,
    getMeta: from.getMeta,
    toJSON: from.toJSON,
  };
  return copy as unknown as Snapshot;
}

/** The fallback for a version of XState whose snapshots have other fields. */
function spread(snapshot: Snapshot, context: MachineContext): Snapshot {
  return { ...snapshot, context };
}
