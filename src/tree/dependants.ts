// Dependants: who depends on whom among siblings, what a service's coming and going does to its dependants, and what they
// are given of it.

import type { ServicePlan } from "../definition/plan.ts";
import { createEdge, dropEdge, type Edge, judgeEdge } from "./edge.ts";
import { toDependencyDown, toNotADependency } from "./failures.ts";
import type { Child } from "./service.ts";

/** Joins the children of these plans to those that they depend on. */
export function link(children: ReadonlyMap<string, Child>, plans: readonly ServicePlan[]): void {
  for (const { name, dependencies } of plans) {
    if (dependencies.length === 0) continue;
    const dependant = children.get(name)!;
    dependant.dependencies = dependencies.map((dependency) => {
      const edge = createEdge(dependant, children.get(dependency.name)!, dependency);
      if (edge.dependency.dependants.length === 0) edge.dependency.dependants = [edge];
      else (edge.dependency.dependants as Edge[]).push(edge);
      return edge;
    });
  }
}

/** Takes a child out of what joins it to others: those that wait for it, wait no longer. */
export function unlink(child: Child): void {
  for (const edge of child.dependencies) {
    edge.dependency.dependants = edge.dependency.dependants.filter((other) => other !== edge);
  }
  for (const edge of child.dependants) {
    dropEdge(edge);
    edge.dependant.dependencies = edge.dependant.dependencies.filter((other) => other !== edge);
    child.tree.turns.later(() => edge.dependant.offerGate());
  }
  // From here on its changes must not reach its former dependants.
  child.unlink(child.order);
}

/** Judges the gates of its dependants anew. */
export function judgeDependants({ dependants, tree }: Child): void {
  for (const edge of dependants) {
    if (judgeEdge(edge)) tree.turns.later(() => edge.dependant.offerGate());
  }
}

/** Those dependants that are up or coming up, and care whether it goes down. */
export function dependantsUp(dependants: readonly Edge[]): readonly Edge[] {
  if (dependants.length === 0) return dependants;
  return dependants.filter(({ dependant, onFailure }) => onFailure !== "ignore" && dependant.isUpOrComing);
}

/** Does to the dependants that it had when it went down what their onFailure says. */
export function touchDependants({ parent, phase }: Child, edges: readonly Edge[]): void {
  if (!parent.isSupervising) return;
  for (const { dependant, onFailure, condition } of edges) {
    if (condition === "completed" && phase === "completed") continue;
    // Those that restart with the group are stopped with it.
    if (parent.isRegrouping(dependant) || !dependant.isUpOrComing) continue;
    if (onFailure === "stop") dependant.stop("dependency");
    else dependant.restart("dependency");
  }
}

/** The live value of one of its dependencies. */
export function valueOfDependency(child: Child, name: string): unknown {
  const edge = child.dependencies.find(({ dependency }) => dependency.plan.name === name);
  if (edge === undefined) throw toNotADependency(child, name);
  const { dependency } = edge;
  if (!dependency.standing.isServing) throw toDependencyDown(child, dependency);
  return dependency.unit!.value;
}
