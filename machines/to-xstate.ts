// to-xstate.ts: makes XState's actions and guards from ours. A recipe becomes an `assign` with immer.

import { Immer } from "immer";
import {
  type ActionFunction,
  and,
  assign,
  type EventObject,
  type GuardPredicate,
  type MachineContext,
  not,
  or,
  stateIn,
} from "xstate";
import type { Combination, Mutable, Recipe } from "./chart.ts";

type Assign<Context extends MachineContext, Event extends EventObject> = ActionFunction<
  Context,
  Event,
  Event,
  undefined,
  never,
  never,
  never,
  never,
  never
>;

// Without auto-freeze: a context holds the user's values, such as the result of a `run`, which must not be frozen.
const immer = new Immer({ autoFreeze: false });

/** Each recipe as an `assign` action of the same name. */
export function toAssigns<Context extends MachineContext, Event extends EventObject, Name extends string>(
  recipes: Record<Name, Recipe<Context, Event>>,
): Record<Name, Assign<Context, Event>> {
  const toAssign = (recipe: Recipe<Context, Event>): Assign<Context, Event> =>
    assign(({ context, event }) =>
      immer.produce(context, (draft) => recipe({ context: draft as Mutable<Context>, event })),
    );
  const names = Object.keys(recipes) as Name[];
  return Object.fromEntries(names.map((name) => [name, toAssign(recipes[name])])) as Record<
    Name,
    Assign<Context, Event>
  >;
}

/**
 * Each delay as a delay of the same name. A delay of Infinity sets no timer: XState raises an event without a delay at
 * once, and the guard of its transition (`hasStartTimeout`) refuses it. The host's `setTimeout` would fire it at once, too,
 * with a warning.
 */
export function toDelays<Args, Name extends string>(
  delays: Record<Name, (args: Args) => number>,
): Record<Name, (args: Args) => number> {
  const toDelay = (delay: (args: Args) => number) => (args: Args) => {
    const ms = delay(args);
    return ms === Number.POSITIVE_INFINITY ? (undefined as unknown as number) : ms;
  };
  const names = Object.keys(delays) as Name[];
  return Object.fromEntries(names.map((name) => [name, toDelay(delays[name])])) as Record<Name, (args: Args) => number>;
}

/** Each combination as a guard of the same name. */
export function toGuards<Context extends MachineContext, Event extends EventObject, Name extends string>(
  combinations: Record<Name, Combination>,
): Record<Name, GuardPredicate<Context, Event, undefined, never>> {
  const toGuard = (combination: Combination) => {
    if ("all" in combination) return and(combination.all);
    if ("not" in combination) return not(combination.not);
    return or(combination.in.map((value) => stateIn(value)));
  };
  const names = Object.keys(combinations) as Name[];
  return Object.fromEntries(names.map((name) => [name, toGuard(combinations[name])])) as never;
}
