// compile.ts: a chart as a table of its steps, worked out once instead of at each event.
//
// XState finds the states to leave and to enter anew for every event; for a service that is most of the price of a start
// or a restart. A chart has few configurations, and each has few steps, so each step is worked out once, from the config
// of the chart (steps.ts), when it is first needed. An event then only evaluates guards and runs actions.
// Tests compare this with XState for every state and event.

import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";
import type { Chart } from "../../machines/chart.ts";
import { toRoot } from "./nodes.ts";
import { type Region, regionsOf } from "./regions.ts";
import type { Args, Timers } from "./step-parts.ts";
import { type Choice, Configuration, type Step } from "./steps.ts";

/** Who takes steps: owns the context that recipes change, and has the timers. */
export interface Taker extends Timers {
  /** Called before a step that changes the context: nobody else may hold `args.context` after that. */
  own(args: Args): void;
}

export class Compiled<Machine extends AnyStateMachine = AnyStateMachine> {
  readonly chart: Chart<Machine>;
  readonly regions: readonly Region[];
  /** The types of the events that it has a transition for. */
  readonly types: ReadonlySet<string>;
  /** By place; made when they are first needed. Most trees never reach most of them. */
  readonly #configurations: Configuration[] = [];
  /** XState's snapshots of the configurations, by place, with an empty context. */
  readonly #snapshots: AnyMachineSnapshot[] = [];

  constructor(chart: Chart<Machine>) {
    const root = toRoot(chart.config);
    this.chart = chart;
    this.regions = regionsOf(root);
    const leaves = this.regions.flatMap((region) => region.leaves);
    this.types = new Set(leaves.flatMap(({ lineage }) => lineage.flatMap(({ types }) => [...types])));
  }

  at(place: number): Configuration {
    this.#configurations[place] ??= new Configuration(this, place);
    return this.#configurations[place];
  }

  /** Takes the steps that an event leads to. Returns the configuration after them; null if no step was taken. */
  advance(from: Configuration, args: Args, taker: Taker): Configuration | null {
    const choice = from.choiceFor(args.event.type);
    let taken = choice.length === 0 ? null : take(choice, args, taker);
    if (taken === null) return null;
    let to = from;
    while (taken !== null) {
      if (taken !== 0) to = this.at(to.place + taken);
      taken = to.eventless.length === 0 ? null : take(to.eventless, args, taker);
    }
    return to;
  }

  /** The snapshot that XState would make: a copy, whose fields may be changed. */
  toSnapshot({ place, value }: Configuration, context: object): AnyMachineSnapshot {
    this.#snapshots[place] ??= this.chart.machine().resolveState({ value, context: {} });
    return { ...this.#snapshots[place], context };
  }
}

/** Takes the first allowed step of each region. Returns what to add to the place; null if no step is allowed. */
function take(choice: Choice, args: Args, taker: Taker): number | null {
  if (choice.length === 1) {
    const step = firstAllowed(choice[0]!, args);
    return step === null ? null : takeOne(step, args, taker);
  }
  const steps = choice.map((candidates) => firstAllowed(candidates, args)).filter((step) => step !== null);
  return steps.length === 0 ? null : takeTogether(steps, args, taker);
}

// A plain loop: every event of a tree comes through here, and an iterator is slow until V8 has compiled it.
function firstAllowed(candidates: readonly Step[], args: Args): Step | null {
  for (let i = 0; i < candidates.length; i++) {
    const step = candidates[i]!;
    if (step.guard === true || step.guard(args)) return step;
  }
  return null;
}

function takeOne(step: Step, args: Args, taker: Taker): number {
  if (step.isChanging) taker.own(args);
  const { all } = step;
  for (let i = 0; i < all.length; i++) all[i]!(args, taker);
  return step.leads;
}

/** Takes steps of several regions at once: first every exit, then every action, then every entry. */
function takeTogether(steps: readonly Step[], args: Args, taker: Taker): number {
  if (steps.some(({ isChanging }) => isChanging)) taker.own(args);
  for (const { exits } of steps.toReversed()) for (const action of exits) action(args, taker);
  for (const { actions } of steps) for (const action of actions) action(args, taker);
  for (const { entries } of steps) for (const action of entries) action(args, taker);
  return steps.reduce((sum, { leads }) => sum + leads, 0);
}
