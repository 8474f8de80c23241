// The charts of a session and of a role as tables: each transition of XState is computed once, for a context whose times
// are relative to now.

import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";
import { initialTransition, transition } from "xstate";
import { membershipMachine, roleMachine } from "../../../machines/index.ts";
import type { LeaseRule } from "../../../machines/policies/lease.ts";

/** A lease in ticks, as short as its numbers allow. The clocks of the model run evenly, so it needs no margin. */
export const rule: LeaseRule = {
  leaseDurationMs: 5,
  renewIntervalMs: 1,
  renewDeadlineMs: 4,
  retryPeriodMs: 1,
  clockMarginMs: 0,
};

/** The first failure moves a role, the second is the end of it. */
export const roleRule = { maxRetries: 1, moveAfterFailures: 1, resetAfterMs: 1_000, retryPeriodMs: 1 };

/** A chart as data: its state as a path, what its context holds, and the ticks until its timers are due. */
export interface ChartState {
  readonly value: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly timers: Readonly<Record<string, number>>;
}

export interface Stepped {
  readonly id: number;
  /** The effects, by name, in order. */
  readonly does: readonly string[];
}

export interface ModelEvent {
  readonly type: string;
  readonly [detail: string]: unknown;
}

const now = { now: 0, wall: 0 };
const port = { readClocks: () => now };

const machines = {
  membership: { machine: membershipMachine as AnyStateMachine, input: { rule, port } },
  role: { machine: roleMachine as AnyStateMachine, input: { rule: roleRule, port } },
};
type Name = keyof typeof machines;

/** XState names the event of a timer after its delay and its state. */
const timerEvents = new Map<string, string>();

// Each state of a chart is kept once and known by its number: a state of the model holds numbers.
const states: ChartState[] = [];
const ids = new Map<string, number>();
const known = new Map<string, Stepped>();
const aged = new Map<number, number>();

export function chart(id: number): ChartState {
  return states[id]!;
}

function idOf(state: ChartState): number {
  const text = JSON.stringify(state);
  const id = ids.get(text) ?? states.push(state) - 1;
  ids.set(text, id);
  return id;
}

export function begin(name: Name): number {
  return remember(name, () => toStepped(initialTransition(machines[name].machine, machines[name].input), {})).id;
}

export function step(name: Name, id: number, event: ModelEvent): Stepped {
  return remember(`${id} ${JSON.stringify(event)}`, () => {
    const { machine, input } = machines[name];
    const { value, context, timers } = chart(id);
    const snapshot = machine.resolveState({ value: fromPath(value), context: { ...context, ...input } });
    return toStepped(transition(machine, snapshot as AnyMachineSnapshot, event), timers);
  });
}

/** The chart after a timer that is due. */
export function fire(name: Name, id: number, timer: string): Stepped {
  return remember(`${id} ${timer}`, () => {
    const { [timer]: _, ...timers } = chart(id).timers;
    return step(name, change(id, { timers }), { type: timerEvents.get(timer)! });
  });
}

/** The same state of the chart but for some of it. */
export function change(id: number, { context, ...rest }: Partial<ChartState>): number {
  const state = chart(id);
  return idOf({ ...state, ...rest, context: { ...state.context, ...context } });
}

/** Times further back than this are not told apart. */
export const longest = rule.leaseDurationMs + 1;

/** The chart one tick later. */
export function age(id: number): number {
  let later = aged.get(id);
  if (later !== undefined) return later;
  const { context, timers } = chart(id);
  const times: Record<string, unknown> = {};
  for (const name of ["sent", "firstSent"]) {
    const moment = context[name] as { readonly now: number } | null | undefined;
    if (moment == null) continue;
    const at = Math.max(-longest, moment.now - 1);
    times[name] = { now: at, wall: at };
  }
  const sooner = Object.entries(timers).map(([name, left]) => [name, Math.max(0, left - 1)]);
  later = change(id, { context: times, timers: Object.fromEntries(sooner) });
  aged.set(id, later);
  return later;
}

function remember(key: string, make: () => Stepped): Stepped {
  let found = known.get(key);
  if (found === undefined) {
    found = make();
    known.set(key, found);
  }
  return found;
}

interface Action {
  readonly type: string;
  readonly params?: unknown;
}

function toStepped(
  [snapshot, actions]: readonly [AnyMachineSnapshot, readonly Action[]],
  before: Readonly<Record<string, number>>,
): Stepped {
  const timers = { ...before };
  const does: string[] = [];
  for (const { type, params } of actions) {
    if (type === "xstate.cancel") delete timers[(params as { sendId: string }).sendId];
    else if (type === "xstate.raise") {
      const { delay, id, event } = params as { delay: number; id: string; event: { type: string } };
      timerEvents.set(id, event.type);
      // A role proves itself in a time that the model does not reach.
      if (!id.includes("resetAfter")) timers[id] = delay;
    } else does.push(type);
  }
  const { rule: _rule, port: _port, ...context } = snapshot.context;
  return { id: idOf({ value: toPath(snapshot.value), context, timers }), does };
}

/** `"member.fresh"`; of the membership, without its duty. */
function toPath(value: unknown): string {
  if (typeof value === "string") return value;
  const entries = Object.entries(value as object);
  const [state, inner] = entries.find(([key]) => key === "session") ?? entries[0]!;
  return state === "session" ? toPath(inner) : `${state}.${toPath(inner)}`;
}

const membershipStates = new Set(["connecting", "joining", "member", "stepping", "leaving", "ended"]);

function fromPath(path: string): never {
  const [outer, inner] = path.split(".");
  const value = inner === undefined ? outer! : { [outer!]: inner };
  return (membershipStates.has(outer!) ? { session: value, duty: "up" } : value) as never;
}
