// restart.ts: whether a service whose incarnation ended by itself comes back, and how its failures are counted.
// The supervisor's limit on restarts is in intensity.ts; which siblings restart with it is in strategy.ts.
// To add a policy, add its name and its row: each column is one fact about a policy.

/** When a service comes back: OTP's permanent, transient and temporary. */
export const restartPolicies = ["always", "on-failure", "never"] as const;

export type RestartPolicy = (typeof restartPolicies)[number];

/** The answers of `decide`, which replace the policy's. */
export const decisions = ["restart", "stop", "fail", "escalate"] as const;

export type Decision = (typeof decisions)[number];

/** The verdict after an end: a `Decision`, or `give-up` when the retries are used up. */
export type RestartVerdict = Decision | "give-up";

/** How an incarnation ended without a request. A policy sees no more than this; the service chart provides it. */
export type OwnEnd = "completed" | "failed";

interface PolicyRow {
  readonly completed: Decision;
  readonly failed: Decision;
  /** Whether it starts again with its group after the group's restart has stopped it. */
  readonly withGroup: "restart" | "dismiss";
  /** Whether it can end by itself for good without failing, as `significant` and condition "completed" need. */
  readonly canComplete: boolean;
  /** Whether its failure for good fails its supervisor, unless `critical` says otherwise. */
  readonly isCritical: boolean;
}

export const restartTable = {
  always: { completed: "restart", failed: "restart", withGroup: "restart", canComplete: false, isCritical: true },
  "on-failure": { completed: "stop", failed: "restart", withGroup: "restart", canComplete: true, isCritical: true },
  never: { completed: "stop", failed: "fail", withGroup: "dismiss", canComplete: true, isCritical: false },
} as const satisfies Record<RestartPolicy, PolicyRow>;

/**
 * Decides what follows an incarnation that ended by itself.
 *
 * `wish`, the answer of the user's `decide`, replaces the policy's answer, but cannot go beyond `maxRetries`.
 * `failures` counts this end, if it is a failure: with `maxRetries` 5, failures 1 to 5 are retried and 6 gives up.
 */
export function decideRestart(
  rule: { readonly policy: RestartPolicy; readonly maxRetries: number },
  end: OwnEnd,
  failures: number,
  wish?: Decision,
): RestartVerdict {
  const decision = wish ?? restartTable[rule.policy][end];
  const exhausted = end === "failed" && failures > rule.maxRetries;
  return decision === "restart" && exhausted ? "give-up" : decision;
}

/**
 * Counts consecutive failures after an end.
 *
 * An incarnation that was ready for `resetAfterMs` or longer (`readyForMs`; null if it never was) starts the count anew.
 * A completed end adds nothing; if the incarnation was ready for a shorter time, the count stays as it is.
 */
export function countFailures(before: number, end: OwnEnd, readyForMs: number | null, resetAfterMs: number): number {
  const kept = readyForMs !== null && readyForMs >= resetAfterMs ? 0 : before;
  return end === "failed" ? kept + 1 : kept;
}
