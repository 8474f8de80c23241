// A chart as a pure function for its tests: events in; state, context, actions and timers out. No actor is made.

import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFromLogic,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
  transition,
} from "xstate";

/** Fires the timer of a delay. Firing one that is not set fails the test. */
export interface Elapse {
  readonly type: "elapse";
  readonly delay: string;
}

export const elapse = (delay: string): Elapse => ({ type: "elapse", delay });

export interface Step<Machine extends AnyStateMachine> {
  readonly snapshot: SnapshotFrom<Machine>;
  /** The state as a path, `"starting.launching"`; the regions of a parallel chart are separated by a space. */
  readonly state: string;
  readonly context: SnapshotFrom<Machine>["context"];
  /** The effects of the last event: the names of actions, `"set startDelay 500"`, `"clear startDelay"`. */
  readonly does: readonly string[];
  /** The timers that are set now. */
  readonly timers: Readonly<Record<string, number>>;
}

type Event<Machine extends AnyStateMachine> = EventFromLogic<Machine> | Elapse;

interface Action {
  readonly type: string;
  readonly params?: unknown;
}

/** The chart after the events, with the effects of the last one. */
export function walk<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
  events: readonly Event<Machine>[],
): Step<Machine> {
  let step = toStep<Machine>(initialTransition(machine as AnyStateMachine, input), {});
  for (const event of events) step = next(machine, step, event);
  return step;
}

/** The chart after one more event. */
export function next<Machine extends AnyStateMachine>(
  machine: Machine,
  { snapshot, timers }: Step<Machine>,
  event: Event<Machine>,
): Step<Machine> {
  const given = isElapse(event) ? { type: eventOf(event.delay, timers) } : event;
  const left = isElapse(event) ? without(timers, event.delay) : timers;
  return toStep<Machine>(transition(machine as AnyStateMachine, snapshot as AnyMachineSnapshot, given), left);
}

function isElapse(event: { readonly type: string }): event is Elapse {
  return event.type === "elapse";
}

// XState names a timer's event after its delay and its state; the states are remembered beside the timers.
const eventNames = new Map<string, string>();

function eventOf(delay: string, timers: Readonly<Record<string, number>>): string {
  if (!(delay in timers)) throw new Error(`no timer of ${delay} is set; set are: ${Object.keys(timers).join(", ")}`);
  return eventNames.get(delay)!;
}

function without(timers: Readonly<Record<string, number>>, delay: string): Record<string, number> {
  const { [delay]: _, ...others } = timers;
  return others;
}

function toStep<Machine extends AnyStateMachine>(
  [snapshot, actions]: readonly [AnyMachineSnapshot, readonly Action[]],
  before: Readonly<Record<string, number>>,
): Step<Machine> {
  let timers = { ...before };
  const does = actions.map(({ type, params }) => {
    if (type === "xstate.cancel") {
      const delay = delayOf((params as { sendId: string }).sendId);
      timers = without(timers, delay);
      return `clear ${delay}`;
    }
    if (type !== "xstate.raise") return type;
    const { delay: ms, id, event } = params as { delay: number; id: string; event: { type: string } };
    const delay = delayOf(id);
    eventNames.set(delay, event.type);
    timers[delay] = ms;
    return `set ${delay} ${ms}`;
  });
  return {
    snapshot: snapshot as SnapshotFrom<Machine>,
    state: toState(snapshot.value),
    context: snapshot.context,
    does,
    timers,
  };
}

function delayOf(id: string): string {
  return id.split(".")[2]!;
}

/** A state value as a path, or as one per region. */
export function toState(value: unknown): string {
  if (typeof value === "string") return value;
  const parts = Object.entries(value as object).map(([state, inner]) => `${state}.${toState(inner)}`);
  return parts.join(" ");
}

/** Every innermost state of a chart, as `walk` names it, without the other regions. */
export function leaves(machine: AnyStateMachine): string[] {
  const found: string[] = [];
  const visit = (node: AnyStateMachine["root"], path: string[]) => {
    const inner = Object.entries(node.states);
    if (inner.length === 0) found.push(path.join("."));
    for (const [key, state] of inner) visit(state, [...path, key]);
  };
  visit(machine.root, []);
  return found;
}
