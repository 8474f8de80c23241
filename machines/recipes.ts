// recipes.ts: actions that change a context in place, and their conversion to XState's `assign` with immer.

import { Immer } from "immer";
import { type ActionFunction, assign, type EventObject, type MachineContext } from "xstate";

/** Changes the draft of a context that it is given. */
export type Recipe<Context, Event> = (args: { readonly context: Mutable<Context>; readonly event: Event }) => void;

export type Mutable<Context> = { -readonly [Key in keyof Context]: Context[Key] };

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
