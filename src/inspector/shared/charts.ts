// Charts: a statechart as plain data, read from the machine itself by XState's own `toDirectedGraph`, which leaves out
// the eventless transitions (`always`); they are added here.

import type { AnyActorLogic, AnyStateMachine, AnyStateNode } from "xstate";
import { type DirectedGraphNode, toDirectedGraph } from "xstate/graph";
import type { Chart, ChartEdge, ChartNode, Value } from "./protocol.ts";

/** The chart of any actor logic. What is no machine has the states that every actor has. */
export function toChart(key: string, logic: AnyActorLogic): Chart {
  if (!isMachine(logic)) return toPlainChart(key);
  // Its root: a machine that another copy of XState has made would be taken for a state.
  const graph = toDirectedGraph(logic.root);
  return { key, name: logic.id, root: toNode(graph, logic.root), edges: collectEdges(graph) };
}

export function isMachine(logic: unknown): logic is AnyStateMachine {
  return typeof (logic as { root?: unknown } | null)?.root === "object";
}

/** What a snapshot is in: the states of a machine, or how any other actor fares. */
export function toValue(snapshot: { value?: unknown; status?: unknown }): Value {
  return (snapshot.value as Value | undefined) ?? String(snapshot.status);
}

function idOf(node: AnyStateNode): string {
  return node.path.join(".");
}

function toNode(graph: DirectedGraphNode, node: AnyStateNode): ChartNode {
  const [initial] = node.type === "compound" ? node.initial.target : [];
  return {
    id: idOf(node),
    name: node.key,
    type: node.type,
    ...(node.type === "history" && { history: node.history === "deep" ? "deep" : "shallow" }),
    initial: initial === undefined ? null : idOf(initial),
    invokes: node.invoke.map(({ id }) => id),
    entry: toNames(node.entry),
    exit: toNames(node.exit),
    children: graph.children.map((child) => toNode(child, child.stateNode as AnyStateNode)),
  };
}

function collectEdges(graph: DirectedGraphNode): ChartEdge[] {
  const node = graph.stateNode as AnyStateNode;
  const named = graph.edges.map(({ transition }) => transition as unknown as Transition);
  const always = (node.always ?? []) as unknown as Transition[];
  // What stays where it is has no target to draw an edge to, and so is missing in the graph.
  const staying = ([...node.transitions.values()].flat() as unknown as Transition[]).filter(
    ({ target, actions }) => !target?.length && actions.length > 0,
  );
  return [
    ...[...named, ...always].flatMap((transition) =>
      (transition.target ?? []).map((target) => toEdge(node, target, transition)),
    ),
    ...staying.map((transition) => toEdge(node, node, transition)),
    ...graph.children.flatMap(collectEdges),
  ];
}

interface Transition {
  readonly target: readonly AnyStateNode[] | undefined;
  readonly eventType: string;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean;
}

function toEdge(
  source: AnyStateNode,
  target: AnyStateNode,
  { guard, eventType, actions, target: to }: Transition,
): ChartEdge {
  return {
    source: idOf(source),
    target: idOf(target),
    event: eventType,
    label: toLabel(eventType),
    guard: guard === undefined ? null : nameOf(guard),
    actions: toNames(actions),
    internal: to === undefined,
  };
}

/** `xstate.after.500.lamp.on` is "after 500 ms", `xstate.after.backoff.service.backoff` "after backoff". */
function toLabel(event: string): string {
  const [, kind = "", rest = ""] = /^xstate\.(after|done\.actor|done\.state|error\.actor)\.(.*)$/.exec(event) ?? [];
  if (event === "") return "always";
  if (kind === "after") {
    const delay = rest.split(".")[0]!;
    return `after ${/^\d+$/.test(delay) ? `${delay} ms` : delay}`;
  }
  if (kind === "done.state") return "done";
  if (kind === "done.actor") return `done(${shortId(rest)})`;
  if (kind === "error.actor") return `error(${shortId(rest)})`;
  return event;
}

/** An invocation without an id of its own is named after its place: `0.lamp.on`. */
function shortId(id: string): string {
  return /^\d+\./.test(id) ? id.slice(id.lastIndexOf(".") + 1) : id;
}

function toNames(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !name.startsWith("xstate."));
}

/** Of a guard or an action: its name, or that it has none. */
function nameOf(part: unknown): string {
  if (typeof part === "string") return part;
  if (typeof part === "function") {
    // XState's built-in ones are functions that carry what they are made of.
    const { type, name, guards } = part as { type?: string; name: string; guards?: unknown[] };
    if (guards !== undefined) return `${name}(${guards.map(nameOf).join(", ")})`;
    return type ?? (name || "inline");
  }
  return String((part as { type?: unknown } | null)?.type ?? "inline");
}

function toPlainChart(key: string): Chart {
  const state = (name: string, type: "atomic" | "final"): ChartNode => ({
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
      ...state("", "atomic"),
      name: "actor",
      type: "compound",
      initial: "active",
      children: [state("active", "atomic"), state("done", "final"), state("error", "final"), state("stopped", "final")],
    },
    edges: [
      edge("done", "it resolves or ends"),
      edge("error", "it throws or rejects"),
      edge("stopped", "it is asked to stop"),
    ],
  };
}
