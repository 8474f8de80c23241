// explain.ts: explains why a service is in its state, in one sentence and as data.

import type { Condition } from "../../machines/policies/gate.ts";
import { restartsLeft } from "../../machines/policies/intensity.ts";
import type { Phase, ServiceState } from "../contract/states.ts";
import type { ErrorSummary, HeldValue, TreeStatus } from "../contract/status.ts";
import { summaryOf } from "../tree/inside.ts";
import type { Child } from "../tree/service.ts";
import type { TreeSupervisor } from "../tree/supervisor.ts";
import { condense, listHolds, noteOf, retriesLeft, summariseChild, summariseSupervisor } from "./sentences.ts";
import { nextAttemptAt, summarise, toHolds, waitingFor } from "./status.ts";

export interface Explanation {
  readonly path: string;
  readonly state: ServiceState;
  readonly phase: Phase | null;
  /** One sentence for a person. */
  readonly summary: string;
  /** The part of it that a cluster adds: where a role runs, how long the lease of this node is valid. null: nothing. */
  readonly note: string | null;
  readonly waitingFor: readonly {
    readonly path: string;
    readonly condition: Condition;
    readonly state: ServiceState;
    readonly because: string;
  }[];
  readonly nextAttemptAt: number | null;
  /** The retries left of maxRetries. */
  readonly retriesLeft: number;
  /** The restarts left of its supervisor's intensity; Infinity without an intensity. */
  readonly intensityLeft: number;
  readonly lastError: ErrorSummary | null;
  /** The values of others that its incarnation took before it was ready, and whether each is still alive. */
  readonly holds: readonly HeldValue[];
}

export function explainChild(child: Child): Explanation {
  return {
    path: child.path,
    state: child.state,
    phase: child.phase,
    summary: `${summariseChild(child)}${noteOf(child)}${listHolds(child)}`,
    note: child.isLive ? summaryOf(child) : null,
    waitingFor:
      child.phase === "waiting"
        ? waitingFor(child).map(({ dependency, condition }) => ({
            path: dependency.path,
            condition,
            state: dependency.state,
            because: condense(dependency),
          }))
        : [],
    nextAttemptAt: nextAttemptAt(child),
    retriesLeft: retriesLeft(child),
    intensityLeft: intensityLeft(child.parent),
    lastError: summarise(child.error),
    holds: toHolds(child),
  };
}

/** Explains the root, which has no dependencies and no budget of retries. */
export function explainRoot(supervisor: TreeSupervisor, { phase, error }: TreeStatus): Explanation {
  const { path, state } = supervisor;
  return {
    path,
    state,
    phase,
    summary: summariseSupervisor(supervisor),
    note: null,
    waitingFor: [],
    nextAttemptAt: null,
    retriesLeft: 0,
    intensityLeft: Number.POSITIVE_INFINITY,
    lastError: error,
    holds: [],
  };
}

function intensityLeft({ actor, plan, tree }: TreeSupervisor): number {
  return restartsLeft(plan.rule.intensity, actor.getSnapshot().context.restartTimes, tree.clock.now());
}
