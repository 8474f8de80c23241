// step-parts.ts: turns the guards, actions and delays that a chart names into plain functions.

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

/** The arguments of guards, actions and delays. `context` includes the changes of the actions before. */
export interface Args {
  context: MachineContext;
  /** The context before the step. */
  readonly before: MachineContext;
  readonly event: { readonly type: string };
}

/** The parts of a chart that the engine needs beside its machine. */
export interface Parts {
  /** The actions that change the context, by name. A recipe changes the context that it is given. */
  readonly recipes: Readonly<Record<string, (args: never) => void>>;
  /** Copies a context. */
  copyOf(context: never): MachineContext;
}

export interface Chart extends Parts {
  readonly machine: AnyStateMachine;
}

/** One action of a step. A recipe may change `args.context`, which nothing else holds yet. */
export type Action = (args: Args, scope: AnyActorScope) => void;

/** `true` and `false` are guards whose answer never changes. */
export type Guard = boolean | ((args: Args) => boolean);

export type Snapshot = ReturnType<AnyStateMachine["resolveState"]>;

interface Combined {
  readonly check?: unknown;
  readonly guards: readonly unknown[];
  readonly stateValue: StateValue;
}

/** The functions by which XState's own guards can be distinguished. */
const [checkAnd, checkOr, checkNot, checkIn] = [and([]), or([]), not(""), stateIn("")].map(
  (guard) => (guard as unknown as Combined).check,
);

/** Compiles a guard for one configuration. `stateIn` becomes `true` or `false`, because the states are known. */
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

/** Joins guards by "and" (`decisive` false) or "or" (`decisive` true): one decisive answer settles the result. */
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

/** The delays of a state, each once, though several transitions may wait for the same delay. */
function delaysOf(node: Node): { eventType: string; delay: unknown }[] {
  return [...new Map(node.after.map((after) => [after.eventType, after])).values()];
}

/** Compiles a named action. Leaves out XState's own actions for delays: toEntry and toExit replace them. */
export function toNamed(action: unknown, { machine, recipes, copyOf }: Chart): Action[] {
  if (typeof action === "function" && /^xstate\.(raise|cancel)$/.test(nameOf(action))) return [];
  const recipe = recipes[nameOf(action)] as ((args: Args) => void) | undefined;
  if (recipe) {
    return [
      (args) => {
        // The context before the step belongs to a snapshot, and a snapshot must not change.
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
