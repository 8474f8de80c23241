// dependants.ts: links siblings to their dependencies, and opens gates, restarts or stops dependants when one changes.

import type { Condition, OnFailure } from "../contract/spec.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { createEdge, dropEdge, type Edge, judgeEdge } from "./edge.ts";
import type { Child } from "./service.ts";

/** Joins the children of these plans to their dependencies. `onMissing` is told of each that is not there. */
export function link(
  children: ReadonlyMap<string, Child>,
  plans: readonly ServicePlan[],
  onMissing: (name: string, dependant: Child) => void = () => {},
): void {
  for (const { name, dependencies } of plans) {
    if (dependencies.length === 0) continue;
    const dependant = children.get(name)!;
    const edges: Edge[] = [];
    for (const dependency of dependencies) {
      const child = children.get(dependency.name);
      // An optional one may have been removed.
      if (child === undefined) {
        onMissing(dependency.name, dependant);
        continue;
      }
      const edge = createEdge(dependant, child, dependency);
      if (child.dependants.length === 0) child.ownLinks.dependants = [edge];
      else (child.dependants as Edge[]).push(edge);
      edges.push(edge);
    }
    dependant.ownLinks.dependencies = edges;
  }
}

/** Joins a child to a dependant that depends on its name. */
export function joinTo(child: Child, dependant: Child): void {
  const plan = dependant.plan.dependencies.find(({ name }) => name === child.plan.name);
  if (plan === undefined) return;
  const edge = createEdge(dependant, child, plan);
  child.ownLinks.dependants = [...child.dependants, edge];
  dependant.ownLinks.dependencies = [...dependant.dependencies, edge];
}

/** Cuts a child off from its dependencies and its dependants. Dependants that wait for it wait no longer. */
export function unlink(child: Child): void {
  for (const edge of child.dependencies) {
    edge.dependency.ownLinks.dependants = edge.dependency.dependants.filter((other) => other !== edge);
  }
  for (const edge of child.dependants) {
    dropEdge(edge);
    edge.dependant.ownLinks.dependencies = edge.dependant.dependencies.filter((other) => other !== edge);
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

/** The effect on one dependant when a child goes down. */
export interface Touch {
  readonly dependant: Child;
  readonly onFailure: Exclude<OnFailure, "ignore">;
  /** null: it holds the value of a service inside its dependency. */
  readonly condition: Condition | null;
}

const noTouches: readonly Touch[] = [];

/** The dependants that are up or coming up and react when the child goes down, with their reactions. */
export function dependantsUp(child: Child): readonly Touch[] {
  return dependantsThat(child, ({ isUpOrComing }) => isUpOrComing);
}

/** The same, and those that are on their way down while the child still serves them. */
export function dependantsAlive(child: Child): readonly Touch[] {
  const { isServing } = child.standing;
  return dependantsThat(child, ({ isUpOrComing, standing }) => isUpOrComing || (isServing && standing.isEnding));
}

function dependantsThat(child: Child, isMeant: (dependant: Child) => boolean): readonly Touch[] {
  if (child.dependants.length === 0 && !child.isHeldByOthers) return noTouches;
  const touches: Touch[] = [];
  for (const { dependant, onFailure, condition } of child.dependants) {
    if (!isMeant(dependant)) continue;
    const reaction = onFailure ?? (holds(dependant, child) ? "restart" : "ignore");
    if (reaction !== "ignore") touches.push({ dependant, onFailure: reaction, condition });
  }
  for (const { child: dependant } of child.holders) {
    const isJoined = child.dependants.some((edge) => edge.dependant === dependant);
    if (isJoined || !isMeant(dependant)) continue;
    const around = dependant.dependencies.find(({ dependency }) => isInside(child, dependency));
    const reaction = around?.onFailure ?? "restart";
    if (reaction !== "ignore") touches.push({ dependant, onFailure: reaction, condition: null });
  }
  return touches;
}

/** Whether the current incarnation of a child holds the current value of another. */
function holds({ unit }: Child, of: Child): boolean {
  return (
    unit !== null && !unit.isOver && unit.holdings.some((holding) => holding.of === of || isInside(holding.of, of))
  );
}

function isInside(inner: Child, { path, supervisor }: Child): boolean {
  return supervisor !== null && inner.path.startsWith(`${path}/`);
}

/** Applies the onFailure of the dependants that the child had when it went down. */
export function touchDependants({ phase }: Child, touches: readonly Touch[]): void {
  for (const { dependant, onFailure, condition } of touches) {
    const { parent } = dependant;
    if (!parent.isSupervising || (condition === "completed" && phase === "completed")) continue;
    // A dependant in a group that restarts is stopped with the group.
    if (parent.isRegrouping(dependant) || !dependant.isUpOrComing) continue;
    if (onFailure === "stop") dependant.stop("dependency");
    else dependant.restart("dependency");
  }
}
