// table.ts: the children of one supervisor, in order: adds, removes and restores them, and keeps their aggregate.

import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { Aggregate } from "./aggregate.ts";
import { joinTo, link, unlink } from "./dependants.ts";
import type { Child } from "./service.ts";

export class Table {
  readonly children = new Map<string, Child>();
  readonly aggregate = new Aggregate();
  readonly #plan: SupervisorPlan;
  readonly #create: (plan: ServicePlan, order: number) => Child;
  #nextOrder = 0;
  /** The dependants of removed children, by name: a child added again under that name is their dependency again. */
  readonly #bereaved = new Map<string, Set<Child>>();
  /** Starts of the supervisor so far. A child that was added during an earlier one is forgotten. */
  #starts = 0;

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
    child.addedIn = this.#starts;
    link(this.children, [plan]);
    this.#rejoin(child);
    return child;
  }

  /** Forgets a child that is down. Returns false if it is not in the table any more. */
  remove(child: Child): boolean {
    if (this.children.get(child.plan.name) !== child) return false;
    this.children.delete(child.plan.name);
    this.#bereaved.set(child.plan.name, new Set(child.dependants.map(({ dependant }) => dependant)));
    this.aggregate.drop(child);
    unlink(child);
    child.dispose();
    return true;
  }

  #rejoin(child: Child): void {
    const { name } = child.plan;
    for (const dependant of this.#bereaved.get(name) ?? []) {
      if (this.children.get(dependant.plan.name) === dependant) joinTo(child, dependant);
    }
    this.#bereaved.delete(name);
  }

  /** Counts a start of the supervisor. */
  beginStart(): void {
    this.#starts++;
  }

  /** The children that were added at run time before this start. */
  get outdated(): readonly Child[] {
    return [...this.children.values()].filter(({ addedIn }) => addedIn !== null && addedIn < this.#starts);
  }

  /** Brings back, in their old places, the children of the definition that were removed. */
  restoreDefinition(): void {
    const missing = this.#plan.services.filter(({ name }) => !this.children.has(name));
    if (missing.length === 0) return;
    for (const plan of missing) this.#admit(plan);
    const newcomers = [...this.children.values()].filter(({ addedIn }) => addedIn !== null);
    const children = [...this.#plan.services.map(({ name }) => this.children.get(name)!), ...newcomers];
    this.children.clear();
    for (const [order, child] of children.entries()) {
      child.unlink(order);
      this.children.set(child.plan.name, child);
    }
    link(
      this.children,
      children.map(({ plan }) => plan),
    );
  }

  #admit(plan: ServicePlan): Child {
    const child = this.#create(plan, this.#nextOrder++);
    this.children.set(plan.name, child);
    this.aggregate.admit(child);
    return child;
  }
}
