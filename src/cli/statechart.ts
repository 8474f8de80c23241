// A machine as plain data: its states, and its transitions in the order in which they are tried. What prints it is in
// format-statechart.ts. It reads XState's state nodes and runs nothing.

import type { AnyStateMachine } from "xstate";

/** A machine, read. */
export interface Statechart {
  /** The id of the machine. */
  readonly id: string;
  /** Depth first, in definition order; the root is the first. */
  readonly states: readonly ChartState[];
  /** In the order of the states, and within one in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
}

export interface ChartState {
  /** `"starting.waiting"`; the root's is empty. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "history";
  /** Of a compound state: the path of the state inside that is entered first. */
  readonly initial: string | null;
  /** The names of its actions. */
  readonly entry: readonly string[];
  readonly exit: readonly string[];
}

export interface ChartTransition {
  /** The path of the state that it leaves, or stays in. */
  readonly from: string;
  /** The event's type; `"after startDelay"` for a delay, `"always"` for none, `"done"` for the end of the state. */
  readonly event: string;
  readonly guard: string | null;
  /** A path; null: it stays where it is. Several for one that enters parallel states. */
  readonly to: readonly string[] | null;
  readonly actions: readonly string[];
}

type Node = AnyStateMachine["root"];
type Definition = Node["always"] extends (infer T)[] | undefined ? T : never;

/** Reads a machine. What has no name (an inline function) is called "(inline)". */
export function toStatechart(machine: AnyStateMachine): Statechart {
  const nodes = nodesBelow(machine.root);
  return { id: machine.root.key, states: nodes.map(toState), transitions: nodes.flatMap(toTransitions) };
}

function nodesBelow(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap(nodesBelow)];
}

function pathOf(node: Node): string {
  return node.path.join(".");
}

function toState(node: Node): ChartState {
  const first = node.type === "compound" ? node.initial?.target?.[0] : undefined;
  return {
    path: pathOf(node),
    name: node.key,
    kind: node.type,
    initial: first ? pathOf(first) : null,
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
  };
}

function toTransitions(node: Node): ChartTransition[] {
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, `after ${nameOf(delay)}`]));
  const toEvent = (type: string) => delays.get(type) ?? (type === `xstate.done.state.${node.id}` ? "done" : type);
  const events = [...node.transitions].map(([type, definitions]) => [toEvent(type), definitions] as const);
  return [...events, ["always", node.always ?? []] as const].flatMap(([event, definitions]) =>
    definitions.map((definition) => toTransition(node, event, definition)),
  );
}

function toTransition(node: Node, event: string, { guard, target, actions }: Definition): ChartTransition {
  return {
    from: pathOf(node),
    event,
    guard: guard === undefined ? null : nameOf(guard),
    to: target === undefined ? null : target.map(pathOf),
    actions: namesOf(actions),
  };
}

/** XState's own actions, which set and clear the timers of a state, are left out: `after` tells them. */
function namesOf(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !name.startsWith("xstate."));
}

/** Of an action, a guard or a delay: they are names, objects with a type, numbers, or functions. */
function nameOf(part: unknown): string {
  if (typeof part === "string" || typeof part === "number") return String(part);
  const { type } = part as { type?: unknown };
  return typeof type === "string" ? type : "(inline)";
}
