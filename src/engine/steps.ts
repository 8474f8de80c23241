// steps.ts: works out, from an XState machine, the steps that each configuration of a chart can take, by SCXML's rules.
//
// regions.ts explains places and strides with an example. Supported are charts without history states and final states,
// with parallel regions only at the top, and without a step that leaves its region.

import type { StateValue } from "xstate";
import { once } from "../../machines/once.ts";
import { innermost, isBelow, leafAt, lineage, type Node, placeOf, type Region, regionsOf, toValue } from "./regions.ts";
import { type Action, type Args, type Chart, type Snapshot, toEntry, toExit, toGuard, toNamed } from "./step-parts.ts";

export interface Step {
  readonly guard: true | ((args: Args) => boolean);
  readonly exits: readonly Action[];
  readonly actions: readonly Action[];
  readonly entries: readonly Action[];
  /** Exits, actions and entries, in this order. */
  readonly all: readonly Action[];
  /** The difference between the place that the step leads to and the place that it is taken in. */
  readonly leads: number;
}

/** The steps for one event: for each region that handles it, the candidates to try in order, innermost state first. */
export type Choice = readonly (readonly Step[])[];

type Candidate = Node["on"][string][number];

/** The leaf of a configuration in one region. */
interface Place {
  readonly region: Region;
  readonly leaf: Node;
}

/** One innermost state of each region, and the steps that it can take. */
export class Configuration {
  readonly place: number;
  /** A snapshot of this configuration with an empty context. */
  readonly snapshot: Snapshot;
  /** The steps to try at once, without an event (`always`). */
  readonly eventless: Choice;
  readonly #chart: Chart;
  readonly #places: readonly Place[];
  /** By event type; filled as events arrive. */
  readonly #choices = new Map<string, Choice>();

  constructor(chart: Chart, regions: readonly Region[], place: number) {
    this.place = place;
    this.#chart = chart;
    this.#places = regions.map((region) => ({ region, leaf: leafAt(region, place) }));
    const leaves = this.#places.map(({ leaf }) => leaf);
    this.snapshot = chart.machine.resolveState({ value: toValue(chart.machine.root, leaves), context: {} });
    this.eventless = this.#choose((leaf) => lineage(leaf).flatMap(({ always }) => (always ?? []) as Candidate[]));
  }

  /** The steps for an event type; empty if no region handles it. */
  choiceFor(type: string): Choice {
    const known = this.#choices.get(type);
    if (known !== undefined) return known;
    const choice = this.#choose((leaf) =>
      lineage(leaf).flatMap(({ on }) => (Object.hasOwn(on, type) ? on[type]! : [])),
    );
    // Unknown event types are not cached: there may be any number of them.
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
 * The configurations of a chart by their places; 0 is the initial one. Each is made when it is first needed: most trees
 * never reach most of them.
 */
export class Configurations {
  readonly #chart: Chart;
  readonly #regions: () => readonly Region[];
  readonly #made: Configuration[] = [];
  /** By the value object of the snapshot, which all snapshots of one configuration share. */
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

  /** The configuration of a snapshot, whether this engine or XState made it. */
  of({ value }: { readonly value: StateValue }): Configuration {
    return this.#byValue.get(value) ?? this.at(placeOf(this.#regions(), value));
  }
}

/** Compiles one candidate transition. Returns an empty list if its guard is false throughout this configuration. */
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

/** The innermost state that a transition does not leave (SCXML: the domain). */
function domainOf({ source, reenter }: Candidate, target: Node): Node {
  const from = source as Node;
  if (!reenter && from.type === "compound" && (target === from || isBelow(target, from))) return from;
  const around = lineage(target).slice(1);
  return lineage(from)
    .slice(1)
    .find((node) => around.includes(node))!;
}
