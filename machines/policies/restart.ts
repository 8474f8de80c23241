// Restart: whether a service whose incarnation ended by itself comes back, and how its failures are counted.
// It does not look at the restart intensity of the supervisor (intensity.ts) nor at who else restarts (strategy.ts).

/** When a service comes back: OTP's permanent, transient and temporary. */
export type RestartPolicy = "always" | "on-failure" | "never";

/** What `decide` may answer instead of the policy. */
export type Decision = "restart" | "stop" | "fail" | "escalate";

/** What happens after an end: a `Decision`, or `give-up` where the retries are used up. */
export type RestartVerdict = Decision | "give-up";

/** How an incarnation ended that nobody asked to end. */
export type OwnEnd = "completed" | "failed";

const table: Record<RestartPolicy, Record<OwnEnd, Decision>> = {
  always: { completed: "restart", failed: "restart" },
  "on-failure": { completed: "stop", failed: "restart" },
  never: { completed: "stop", failed: "fail" },
};

/**
 * Decides what follows an incarnation that ended by itself.
 *
 * The policy's answer can be replaced by `wish` (what the user's `decide` said), but no wish goes beyond `maxRetries`.
 * `failures` counts this end, if it is a failure: with `maxRetries` 5, failures 1 to 5 are retried and 6 gives up.
 */
export function decideRestart(
  rule: { readonly policy: RestartPolicy; readonly maxRetries: number },
  end: OwnEnd,
  failures: number,
  wish?: Decision,
): RestartVerdict {
  const decision = wish ?? table[rule.policy][end];
  const exhausted = end === "failed" && failures > rule.maxRetries;
  return decision === "restart" && exhausted ? "give-up" : decision;
}

/**
 * Counts consecutive failures after an end.
 *
 * An incarnation that was ready for `resetAfterMs` or longer (`readyForMs`; null if it never was) starts the count anew.
 * A completed end adds nothing and, shorter than that, breaks no streak.
 */
export function countFailures(before: number, end: OwnEnd, readyForMs: number | null, resetAfterMs: number): number {
  const kept = readyForMs !== null && readyForMs >= resetAfterMs ? 0 : before;
  return end === "failed" ? kept + 1 : kept;
}
