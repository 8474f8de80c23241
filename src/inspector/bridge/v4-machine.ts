// v4-machine.ts: a machine of XState 5 as a config of XState 4, which the viewers of @xstate/inspect 0.8 draw.

import type { AnyActorRef, AnyStateMachine } from "xstate";
import { type Statechart, type StatechartTransition, toStatechart } from "../../../machines/index.ts";
import { logicOf } from "../../engine/xstate.ts";

/** What a viewer makes a machine of: `createMachine` of XState 4 takes it. */
export interface V4Config {
  id?: string;
  type?: "atomic" | "compound" | "parallel" | "final" | "history";
  initial?: string;
  history?: "shallow" | "deep";
  entry?: readonly string[];
  exit?: readonly string[];
  on?: Record<string, V4Transition[]>;
  after?: Record<string, V4Transition[]>;
  always?: V4Transition[];
  states?: Record<string, V4Config>;
  context?: unknown;
}

interface V4Transition {
  target?: readonly string[];
  cond?: string;
  actions?: readonly string[];
  internal?: boolean;
}

/** The machine that an actor runs; for an actor that runs none (a promise, a callback) its four statuses as states. */
export function toV4Machine(ref: AnyActorRef): V4Config {
  const logic = logicOf(ref) as Partial<AnyStateMachine>;
  if (logic.root !== undefined) {
    const chart = toStatechart(logic as AnyStateMachine);
    return { ...toV4Node(chart, ""), id: chart.id };
  }
  return {
    id: ref.id,
    initial: "active",
    states: { active: {}, done: { type: "final" }, error: { type: "final" }, stopped: { type: "final" } },
  };
}

function toV4Node(chart: Statechart, path: string): V4Config {
  const state = chart.states.find((one) => one.path === path)!;
  const inside = chart.states.filter((one) => one.path === (path === "" ? one.name : `${path}.${one.name}`));
  const children = inside.filter((one) => one.path !== "").map((child) => [child.name, toV4Node(chart, child.path)]);
  const own = chart.transitions.filter(({ from }) => from === path);
  const idOf = (target: string) => `#${chart.states.find((one) => one.path === target)!.id}`;
  const group = (keyOf: (transition: StatechartTransition) => string | null) => {
    const groups: Record<string, V4Transition[]> = {};
    for (const transition of own) {
      const key = keyOf(transition);
      if (key === null) continue;
      groups[key] ??= [];
      groups[key].push(toV4Transition(transition, idOf));
    }
    return groups;
  };
  const { "": always, ...on } = group(({ delay, eventType }) => (delay === null ? eventType : null));
  return {
    id: state.id,
    type: state.kind,
    ...(state.initial !== null && { initial: state.initial.slice(state.initial.lastIndexOf(".") + 1) }),
    ...(state.history !== null && { history: state.history }),
    entry: state.entry,
    exit: state.exit,
    // A viewer that had to evaluate a guard of a transition without an event would fail: these are events for it.
    on: { ...on, ...(always && { always }) },
    after: group(({ delay }) => delay),
    ...(children.length > 0 && { states: Object.fromEntries(children) }),
  };
}

function toV4Transition(
  { to, guard, actions, reenter }: StatechartTransition,
  idOf: (path: string) => string,
): V4Transition {
  return {
    ...(to !== null && { target: to.map(idOf) }),
    ...(guard !== null && { cond: guard }),
    actions,
    internal: !reenter,
  };
}
