// Dependants: who depends on whom among siblings, what a service's coming and going does to its dependants, and what they
// are given of it.

import type { By } from "../../machines/events.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { createEdge, dropEdge, type Edge, type EdgeEnd, judgeEdge } from "./edge.ts";
import { type Subject, toDependencyDown, toNotADependency } from "./failures.ts";

/** A child, as far as it depends on others and others on it. */
interface Joined extends EdgeEnd, Subject {
  readonly tree: { readonly turns: { later(job: () => void): void } };
  readonly parent: { readonly isSupervising: boolean };
  readonly order: number;
  readonly unit: { readonly value: unknown } | null;
  readonly isUpOrComing: boolean;
  dependencies: readonly Edge<Joined>[];
  dependants: readonly Edge<Joined>[];
  unlink(order: number): void;
  offerGate(): void;
  stop(by: By): void;
  restart(by: By): void;
}

/** Joins the children of these plans to those that they depend on. */
export function link(children: ReadonlyMap<string, Joined>, plans: readonly ServicePlan[]): void {
  for (const { name, dependencies } of plans) {
    if (dependencies.length === 0) continue;
    const dependant = children.get(name)!;
    dependant.dependencies = dependencies.map((dependency) => {
      const edge = createEdge(dependant, children.get(dependency.name)!, dependency);
      if (edge.dependency.dependants.length === 0) edge.dependency.dependants = [edge];
      else (edge.dependency.dependants as Edge<Joined>[]).push(edge);
      return edge;
    });
  }
}

/** Takes a child out of what joins it to others: those that wait for it, wait no longer. */
export function unlink(child: Joined): void {
  for (const edge of child.dependencies) {
    edge.dependency.dependants = edge.dependency.dependants.filter((other) => other !== edge);
  }
  for (const edge of child.dependants) {
    dropEdge(edge);
    edge.dependant.dependencies = edge.dependant.dependencies.filter((other) => other !== edge);
    child.tree.turns.later(() => edge.dependant.offerGate());
  }
  // What it still becomes is no business of those it had to do with.
  child.unlink(child.order);
}

/** Judges the gates of its dependants anew. */
export function tellDependants({ dependants, tree }: Joined): void {
  for (const edge of dependants) {
    if (judgeEdge(edge)) tree.turns.later(() => edge.dependant.offerGate());
  }
}

/** Those dependants that are up or coming up, and care whether it goes down. */
export function dependantsUp<End extends Joined>(dependants: readonly Edge<End>[]): readonly Edge<End>[] {
  if (dependants.length === 0) return dependants;
  return dependants.filter(({ dependant, onFailure }) => onFailure !== "ignore" && dependant.isUpOrComing);
}

/** Does to the dependants that it had when it went down what their onFailure says. */
export function touchDependants({ parent, hasCompleted }: Joined, edges: readonly Edge<Joined>[]): void {
  if (!parent.isSupervising) return;
  for (const { dependant, onFailure, condition } of edges) {
    if (condition === "completed" && hasCompleted) continue;
    // Those of the same group are the group's.
    if (dependant.regrouping || !dependant.isUpOrComing) continue;
    if (onFailure === "stop") dependant.stop("dependency");
    else dependant.restart("dependency");
  }
}

/** The live value of one of its dependencies. */
export function valueOfDependency(child: Joined, name: string): unknown {
  const edge = child.dependencies.find(({ dependency }) => dependency.plan.name === name);
  if (edge === undefined) throw toNotADependency(child, name);
  const { dependency } = edge;
  if (dependency.state !== "running") throw toDependencyDown(child, dependency);
  return dependency.unit!.value;
}
