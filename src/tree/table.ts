// table.ts: the children of one supervisor, in order: adds and removes them, makes those of the definition that are
// missing, and keeps their aggregate.

import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { Aggregate } from "./aggregate.ts";
import { Bereaved } from "./bereaved.ts";
import { joinTo, link, unlink } from "./dependants.ts";
import type { Child } from "./service.ts";

export class Table {
  readonly children = new Map<string, Child>();
  readonly aggregate = new Aggregate();
  readonly #plan: SupervisorPlan;
  readonly #create: (plan: ServicePlan, order: number) => Child;
  #nextOrder = 0;
  readonly #bereaved = new Bereaved();
  /** The definition by name, once it has been replaced. */
  #defined: ReadonlyMap<string, ServicePlan> | null = null;
  /** The children stand in the order of the definition. */
  #isInOrder = true;
  /** For the children that are not part of the definition: the start of the supervisor during which each was added. */
  readonly #added = new WeakMap<object, number>();
  /** Starts of the supervisor so far. A child that was added during an earlier one is forgotten. */
  starts = 0;

  constructor(plan: SupervisorPlan, create: (plan: ServicePlan, order: number) => Child) {
    this.#plan = plan;
    this.#create = create;
  }

  /** Makes the children of the definition. */
  fill(): void {
    for (const plan of this.#plan.services) this.#admit(plan);
    link(this.children, this.#plan.services);
  }

  /** Adds a child at run time. */
  add(plan: ServicePlan): Child {
    const child = this.#admit(plan);
    this.#added.set(child, this.starts);
    link(this.children, [plan]);
    this.#rejoin(child);
    return child;
  }

  /** Forgets a child that is down. */
  remove(child: Child): void {
    this.children.delete(child.plan.name);
    for (const { dependant } of child.dependants) this.#bereaved.add(child.plan.name, dependant);
    this.#bereaved.forget(child);
    this.aggregate.drop(child);
    unlink(child);
    child.dispose();
  }

  #rejoin(child: Child): void {
    const { name } = child.plan;
    for (const dependant of this.#bereaved.of(name)) joinTo(child, dependant);
    this.#bereaved.comfort(name);
  }

  /** The children that depend on a name which no child has now. */
  bereavedOf(name: string): readonly Child[] {
    return this.#bereaved.of(name);
  }

  /** The start of the supervisor during which a child was added; null if it is part of the definition. */
  addedIn(child: object): number | null {
    return this.#added.get(child) ?? null;
  }

  /** Counts a start of the supervisor. */
  beginStart(): void {
    this.starts++;
  }

  /**
   * Takes a new definition. A child that is not in it any more counts as one that was added before any start. `areAdded`:
   * one that was added at run time counts as such though the definition names it now.
   */
  define(plans: readonly ServicePlan[], areAdded: boolean): void {
    const defined = byName(plans);
    const before = this.#plan.services;
    this.#plan.services = plans;
    this.#defined = defined;
    this.#isInOrder = false;
    for (const { name } of before) {
      const child = this.children.get(name);
      if (child !== undefined && !defined.has(name)) this.#added.set(child, 0);
    }
    if (areAdded) return;
    for (const { name } of plans) {
      const child = this.children.get(name);
      if (child !== undefined) this.#added.delete(child);
    }
  }

  /** The children that a start forgets: those added at run time before it, and those whose definition has changed. */
  get outdated(): readonly Child[] {
    return [...this.children.values()].filter(
      (child) => (this.#added.get(child) ?? this.starts) < this.starts || this.isRedefined(child),
    );
  }

  /** Whether the definition has another plan for the name of a child. */
  isRedefined({ plan }: Child): boolean {
    return this.#defined !== null && (this.#defined.get(plan.name) ?? plan) !== plan;
  }

  /**
   * Makes the children of the definition that are missing, and puts all in its order, those added at run time last. Returns
   * the children that it made. `only`: these and what they require. `areAdded`: as children that were added at run time.
   */
  completeDefinition(only?: ReadonlySet<string>, areAdded = false): readonly Child[] {
    const wanted = only && this.#withRequired(only);
    const missing = this.#plan.services.filter(({ name }) => !this.children.has(name) && (wanted?.has(name) ?? true));
    if (missing.length === 0 && this.#isInOrder) return [];
    const made = missing.map((plan) => this.#admit(plan));
    if (areAdded) for (const child of made) this.#added.set(child, this.starts);
    const defined = this.#defined ?? byName(this.#plan.services);
    const inOrder = this.#plan.services.flatMap(({ name }) => this.children.get(name) ?? []);
    const others = [...this.children.values()].filter(({ plan }) => !defined.has(plan.name));
    this.#arrange([...inOrder, ...others]);
    return made;
  }

  /** These names of the definition, and those that they require. */
  #withRequired(names: ReadonlySet<string>): ReadonlySet<string> {
    const all = new Set(names);
    // A set can grow while it is walked.
    for (const name of all) {
      for (const { name: on, required } of this.#defined?.get(name)?.dependencies ?? []) if (required) all.add(on);
    }
    return all;
  }

  /** Puts the children in an order, and links them anew. */
  #arrange(children: readonly Child[]): void {
    this.children.clear();
    for (const [order, child] of children.entries()) {
      child.unlink(order);
      this.children.set(child.plan.name, child);
    }
    this.#nextOrder = children.length;
    this.#isInOrder = true;
    this.#bereaved.clear();
    link(
      this.children,
      children.map(({ plan }) => plan),
      (name, dependant) => this.#bereaved.add(name, dependant),
    );
  }

  #admit(plan: ServicePlan): Child {
    const child = this.#create(plan, this.#nextOrder++);
    this.children.set(plan.name, child);
    this.aggregate.admit(child);
    return child;
  }
}

function byName(plans: readonly ServicePlan[]): ReadonlyMap<string, ServicePlan> {
  return new Map(plans.map((plan) => [plan.name, plan]));
}
