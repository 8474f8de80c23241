// statechart.ts: turns any XState machine into plain data: its states, and its transitions in the order to try them.
//
// It reads the state nodes of a machine and runs nothing, so it also reads machines of another copy of XState. The
// command line, the inspector and the bridges print and draw machines from this data.

import type { AnyStateMachine, AnyStateNode } from "xstate";

/** A machine as data. JSON-serialisable. */
export interface Statechart {
  /** The id of the machine. */
  readonly id: string;
  /** Depth first, in definition order; the root is the first. */
  readonly states: readonly StatechartState[];
  /** In the order of the states, and within one state in the order in which they are tried. */
  readonly transitions: readonly StatechartTransition[];
}

export interface StatechartState {
  /** `"starting.waiting"`; the root's is empty. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  /** XState's id of the state. */
  readonly id: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "history";
  /** For a history state: whether it remembers one level or all. */
  readonly history: "shallow" | "deep" | null;
  /** For a compound state: the path of the inner state that is entered first. */
  readonly initial: string | null;
  /** The ids of the actors that it invokes. */
  readonly invokes: readonly string[];
  /** The names of its actions. */
  readonly entry: readonly string[];
  readonly exit: readonly string[];
}

export interface StatechartTransition {
  /** The path of the state that it leaves, or stays in. */
  readonly from: string;
  /** For a person: `"after startDelay"`, `"after 500 ms"`, `"always"`, `"done"`, `"error(job)"`, or the event's type. */
  readonly event: string;
  /** The event's type in XState; empty for `always`. */
  readonly eventType: string;
  /** For a delayed transition: the name of the delay, or its milliseconds. */
  readonly delay: string | null;
  readonly guard: string | null;
  /** The paths of its targets, several if it enters parallel states; null if it stays where it is. */
  readonly to: readonly string[] | null;
  readonly actions: readonly string[];
  /** A transition to its own state leaves that state and enters it again. */
  readonly reenter: boolean;
}

/** Reads a machine. An inline function without a name is called "(inline)". */
export function toStatechart({ root }: Pick<AnyStateMachine, "root">): Statechart {
  const nodes = nodesBelow(root);
  return { id: root.key, states: nodes.map(toState), transitions: nodes.flatMap(toTransitions) };
}

function nodesBelow(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesBelow)];
}

function pathOf(node: AnyStateNode): string {
  return node.path.join(".");
}

function toState(node: AnyStateNode): StatechartState {
  const first = node.type === "compound" ? node.initial?.target?.[0] : undefined;
  return {
    path: pathOf(node),
    name: node.key,
    id: node.id,
    kind: node.type,
    history: node.type === "history" ? (node.history === "deep" ? "deep" : "shallow") : null,
    initial: first ? pathOf(first) : null,
    invokes: node.invoke.map(({ id }) => id),
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
  };
}

interface Definition {
  readonly target: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean;
}

function toTransitions(node: AnyStateNode): StatechartTransition[] {
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, delay]));
  const triggers: readonly (readonly [type: string, definitions: readonly unknown[]])[] = [
    ...node.transitions,
    ["", node.always ?? []],
  ];
  return triggers.flatMap(([eventType, definitions]) =>
    (definitions as readonly Definition[]).map(({ target, guard, actions, reenter }) => ({
      from: pathOf(node),
      event: labelOf(eventType, delays.get(eventType)),
      eventType,
      delay: delays.has(eventType) ? nameOf(delays.get(eventType)) : null,
      guard: guard === undefined ? null : nameOf(guard),
      to: target === undefined ? null : target.map(pathOf),
      actions: namesOf(actions),
      reenter: reenter === true,
    })),
  );
}

function labelOf(eventType: string, delay: unknown): string {
  if (eventType === "") return "always";
  if (delay !== undefined) return typeof delay === "number" ? `after ${delay} ms` : `after ${nameOf(delay)}`;
  const [, what, id = ""] = /^xstate\.(done\.actor|done\.state|error\.actor)\.(.*[^*])$/.exec(eventType) ?? [];
  switch (what) {
    case "done.state":
      return "done";
    case "done.actor":
      return `done(${shortId(id)})`;
    case "error.actor":
      return `error(${shortId(id)})`;
    default:
      return eventType;
  }
}

/** An invocation without an id of its own is named after its place: `0.lamp.on`. */
function shortId(id: string): string {
  return /^\d+\./.test(id) ? id.slice(id.lastIndexOf(".") + 1) : id;
}

/** The names of actions. XState's own, which raise and cancel timers, are left out: `after` already shows them. */
function namesOf(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !name.startsWith("xstate."));
}

/** The names that JavaScript gives to an inline function: the key that it is the value of. */
const keys: ReadonlySet<string> = new Set(["", "guard", "actions", "entry", "exit"]);

/** The name of an action, a guard or a delay, which is a name, a number, an object with a type, or a function. */
function nameOf(part: unknown): string {
  if (typeof part === "string" || typeof part === "number") return String(part);
  const { type, name = "", guards } = part as { type?: unknown; name?: string; guards?: readonly unknown[] };
  // and(…), or(…), not(…): functions of XState that carry their parts.
  if (guards !== undefined) return `${name}(${guards.map(nameOf).join(", ")})`;
  if (typeof type === "string") return type;
  return keys.has(name) ? "(inline)" : name;
}
