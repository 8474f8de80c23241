// Paths through a model, from its initial state, event by event.

import { fromTransition } from "xstate";
import { getShortestPaths, getSimplePaths } from "xstate/graph";

/** A model in which paths can be found: a state, the events that are possible in it, and the state after each. */
export interface Model<State, Event extends string> {
  readonly initial: State;
  events(state: State): readonly Event[];
  next(state: State, event: Event): State;
  /** Two states with the same key are one. */
  key(state: State): string;
}

/**
 * The shortest paths that together take every transition, none of them the beginning of another. With a `limit`, more
 * states than that are an error.
 */
export function coveringPaths<State, Event extends string>(model: Model<State, Event>, limit = 100_000): Event[][] {
  const key = (state: State, event?: string, before?: State) =>
    before === undefined || event === undefined
      ? model.key(state)
      : `${model.key(state)} by ${event} from ${model.key(before)}`;
  return withoutBeginnings(
    getShortestPaths(toLogic(model), toOptions(model, key, limit)).map(({ steps }) => toEvents<Event>(steps)),
  );
}

/** Every path that comes to no state twice, none of them the beginning of another. */
export function simplePaths<State, Event extends string>(model: Model<State, Event>, limit = 100_000): Event[][] {
  return withoutBeginnings(
    getSimplePaths(toLogic(model), toOptions(model, model.key, limit)).map(({ steps }) => toEvents<Event>(steps)),
  );
}

/** Every walk of so many events, or fewer where nothing more can happen. */
export function walks<State, Event extends string>(model: Model<State, Event>, length: number): Event[][] {
  const from = (state: State, left: number): Event[][] => {
    const events = left === 0 ? [] : model.events(state);
    if (events.length === 0) return [[]];
    return events.flatMap((event) => from(model.next(state, event), left - 1).map((rest) => [event, ...rest]));
  };
  return from(model.initial, length);
}

interface Wrapped<State> {
  readonly state: State;
}

function toLogic<State, Event extends string>(model: Model<State, Event>) {
  return fromTransition(
    ({ state }: Wrapped<State>, { type }: { type: Event }): Wrapped<State> => ({ state: model.next(state, type) }),
    { state: model.initial },
  );
}

function toOptions<State, Event extends string>(
  model: Model<State, Event>,
  key: (state: State, event?: string, before?: State) => string,
  limit: number,
) {
  type Snapshot = { readonly context: Wrapped<State> };
  return {
    limit,
    events: ({ context }: Snapshot) => model.events(context.state).map((type) => ({ type })),
    serializeState: ({ context }: Snapshot, event?: { type: string }, before?: Snapshot) =>
      key(context.state, event?.type, before?.context.state),
  } as never;
}

function toEvents<Event extends string>(steps: readonly { readonly event: { readonly type: string } }[]): Event[] {
  return steps.map(({ event }) => event.type as Event).filter((type) => !type.startsWith("xstate."));
}

function withoutBeginnings<Event extends string>(paths: readonly Event[][]): Event[][] {
  const beginnings = new Set<string>();
  for (const path of paths) for (let n = 0; n < path.length; n++) beginnings.add(path.slice(0, n).join(" "));
  return paths.filter((path) => path.length > 0 && !beginnings.has(path.join(" ")));
}
