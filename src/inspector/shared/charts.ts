// charts.ts: the chart of an actor as the page draws it: nested states, and an edge for each target of a transition.

import type { AnyActorLogic, AnyStateMachine } from "xstate";
import { type Statechart, type StatechartTransition, toStatechart } from "../../../machines/index.ts";
import type { Chart, ChartEdge, ChartNode, ChartState, Value } from "./protocol.ts";

/** The chart of any actor logic. Logic that is not a machine has the states that every actor has. */
export function toChart(key: string, logic: AnyActorLogic): Chart {
  if (!isMachine(logic)) return toPlainChart(key);
  const statechart = toStatechart(logic);
  return {
    key,
    name: logic.id,
    root: toNode(statechart, "", logic.root),
    edges: statechart.transitions.flatMap(toEdges),
  };
}

export function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof (logic as { root?: unknown } | null)?.root === "object";
}

/** What a snapshot is in: the states of a machine, or the status of any other actor. */
export function toValue(snapshot: { value?: unknown; status?: unknown }): Value {
  return (snapshot.value as Value | undefined) ?? String(snapshot.status);
}

/** Nothing has changed that a reader would see. */
export function isSameState(a: ChartState | undefined, b: ChartState): boolean {
  return a?.chart === b.chart && a.context === b.context && isSameValue(a.value, b.value);
}

function isSameValue(a: Value, b: Value): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}

/** What is read of a node of XState. */
interface StateNode {
  readonly states: Readonly<Record<string, StateNode>>;
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
}

function toNode(statechart: Statechart, path: string, node: StateNode): ChartNode {
  const state = statechart.states.find((one) => one.path === path)!;
  const inside = statechart.states.filter((one) => one.path !== "" && parentOf(one.path) === path);
  return {
    id: path,
    name: state.name,
    type: state.kind,
    ...(state.history !== null && { history: state.history }),
    initial: state.initial,
    invokes: node.invoke.map(nameOfInvoke),
    entry: [...state.entry],
    exit: [...state.exit],
    children: inside.map((child) => toNode(statechart, child.path, node.states[child.name]!)),
  };
}

/** "loader (fetchOrders)": the id, and the name of the logic where that says more. */
function nameOfInvoke({ id, src }: StateNode["invoke"][number]): string {
  const isNamed = typeof src === "string" && src !== id && !src.startsWith("xstate.invoke.");
  return isNamed ? `${id} (${src})` : id;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/** A transition that stays where it is is drawn if it does something. */
function toEdges({ from, event, eventType, guard, to, actions }: StatechartTransition): ChartEdge[] {
  const targets = to ?? (actions.length > 0 ? [from] : []);
  return targets.map((target) => ({
    source: from,
    target,
    event: eventType,
    label: event,
    guard,
    actions: [...actions],
    internal: to === null,
  }));
}

function toPlainChart(key: string): Chart {
  const state = (name: string, type: ChartNode["type"] = "final"): ChartNode => ({
    id: name,
    name,
    type,
    initial: null,
    invokes: [],
    entry: [],
    exit: [],
    children: [],
  });
  const edge = (target: string, label: string): ChartEdge => ({
    source: "active",
    target,
    event: "",
    label,
    guard: null,
    actions: [],
    internal: false,
  });
  return {
    key,
    name: "actor",
    root: {
      ...state("", "compound"),
      name: "actor",
      initial: "active",
      children: [state("active", "atomic"), state("done"), state("error"), state("stopped")],
    },
    edges: [
      edge("done", "it resolves or ends"),
      edge("error", "it throws or rejects"),
      edge("stopped", "it is asked to stop"),
    ],
  };
}
