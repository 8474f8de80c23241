// Updates of a context as XState's actions.

import { type ActionFunction, assign, type EventObject, type MachineContext } from "xstate";

/** What changes a context: it returns the new one. */
export type ContextUpdate<Context, Event> = (args: { readonly context: Context; readonly event: Event }) => Context;

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

/** Each update as an `assign` action of the same name. */
export function assigned<Context extends MachineContext, Event extends EventObject, Name extends string>(
  updates: Record<Name, ContextUpdate<Context, Event>>,
): Record<Name, Assign<Context, Event>> {
  const toAction = (update: ContextUpdate<Context, Event>): Assign<Context, Event> =>
    assign(({ context, event }) => update({ context, event }));
  const names = Object.keys(updates) as Name[];
  return Object.fromEntries(names.map((name) => [name, toAction(updates[name])])) as Record<
    Name,
    Assign<Context, Event>
  >;
}
