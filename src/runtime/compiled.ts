// Compiled: the steps of a chart looked up in a table instead of worked out at each event.
//
// XState's transition finds the states to leave and to enter anew for every event; for a service that is most of the
// price of a start or a restart. A chart without parallel, history, final and eventless states has only as many
// different steps as it has transitions, so each is worked out once, from the machine itself. What is left for an event
// is to ask the guards and to run the actions. Actors, mailboxes, snapshots and delays are XState's as before, and an
// event that the table does not name is left to it. A test holds that both ways agree for every state and event.

import type { AnyActorScope, AnyStateMachine, MachineContext, StateValue } from "xstate";

type Event = { readonly type: string };
type Args = { context: MachineContext; readonly event: Event };
type Node = AnyStateMachine["root"];
type Snapshot = ReturnType<AnyStateMachine["resolveState"]>;

/** The named parts of a chart, as plain functions. */
export interface Parts {
  readonly updates: Readonly<Record<string, (args: never) => MachineContext>>;
  readonly effects: Readonly<Record<string, (args: never) => void>>;
  readonly guards: Readonly<Record<string, (args: never) => boolean>>;
  readonly delays: Readonly<Record<string, (args: never) => number>>;
}

/** Returns the context, changed or not. */
type Action = (args: Args, scope: AnyActorScope) => MachineContext;

interface Step {
  readonly guard: ((args: Args) => boolean) | null;
  readonly actions: readonly Action[];
  /** null: it stays where it is. */
  readonly target: Configuration | null;
}

/** An innermost state with all that it is in. */
interface Configuration {
  /** A snapshot in it, but for its context. */
  readonly snapshot: Snapshot;
  /** By event type: the candidates in the order in which they are asked, innermost state first. */
  readonly steps: Map<string, readonly Step[]>;
}

/** The same machine with its steps compiled. */
export function compiled<Machine extends AnyStateMachine>(machine: Machine, parts: Parts): Machine {
  const configurations = new Map(leavesOf(machine.root).map((leaf) => [leaf, configure(machine, leaf)]));
  for (const [leaf, { steps }] of configurations) {
    for (const [type, candidates] of candidatesOf(leaf)) {
      steps.set(
        type,
        candidates.map((candidate) => toStep(leaf, candidate, parts, configurations)),
      );
    }
  }
  // Its own snapshots share their values; those that XState made are looked up by name.
  const byValue = new Map([...configurations.values()].map((one) => [one.snapshot.value, one]));
  const byName = new Map([...configurations].map(([leaf, configuration]) => [leaf.path.join("."), configuration]));
  const initial = configurations.get(innermost(machine.root))!.snapshot;
  const withContext = isOfKnownShape(initial) ? copyFields : spread;

  return Object.create(machine, {
    getInitialSnapshot: {
      value: (scope: AnyActorScope, input: unknown) =>
        withContext(initial, machine.config.context({ input, self: scope.self, spawn: undefined })),
    },
    transition: {
      value(snapshot: Snapshot, event: Event, scope: AnyActorScope) {
        const steps = (byValue.get(snapshot.value) ?? byName.get(nameOfValue(snapshot.value)))?.steps.get(event.type);
        if (steps === undefined) {
          return event.type.startsWith("xstate.") ? machine.transition(snapshot, event, scope) : snapshot;
        }
        const { context } = snapshot;
        for (const { guard, actions, target } of steps) {
          if (guard !== null && !guard({ context, event })) continue;
          const next = act(actions, context, event, scope);
          if (target !== null) return withContext(target.snapshot, next);
          return next === context ? snapshot : withContext(snapshot, next);
        }
        return snapshot;
      },
    },
  }) as Machine;
}

/** The fields of XState's snapshots, in their order. */
const snapshotFields = [
  "status",
  "output",
  "error",
  "machine",
  "context",
  "_nodes",
  "value",
  "tags",
  "children",
  "historyValue",
  "matches",
  "hasTag",
  "can",
  "getMeta",
  "toJSON",
] as const;

function isOfKnownShape(snapshot: Snapshot): boolean {
  return Object.keys(snapshot).join() === snapshotFields.join();
}

/** The same snapshot with another context. V8 takes fifteen times as long for the spread. */
function copyFields(snapshot: Snapshot, context: MachineContext): Snapshot {
  const from = snapshot as unknown as Record<(typeof snapshotFields)[number], unknown>;
  const copy: typeof from = {
    status: from.status,
    output: from.output,
    error: from.error,
    machine: from.machine,
    context,
    _nodes: from._nodes,
    value: from.value,
    tags: from.tags,
    children: from.children,
    historyValue: from.historyValue,
    matches: from.matches,
    hasTag: from.hasTag,
    can: from.can,
    getMeta: from.getMeta,
    toJSON: from.toJSON,
  };
  return copy as unknown as Snapshot;
}

/** For a version of XState whose snapshots have other fields. */
function spread(snapshot: Snapshot, context: MachineContext): Snapshot {
  return { ...snapshot, context };
}

/** The context after the actions. */
function act(actions: readonly Action[], context: MachineContext, event: Event, scope: AnyActorScope): MachineContext {
  const args = { context, event };
  for (const action of actions) args.context = action(args, scope);
  return args.context;
}

type Candidate = Node["on"][string][number];

function configure(machine: AnyStateMachine, leaf: Node): Configuration {
  return { snapshot: machine.resolveState({ value: toValue(leaf.path), context: {} }), steps: new Map() };
}

function leavesOf(node: Node): Node[] {
  if (node.type === "atomic") return [node];
  if (node.type !== "compound" || node.always) throw new Error(`cannot compile ${node.id}: ${node.type}, or eventless`);
  return Object.values(node.states as Record<string, Node>).flatMap(leavesOf);
}

function innermost(node: Node): Node {
  return node.type === "atomic" ? node : innermost(node.initial.target![0] as Node);
}

/** A state, what it is in, and so on, innermost first. */
function lineage(node: Node): Node[] {
  return node.parent ? [node, ...lineage(node.parent as Node)] : [node];
}

function toValue(path: readonly string[]): StateValue {
  return path.length === 1 ? path[0]! : { [path[0]!]: toValue(path.slice(1)) };
}

function nameOfValue(value: StateValue): string {
  if (typeof value === "string") return value;
  const key = Object.keys(value)[0]!;
  return `${key}.${nameOfValue(value[key]!)}`;
}

function candidatesOf(leaf: Node): Map<string, Candidate[]> {
  const found = new Map<string, Candidate[]>();
  for (const node of lineage(leaf)) {
    for (const [type, candidates] of Object.entries(node.on as Record<string, Candidate[]>)) {
      if (type.endsWith("*")) continue;
      found.set(type, [...(found.get(type) ?? []), ...candidates]);
    }
  }
  return found;
}

function toStep(leaf: Node, candidate: Candidate, parts: Parts, configurations: Map<Node, Configuration>): Step {
  const named = (candidate.actions as readonly unknown[]).flatMap((action) => toNamed(action, parts));
  const guard = candidate.guard === undefined ? null : find(parts.guards, candidate.guard);
  const target = candidate.target?.[0] as Node | undefined;
  if (target === undefined) return { guard, actions: named, target: null };
  const goal = innermost(target);
  const domain = domainOf(candidate, target);
  const left = lineage(leaf).filter((node) => isBelow(node, domain));
  const entered = lineage(goal)
    .filter((node) => isBelow(node, domain))
    .reverse();
  return {
    guard,
    actions: [
      ...left.flatMap((node) => toExit(node, parts)),
      ...named,
      ...entered.flatMap((node) => toEntry(node, parts)),
    ],
    target: configurations.get(goal)!,
  };
}

/** The state that a transition does not leave: as SCXML says. */
function domainOf({ source, reenter }: Candidate, target: Node): Node {
  const from = source as Node;
  if (!reenter && from.type === "compound" && (target === from || isBelow(target, from))) return from;
  const around = lineage(target).slice(1);
  return lineage(from)
    .slice(1)
    .find((node) => around.includes(node))!;
}

function isBelow(node: Node, ancestor: Node): boolean {
  return node !== ancestor && lineage(node).includes(ancestor);
}

function toExit(node: Node, parts: Parts): Action[] {
  const cancel = delaysOf(node).map(
    ({ eventType }): Action =>
      ({ context }, scope) => {
        scope.system.scheduler.cancel(scope.self, eventType);
        return context;
      },
  );
  return [...node.exit.flatMap((action) => toNamed(action, parts)), ...cancel];
}

function toEntry(node: Node, parts: Parts): Action[] {
  const schedule = delaysOf(node).map(({ eventType, delay }): Action => {
    const toDelay = find(parts.delays, delay);
    const event = { type: eventType };
    return (args, scope) => {
      scope.system.scheduler.schedule(scope.self, scope.self, event, toDelay(args), eventType);
      return args.context;
    };
  });
  return [...node.entry.flatMap((action) => toNamed(action, parts)), ...schedule];
}

/** The delays of a state, each once: it may lead to several candidates. */
function delaysOf(node: Node): { eventType: string; delay: unknown }[] {
  return [...new Map(node.after.map((after) => [after.eventType, after])).values()];
}

/** A named action; XState's own, which keep the delays, are made anew by toEntry and toExit. */
function toNamed(action: unknown, { updates, effects }: Parts): Action[] {
  if (typeof action === "function") return [];
  const name = nameOf(action);
  const update = updates[name] as ((args: Args) => MachineContext) | undefined;
  if (update) return [update];
  const effect = find(effects, action);
  return [
    (args) => {
      effect(args);
      return args.context;
    },
  ];
}

function nameOf(reference: unknown): string {
  return typeof reference === "string" ? reference : String((reference as { type?: unknown }).type);
}

function find<Part>(parts: Readonly<Record<string, (args: never) => Part>>, reference: unknown): (args: Args) => Part {
  const part = parts[nameOf(reference)];
  if (part === undefined) throw new Error(`cannot compile: no part is named ${nameOf(reference)}`);
  return part as (args: Args) => Part;
}
