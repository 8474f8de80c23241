// edge.ts: one dependency of one service, with its current verdict; keeps the counts of the service's gate.

import { type ConditionVerdict, judgeCondition } from "../../machines/policies/gate.ts";
import type { Condition, OnFailure } from "../contract/spec.ts";
import type { DependencyPlan } from "../definition/plan.ts";
import type { Child } from "./service.ts";

export interface Edge {
  readonly dependant: Child;
  readonly dependency: Child;
  readonly condition: Condition;
  readonly required: boolean;
  /** undefined: "restart" while the dependant holds the value of the dependency, else "ignore". */
  readonly onFailure: OnFailure | undefined;
  verdict: ConditionVerdict;
}

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
  if (verdict === "closed") dependant.closedEdges += by;
  if (verdict === "hopeless") dependant.hopelessEdges += by;
}
