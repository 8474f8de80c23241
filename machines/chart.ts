// chart.ts: the form of a chart of ours: a config, and the functions that the config names. Both are plain data, so a
// chart can be run in two ways: by XState, as the machine that is made from it, or by the engine (src/engine).

import type { AnyStateMachine, StateValue } from "xstate";

export type Mutable<Context> = { -readonly [Key in keyof Context]: Context[Key] };

/** A transition as data: its guard, target and actions are names. A target is written as XState writes it. */
export interface StepConfig<Guard extends string = string, Action extends string = string> {
  readonly guard?: Guard;
  readonly target?: string;
  readonly reenter?: boolean;
  readonly actions?: Action | readonly Action[];
}

/** The transitions of one event, in the order in which they are tried. A string is a target alone. */
export type StepsConfig<Guard extends string = string, Action extends string = string> =
  | string
  | StepConfig<Guard, Action>
  | readonly StepConfig<Guard, Action>[];

/** A state as data: the part of XState's state configs that the engine understands. */
export interface StateConfig<
  Guard extends string = string,
  Action extends string = string,
  Delay extends string = string,
> {
  readonly type?: "parallel";
  readonly initial?: string;
  readonly states?: Readonly<Record<string, StateConfig<Guard, Action, Delay>>>;
  readonly entry?: Action | readonly Action[];
  readonly exit?: Action | readonly Action[];
  readonly on?: Readonly<Record<string, StepsConfig<Guard, Action>>>;
  readonly after?: { readonly [Name in Delay]?: StepsConfig<Guard, Action> };
  readonly always?: StepsConfig<Guard, Action>;
}

/** A whole chart as data. */
export interface ChartConfig<
  Guard extends string = string,
  Action extends string = string,
  Delay extends string = string,
> extends StateConfig<Guard, Action, Delay> {
  readonly id: string;
  /** Makes the context that the chart begins with. */
  readonly context: (args: { readonly input: never }) => object;
}

export interface Args<Context, Event> {
  readonly context: Context;
  readonly event: Event;
}

/** Changes the context that it is given. */
export type Recipe<Context, Event> = (args: Args<Mutable<Context>, Event>) => void;
/** Calls the port. */
export type Effect<Context, Event> = (args: Args<Context, Event>) => void;
export type Guard<Context, Event> = (args: Args<Context, Event>) => boolean;
/** Milliseconds. */
export type Delay<Context, Event> = (args: Args<Context, Event>) => number;

/** A guard that is made of other guards, or that asks which states the chart is in. */
export type Combination<Name extends string = string> =
  | { readonly all: readonly Name[] }
  | { readonly not: Name }
  /** The chart is in one of these states. */
  | { readonly in: readonly StateValue[] };

/** The functions that the config of a chart names. */
export interface ChartParts {
  readonly recipes: Readonly<Record<string, Recipe<never, never>>>;
  readonly effects: Readonly<Record<string, Effect<never, never>>>;
  readonly guards: Readonly<Record<string, Guard<never, never>>>;
  readonly combinations: Readonly<Record<string, Combination>>;
  readonly delays: Readonly<Record<string, Delay<never, never>>>;
}

/** The config that fits these parts: every name in it is one of theirs. */
export type ConfigOf<Parts extends ChartParts> = ChartConfig<
  keyof (Parts["guards"] & Parts["combinations"]) & string,
  keyof (Parts["recipes"] & Parts["effects"]) & string,
  keyof Parts["delays"] & string
>;

/** A chart, and the XState machine that is made from it. */
export interface Chart<Machine extends AnyStateMachine = AnyStateMachine> {
  readonly config: ChartConfig;
  readonly parts: ChartParts;
  /** The same machine every time. Made when it is first needed, so that importing the core stays fast. */
  readonly machine: () => Machine;
}
