// Step parts: what a chart's guards ask, what its actions do and how long its delays are, as plain functions, found by the
// names that the chart gives them.

import {
  type AnyActorScope,
  type AnyStateMachine,
  and,
  type MachineContext,
  not,
  or,
  type StateValue,
  stateIn,
} from "xstate";
import type { Node } from "./regions.ts";

/** What guards, actions and delays are given. `context`: as the actions before have left it. */
export interface Args {
  context: MachineContext;
  /** The context before the step. */
  readonly before: MachineContext;
  readonly event: { readonly type: string };
}

/** What the engine needs of a chart beside its machine. */
export interface Parts {
  /** The actions that change the context, by name: recipes, which change the context that they are given. */
  readonly recipes: Readonly<Record<string, (args: never) => void>>;
  /** Copies a context. */
  copyOf(context: never): MachineContext;
}

export interface Chart extends Parts {
  readonly machine: AnyStateMachine;
}

/** `args.context`: the context of this step, which nothing else holds yet. */
export type Action = (args: Args, scope: AnyActorScope) => void;

/** `true`, `false`: the same for whatever comes. */
export type Guard = boolean | ((args: Args) => boolean);

export type Snapshot = ReturnType<AnyStateMachine["resolveState"]>;

interface Combined {
  readonly check?: unknown;
  readonly guards: readonly unknown[];
  readonly stateValue: StateValue;
}

/** What XState's own guards are told apart by. */
const [checkAnd, checkOr, checkNot, checkIn] = [and([]), or([]), not(""), stateIn("")].map(
  (guard) => (guard as unknown as Combined).check,
);

/** A guard as it is in one configuration: which states it is in is settled. */
export function toGuard(reference: unknown, chart: Chart, snapshot: Snapshot): Guard {
  if (typeof reference !== "function")
    return toGuard(find(chart.machine.implementations.guards, reference), chart, snapshot);
  const { check, guards, stateValue } = reference as unknown as Combined;
  if (check === undefined) return reference as (args: Args) => boolean;
  const among = () => guards.map((guard) => toGuard(guard, chart, snapshot));
  if (check === checkIn) return snapshot.matches(stateValue as never);
  if (check === checkNot) return negated(among()[0]!);
  if (check === checkAnd) return joined(among(), false);
  if (check === checkOr) return joined(among(), true);
  throw new Error("cannot compile: a guard of an unknown kind");
}

function negated(guard: Guard): Guard {
  return typeof guard === "boolean" ? !guard : (args) => !guard(args);
}

/** All of them, or one of them: `decisive` is the answer that settles it. */
function joined(guards: readonly Guard[], decisive: boolean): Guard {
  if (guards.includes(decisive)) return decisive;
  const open = guards.filter((guard) => typeof guard === "function");
  if (open.length === 0) return !decisive;
  if (open.length === 1) return open[0]!;
  return (args) => (decisive ? open.some((guard) => guard(args)) : open.every((guard) => guard(args)));
}

export function toExit(node: Node, chart: Chart): Action[] {
  const cancel = delaysOf(node).map(
    ({ eventType }): Action =>
      (_, scope) =>
        scope.system.scheduler.cancel(scope.self, eventType),
  );
  return [...node.exit.flatMap((action) => toNamed(action, chart)), ...cancel];
}

export function toEntry(node: Node, chart: Chart): Action[] {
  const schedule = delaysOf(node).map(({ eventType, delay }): Action => {
    const toDelay = find(chart.machine.implementations.delays, delay) as (args: Args) => number;
    const event = { type: eventType };
    return (args, scope) => {
      scope.system.scheduler.schedule(scope.self, scope.self, event, toDelay(args), eventType);
    };
  });
  return [...node.entry.flatMap((action) => toNamed(action, chart)), ...schedule];
}

/** The delays of a state, each once: it may lead to several candidates. */
function delaysOf(node: Node): { eventType: string; delay: unknown }[] {
  return [...new Map(node.after.map((after) => [after.eventType, after])).values()];
}

/** A named action; XState's own, which keep the delays, are made anew by toEntry and toExit. */
export function toNamed(action: unknown, { machine, recipes, copyOf }: Chart): Action[] {
  if (typeof action === "function" && /^xstate\.(raise|cancel)$/.test(nameOf(action))) return [];
  const recipe = recipes[nameOf(action)] as ((args: Args) => void) | undefined;
  if (recipe) {
    return [
      (args) => {
        // The context that the step began with belongs to a snapshot, which does not change.
        if (args.context === args.before) args.context = copyOf(args.before as never);
        recipe(args);
      },
    ];
  }
  return [find(machine.implementations.actions, action) as (args: Args) => void];
}

function nameOf(reference: unknown): string {
  return typeof reference === "string" ? reference : String((reference as { type?: unknown }).type);
}

function find(parts: Readonly<Record<string, unknown>>, reference: unknown): unknown {
  const part = parts[nameOf(reference)];
  if (part === undefined) throw new Error(`cannot compile: no part is named ${nameOf(reference)}`);
  return part;
}
