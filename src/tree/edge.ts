// edge.ts: one dependency of one service, with its current verdict; keeps the counts of the service's gate.

import { type ConditionVerdict, judgeCondition } from "../../machines/policies/gate.ts";
import type { Condition, OnFailure } from "../contract/spec.ts";
import type { DependencyPlan } from "../definition/plan.ts";
import type { Child } from "./service.ts";
import type { Unit } from "./unit.ts";

export interface Edge {
  readonly dependant: Child;
  readonly dependency: Child;
  readonly condition: Condition;
  readonly required: boolean;
  /** undefined: "restart" while the dependant holds the value of the dependency, else "ignore". */
  readonly onFailure: OnFailure | undefined;
  verdict: ConditionVerdict;
}

const noEdges: readonly Edge[] = [];

/** The edges between one child and its siblings, and the incarnations of others that hold its value. */
export class Links {
  dependencies = noEdges;
  dependants = noEdges;
  /** The dependencies that its gate waits for. */
  closed = 0;
  /** The dependencies that will not meet their condition. */
  hopeless = 0;
  holders: Set<Unit> | null = null;

  /** Forgets the edges. */
  cut(): void {
    this.dependencies = noEdges;
    this.dependants = noEdges;
    this.closed = 0;
    this.hopeless = 0;
  }
}

/** The links of every child without any: one object for all, because most have none. */
export const noLinks: Readonly<Links> = Object.freeze(new Links());

export function createEdge(dependant: Child, dependency: Child, plan: DependencyPlan): Edge {
  const { condition, required, onFailure } = plan;
  const edge: Edge = { dependant, dependency, condition, required, onFailure, verdict: "met" };
  judgeEdge(edge);
  return edge;
}

/** Judges an edge anew. Returns true if the verdict changed and the dependant is waiting. */
export function judgeEdge(edge: Edge): boolean {
  const { dependant, dependency } = edge;
  const verdict = judgeCondition(edge.condition, edge.required, dependency.standing.dependency);
  if (verdict === edge.verdict) return false;
  count(edge, -1);
  edge.verdict = verdict;
  count(edge, 1);
  return dependant.phase === "waiting";
}

/** Takes an edge out of its dependant's gate. */
export function dropEdge(edge: Edge): void {
  count(edge, -1);
  edge.verdict = "met";
}

function count({ dependant, verdict }: Edge, by: 1 | -1): void {
  if (verdict === "closed") dependant.ownLinks.closed += by;
  if (verdict === "hopeless") dependant.ownLinks.hopeless += by;
}
