// A machine of XState 5 as a config of XState 4: that is what the viewers of @xstate/inspect 0.8 draw.

import type { AnyActorLogic, AnyActorRef, AnyStateMachine, AnyStateNode } from "xstate";

/** What a viewer makes a machine of: `createMachine` of XState 4 takes it. */
export interface V4Config {
  id?: string;
  type?: "atomic" | "compound" | "parallel" | "final" | "history";
  initial?: string;
  history?: "shallow" | "deep";
  entry?: string[];
  exit?: string[];
  on?: Record<string, V4Transition[]>;
  after?: Record<string, V4Transition[]>;
  always?: V4Transition[];
  states?: Record<string, V4Config>;
  context?: unknown;
}

interface V4Transition {
  target?: string[];
  cond?: string;
  actions?: string[];
  internal?: boolean;
}

/** The machine that an actor runs; for one that runs none (a promise, a callback) its four statuses as states. */
export function toV4Machine(ref: AnyActorRef): V4Config {
  const { root } = ((ref as { logic?: AnyActorLogic }).logic ?? {}) as Partial<AnyStateMachine>;
  if (root !== undefined) return { ...toV4Node(root), id: root.key };
  return {
    id: ref.id,
    initial: "active",
    states: { active: {}, done: { type: "final" }, error: { type: "final" }, stopped: { type: "final" } },
  };
}

type Definition = AnyStateNode["transitions"] extends Map<string, (infer One)[]> ? One : never;

function toV4Node(node: AnyStateNode): V4Config {
  const on: Record<string, V4Transition[]> = {};
  const after: Record<string, V4Transition[]> = {};
  for (const [event, definitions] of node.transitions) {
    const transitions = definitions.map(toV4Transition);
    const [, delay] = /^xstate\.after\.(.*?)\./.exec(event) ?? [];
    if (delay !== undefined) after[delay] = transitions;
    else on[event] = transitions;
  }
  // A guard is a mere name there: one that a viewer had to evaluate on its own would be an error.
  if (node.always?.length) on.always = node.always.map((definition) => toV4Transition(definition as Definition));
  const states = Object.entries(node.states).map(([key, child]) => [key, toV4Node(child)]);
  const initial = node.type === "compound" ? node.initial.target[0]?.key : undefined;
  return {
    id: node.id,
    type: node.type,
    ...(initial !== undefined && { initial }),
    ...(node.type === "history" && { history: node.history || "shallow" }),
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    on,
    after,
    ...(states.length > 0 && { states: Object.fromEntries(states) }),
  };
}

function toV4Transition({ target, guard, actions, reenter }: Definition): V4Transition {
  return {
    ...(target !== undefined && { target: target.map((node) => `#${node.id}`) }),
    ...(guard !== undefined && { cond: nameOf(guard) }),
    actions: namesOf(actions),
    internal: !reenter,
  };
}

/** XState's own actions at the edges of a state (it raises and cancels its delays) tell nothing. */
function namesOf(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !["xstate.raise", "xstate.cancel"].includes(name));
}

function nameOf(part: unknown): string {
  if (typeof part === "string") return part;
  const { type, name } = part as { type?: string; name?: string };
  return type ?? (name || "(inline)");
}
