// An edge: one dependant's wait for one dependency, with its verdict, and the counts of its gate kept by difference.

import { type ConditionVerdict, type DependencyState, judgeCondition } from "../../machines/policies/gate.ts";
import type { Condition, OnFailure } from "../contract/spec.ts";
import type { ServiceState } from "../contract/states.ts";
import type { DependencyPlan } from "../definition/plan.ts";

/** What an edge needs of the children it joins. */
export interface EdgeEnd {
  readonly state: ServiceState;
  readonly phase: string | null;
  readonly isLive: boolean;
  readonly settled: boolean;
  readonly regrouping: boolean;
  readonly hasCompleted: boolean;
  closedEdges: number;
  hopelessEdges: number;
}

export interface Edge<End extends EdgeEnd = EdgeEnd> {
  readonly dependant: End;
  readonly dependency: End;
  readonly condition: Condition;
  readonly required: boolean;
  readonly onFailure: OnFailure;
  verdict: ConditionVerdict;
}

export function createEdge<End extends EdgeEnd>(dependant: End, dependency: End, plan: DependencyPlan): Edge<End> {
  const { condition, required, onFailure } = plan;
  const edge: Edge<End> = { dependant, dependency, condition, required, onFailure, verdict: "met" };
  judgeEdge(edge);
  return edge;
}

/** Judges an edge anew. Returns whether its dependant may care: the verdict changed and it is waiting. */
export function judgeEdge(edge: Edge): boolean {
  const { dependant } = edge;
  const verdict = judgeCondition(edge.condition, edge.required, toDependencyState(edge.dependency));
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

// A child that its group or a hand will start again is pending, whatever it looks like meanwhile.
function toDependencyState(child: EdgeEnd): DependencyState {
  if (child.state === "running") return child.phase === "healthy" ? "healthy" : "unhealthy";
  if (child.regrouping || child.isLive) return "pending";
  if (child.state === "failed") return "failed";
  if (!child.settled) return "pending";
  return child.hasCompleted ? "completed" : "stopped";
}
