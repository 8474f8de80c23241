// Steps: what a chart does in each of its configurations, worked out from the machine, as SCXML says. For charts without
// history and final states, with regions side by side at the top at most, none of which a step leaves.

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
import { once } from "../../machines/once.ts";

/** What guards, actions and delays are given. `context`: as the actions before have left it. */
export interface Args {
  context: MachineContext;
  readonly event: { readonly type: string };
}

/** Those of a chart's actions that change its context, by name, as plain functions: they return all of it. */
export type Updates = Readonly<Record<string, (args: never) => MachineContext>>;

export interface Chart {
  readonly machine: AnyStateMachine;
  readonly updates: Updates;
}

/** Returns the context, changed or not. */
type Action = (args: Args, scope: AnyActorScope) => MachineContext;

/** `true`, `false`: the same for whatever comes. */
type Guard = boolean | ((args: Args) => boolean);

export interface Step {
  readonly guard: true | ((args: Args) => boolean);
  readonly exits: readonly Action[];
  readonly actions: readonly Action[];
  readonly entries: readonly Action[];
  /** The three in their order. */
  readonly all: readonly Action[];
  /** Added to the place of the configuration that it is taken in: the place of the one that it leads to. */
  readonly leads: number;
}

/** For each region that knows the event: its candidates in the order in which they are asked, innermost state first. */
export type Choice = readonly (readonly Step[])[];

type Snapshot = ReturnType<AnyStateMachine["resolveState"]>;

type Node = AnyStateMachine["root"];
type Candidate = Node["on"][string][number];

interface Region {
  readonly top: Node;
  readonly leaves: readonly Node[];
  /** From the place of one of its leaves to that of the next. */
  readonly stride: number;
}

/** Where a configuration is in one region. */
interface Place {
  readonly region: Region;
  readonly leaf: Node;
}

/** One innermost state of each region, with all that they are in. */
export class Configuration {
  readonly place: number;
  /** A snapshot in it, but for its context. */
  readonly snapshot: Snapshot;
  /** What it does at once. */
  readonly eventless: Choice;
  readonly #chart: Chart;
  readonly #places: readonly Place[];
  /** By event type, as far as anybody has asked. */
  readonly #choices = new Map<string, Choice>();

  constructor(chart: Chart, regions: readonly Region[], place: number) {
    this.place = place;
    this.#chart = chart;
    this.#places = regions.map((region) => ({ region, leaf: leafAt(region, place) }));
    const leaves = this.#places.map(({ leaf }) => leaf);
    this.snapshot = chart.machine.resolveState({ value: toValue(chart.machine.root, leaves), context: {} });
    this.eventless = this.#choose((leaf) => lineage(leaf).flatMap(({ always }) => (always ?? []) as Candidate[]));
  }

  /** Empty: it does not know the event. */
  choiceFor(type: string): Choice {
    const known = this.#choices.get(type);
    if (known !== undefined) return known;
    const choice = this.#choose((leaf) =>
      lineage(leaf).flatMap(({ on }) => (Object.hasOwn(on, type) ? on[type]! : [])),
    );
    // Of what nobody has heard of, there is no end.
    if (choice.length > 0 || this.#chart.machine.events.includes(type)) this.#choices.set(type, choice);
    return choice;
  }

  #choose(candidatesOf: (leaf: Node) => readonly Candidate[]): Choice {
    return this.#places
      .map((place) =>
        candidatesOf(place.leaf).flatMap((candidate) => toStep(place, candidate, this.#chart, this.snapshot)),
      )
      .filter((steps) => steps.length > 0);
  }
}

/**
 * The configurations of a chart by their places, from 0, the initial one. Each is made when it is first asked for: most
 * trees never see most of them.
 */
export class Configurations {
  readonly #chart: Chart;
  readonly #regions: () => readonly Region[];
  readonly #made: Configuration[] = [];
  /** Those that were made share the values of their snapshots. */
  readonly #byValue = new Map<StateValue, Configuration>();

  constructor(chart: Chart) {
    this.#chart = chart;
    this.#regions = once(() => regionsOf(chart.machine.root));
  }

  at(place: number): Configuration {
    const made = this.#made[place];
    if (made !== undefined) return made;
    const configuration = new Configuration(this.#chart, this.#regions(), place);
    this.#made[place] = configuration;
    this.#byValue.set(configuration.snapshot.value, configuration);
    return configuration;
  }

  /** The one that a snapshot is in, whoever has made it. */
  of({ value }: { readonly value: StateValue }): Configuration {
    return this.#byValue.get(value) ?? this.at(placeOf(this.#regions(), value));
  }
}

function regionsOf(root: Node): Region[] {
  const tops = root.type === "parallel" ? (Object.values(root.states) as Node[]) : [root];
  if (root.type === "parallel" && Object.keys(root.on).length > 0)
    throw new Error(`cannot compile: ${root.id} has "on"`);
  let stride = 1;
  return tops.map((top) => {
    const leaves = leavesOf(top);
    const region = { top, leaves, stride };
    stride *= leaves.length;
    return region;
  });
}

/** The initial one first. */
function leavesOf(top: Node): Node[] {
  const collect = (node: Node): Node[] => {
    if (node.type === "atomic") return [node];
    if (node.type !== "compound") throw new Error(`cannot compile ${node.id}: it is ${node.type}`);
    return Object.values(node.states as Record<string, Node>).flatMap(collect);
  };
  const initial = innermost(top);
  for (const node of lineage(initial)) {
    if (node.entry.length > 0 || node.after.length > 0)
      throw new Error(`cannot compile ${node.id}: it is entered at once`);
  }
  return [initial, ...collect(top).filter((leaf) => leaf !== initial)];
}

function leafAt({ leaves, stride }: Region, place: number): Node {
  return leaves[Math.floor(place / stride) % leaves.length]!;
}

function placeOf(regions: readonly Region[], value: StateValue): number {
  return regions.reduce((place, { top, leaves, stride }) => {
    // The value of a region side by side with others is found below its name.
    const within = top.parent ? (value as Record<string, StateValue>)[top.key]! : value;
    const name = [...top.path, nameOfValue(within)].join(".");
    return place + leaves.findIndex(({ path }) => path.join(".") === name) * stride;
  }, 0);
}

function nameOfValue(value: StateValue): string {
  if (typeof value === "string") return value;
  const key = Object.keys(value)[0]!;
  return `${key}.${nameOfValue(value[key]!)}`;
}

function innermost(node: Node): Node {
  return node.type === "atomic" ? node : innermost(node.initial.target![0] as Node);
}

/** A state, what it is in, and so on, innermost first. */
function lineage(node: Node): Node[] {
  return node.parent ? [node, ...lineage(node.parent as Node)] : [node];
}

function toValue(root: Node, leaves: readonly Node[]): StateValue {
  const nest = (path: readonly string[]): StateValue =>
    path.length === 1 ? path[0]! : { [path[0]!]: nest(path.slice(1)) };
  if (root.type !== "parallel") return nest(leaves[0]!.path);
  return Object.fromEntries(leaves.map(({ path }) => [path[0]!, nest(path.slice(1))]));
}

/** None for a candidate that this configuration rules out. */
function toStep({ region, leaf }: Place, candidate: Candidate, chart: Chart, snapshot: Snapshot): Step[] {
  const guard = candidate.guard === undefined ? true : toGuard(candidate.guard, chart, snapshot);
  if (guard === false) return [];
  const actions = (candidate.actions as readonly unknown[]).flatMap((action) => toNamed(action, chart));
  const target = candidate.target?.[0] as Node | undefined;
  if (target === undefined) return [{ guard, exits: [], actions, entries: [], all: actions, leads: 0 }];
  const goal = innermost(target);
  const domain = domainOf(candidate, target);
  if (domain !== region.top && !isBelow(domain, region.top)) {
    throw new Error(`cannot compile ${leaf.id}: a step of it leaves ${region.top.id}`);
  }
  const left = lineage(leaf).filter((node) => isBelow(node, domain));
  const entered = lineage(goal).filter((node) => isBelow(node, domain));
  const exits = left.flatMap((node) => toExit(node, chart));
  const entries = entered.reverse().flatMap((node) => toEntry(node, chart));
  const leads = (region.leaves.indexOf(goal) - region.leaves.indexOf(leaf)) * region.stride;
  return [{ guard, exits, actions, entries, all: [...exits, ...actions, ...entries], leads }];
}

/** The state that a transition does not leave. */
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
function toGuard(reference: unknown, chart: Chart, snapshot: Snapshot): Guard {
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

function toExit(node: Node, chart: Chart): Action[] {
  const cancel = delaysOf(node).map(
    ({ eventType }): Action =>
      ({ context }, scope) => {
        scope.system.scheduler.cancel(scope.self, eventType);
        return context;
      },
  );
  return [...node.exit.flatMap((action) => toNamed(action, chart)), ...cancel];
}

function toEntry(node: Node, chart: Chart): Action[] {
  const schedule = delaysOf(node).map(({ eventType, delay }): Action => {
    const toDelay = find(chart.machine.implementations.delays, delay) as (args: Args) => number;
    const event = { type: eventType };
    return (args, scope) => {
      scope.system.scheduler.schedule(scope.self, scope.self, event, toDelay(args), eventType);
      return args.context;
    };
  });
  return [...node.entry.flatMap((action) => toNamed(action, chart)), ...schedule];
}

/** The delays of a state, each once: it may lead to several candidates. */
function delaysOf(node: Node): { eventType: string; delay: unknown }[] {
  return [...new Map(node.after.map((after) => [after.eventType, after])).values()];
}

/** A named action; XState's own, which keep the delays, are made anew by toEntry and toExit. */
function toNamed(action: unknown, { machine, updates }: Chart): Action[] {
  if (typeof action === "function" && /^xstate\.(raise|cancel)$/.test(nameOf(action))) return [];
  const update = updates[nameOf(action)] as ((args: Args) => MachineContext) | undefined;
  if (update) return [update];
  const effect = find(machine.implementations.actions, action) as (args: Args) => void;
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

function find(parts: Readonly<Record<string, unknown>>, reference: unknown): unknown {
  const part = parts[nameOf(reference)];
  if (part === undefined) throw new Error(`cannot compile: no part is named ${nameOf(reference)}`);
  return part;
}
