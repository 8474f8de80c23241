// steps.ts: works out, from the config of a chart, the steps that each configuration of it can take, by SCXML's rules.
//
// regions.ts explains places and strides with an example. Supported are charts without history states and final states,
// with parallel regions only at the top, and without a step that leaves its region.

import type { StateValue } from "xstate";
import type { ChartParts } from "../../machines/chart.ts";
import type { Compiled } from "./compile.ts";
import type { Candidate, Node } from "./nodes.ts";
import { leafAt, type Region, toValue } from "./regions.ts";
import { type Action, type Args, toAction, toEntry, toExit, toGuard } from "./step-parts.ts";

export interface Step {
  readonly guard: true | ((args: Args) => boolean);
  readonly exits: readonly Action[];
  readonly actions: readonly Action[];
  readonly entries: readonly Action[];
  /** Exits, actions and entries, in this order. */
  readonly all: readonly Action[];
  /** One of its actions is a recipe. */
  readonly isChanging: boolean;
  /** The difference between the place that the step leads to and the place that it is taken in. */
  readonly leads: number;
}

/** The steps for one event: for each region that handles it, the candidates to try in order, innermost state first. */
export type Choice = readonly (readonly Step[])[];

/** The leaf of a configuration in one region. */
interface Place {
  readonly region: Region;
  readonly leaf: Node;
}

/** One innermost state of each region, and the steps that it can take. */
export class Configuration {
  readonly compiled: Compiled;
  readonly place: number;
  /** One object for all snapshots of this configuration. */
  readonly value: StateValue;
  /** The steps to try at once, without an event (`always`). */
  readonly eventless: Choice;
  readonly #places: readonly Place[];
  /** By event type; filled as events arrive. */
  readonly #choices = new Map<string, Choice>();

  constructor(compiled: Compiled, place: number) {
    const { regions } = compiled;
    this.compiled = compiled;
    this.place = place;
    this.#places = regions.map((region) => ({ region, leaf: leafAt(region, place) }));
    this.value = toValue(
      regions,
      this.#places.map(({ leaf }) => leaf),
    );
    this.eventless = this.#choose(({ eventless }) => eventless);
  }

  /** The steps for an event type; empty if no region handles it. */
  choiceFor(type: string): Choice {
    const known = this.#choices.get(type);
    if (known !== undefined) return known;
    const choice = this.#choose((node) => node.candidatesFor(type));
    // Unknown types are not remembered: there may be any number of them.
    if (this.compiled.types.has(type)) this.#choices.set(type, choice);
    return choice;
  }

  #choose(candidatesOf: (node: Node) => readonly Candidate[]): Choice {
    const { parts } = this.compiled.chart;
    return this.#places
      .map((place) =>
        place.leaf.lineage.flatMap(candidatesOf).flatMap((candidate) => toStep(place, candidate, parts, this.value)),
      )
      .filter((steps) => steps.length > 0);
  }
}

/** Compiles one candidate transition. Returns an empty list if its guard is false throughout this configuration. */
function toStep({ region, leaf }: Place, candidate: Candidate, parts: ChartParts, value: StateValue): Step[] {
  const guard = candidate.guard === null ? true : toGuard(candidate.guard, parts, value);
  if (guard === false) return [];
  const { target } = candidate;
  const goal = target === null ? leaf : target.innermost;
  const domain = target === null ? leaf : domainOf(candidate, target);
  if (target !== null && domain !== region.top && !domain.isBelow(region.top)) {
    throw new Error(`cannot compile ${leaf.id}: a step of it leaves ${region.top.id}`);
  }
  const left = leaf.lineage.filter((node) => node.isBelow(domain));
  const entered = goal.lineage.filter((node) => node.isBelow(domain)).reverse();
  const exits = left.flatMap((node) => toExit(node, parts));
  const actions = candidate.actions.map((name) => toAction(name, parts));
  const entries = entered.flatMap((node) => toEntry(node, parts));
  const names = [left.map(({ exit }) => exit), candidate.actions, entered.map(({ entry }) => entry)].flat(2);
  const isChanging = names.some((name) => Object.hasOwn(parts.recipes, name));
  const leads = (region.leaves.indexOf(goal) - region.leaves.indexOf(leaf)) * region.stride;
  return [{ guard, exits, actions, entries, all: [...exits, ...actions, ...entries], isChanging, leads }];
}

/** The innermost state that a transition does not leave (SCXML: the domain). */
function domainOf({ source, reenter }: Candidate, target: Node): Node {
  if (!reenter && !source.isAtomic && (target === source || target.isBelow(source))) return source;
  const around = target.lineage.slice(1);
  return source.lineage.slice(1).find((node) => around.includes(node))!;
}
