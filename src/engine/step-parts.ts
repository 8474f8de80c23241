// step-parts.ts: turns the guards, actions and delays that a chart names into plain functions.

import { matchesState, type StateValue } from "xstate";
import type { ChartParts } from "../../machines/chart.ts";
import type { Node } from "./nodes.ts";

/** The arguments of guards, actions and delays. */
export interface Args {
  context: object;
  readonly event: { readonly type: string };
  /** A recipe has run. */
  isChanged: boolean;
}

/** The timers of one chart. */
export interface Timers {
  setTimer(event: Args["event"], delayMs: number): void;
  clearTimer(event: Args["event"]): void;
}

/** One action of a step. A recipe changes `args.context`, so whoever takes a step with a recipe owns that context. */
export type Action = (args: Args, timers: Timers) => void;

/** `true` and `false` are guards whose answer never changes. */
export type Guard = boolean | ((args: Args) => boolean);

/** Compiles a guard for one configuration. A question about states becomes `true` or `false`: they are known. */
export function toGuard(name: string, parts: ChartParts, value: StateValue): Guard {
  const combination = parts.combinations[name];
  if (combination === undefined) return find(parts.guards, name);
  if ("in" in combination) return combination.in.some((states) => matchesState(states, value));
  if ("not" in combination) return negated(toGuard(combination.not, parts, value));
  return joined(combination.all.map((one) => toGuard(one, parts, value)));
}

function negated(guard: Guard): Guard {
  return typeof guard === "boolean" ? !guard : (args) => !guard(args);
}

function joined(guards: readonly Guard[]): Guard {
  if (guards.includes(false)) return false;
  const open = guards.filter((guard) => typeof guard === "function");
  if (open.length <= 1) return open[0] ?? true;
  return (args) => open.every((guard) => guard(args));
}

export function toExit(node: Node, parts: ChartParts): Action[] {
  const clear = node.delays.map(
    ({ event }): Action =>
      (_, timers) =>
        timers.clearTimer(event),
  );
  return [...node.exit.map((name) => toAction(name, parts)), ...clear];
}

export function toEntry(node: Node, parts: ChartParts): Action[] {
  const set = node.delays.map(({ delay, event }): Action => {
    const toDelay: (args: Args) => number = find(parts.delays, delay);
    return (args, timers) => timers.setTimer(event, toDelay(args));
  });
  return [...node.entry.map((name) => toAction(name, parts)), ...set];
}

export function toAction(name: string, { recipes, effects }: ChartParts): Action {
  return find(Object.hasOwn(recipes, name) ? recipes : effects, name);
}

type Part<Result> = (args: never) => Result;

// The parts of a chart take its own context and events; the engine knows neither.
function find<Result>(parts: Readonly<Record<string, Part<Result>>>, name: string): (args: Args) => Result {
  if (!Object.hasOwn(parts, name)) throw new Error(`cannot compile: no part is named ${name}`);
  return parts[name] as (args: Args) => Result;
}
