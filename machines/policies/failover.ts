// failover.ts: the budget of a role, which travels with its claim: how often it is tried on one node, when another node
// tries, and when it has failed for the whole cluster.

export interface FailoverRule {
  /** Failures in a row that are retried, on whichever nodes; the next one is final. */
  readonly maxRetries: number;
  /** Failures in a row on one node before another is tried. */
  readonly moveAfterFailures: number;
}

/** The retries that one node has, of a role that has failed so often before: fewer than its own limit near the end. */
export function retriesHere({ maxRetries, moveAfterFailures }: FailoverRule, failures: number): number {
  return Math.max(0, Math.min(moveAfterFailures - 1, maxRetries - failures));
}

/** Whether so many failures in a row are the end: with `maxRetries` 5, the sixth is. */
export function isExhausted({ maxRetries }: FailoverRule, failures: number): boolean {
  return failures > maxRetries;
}

/**
 * The failures of a role whose holder died or fell silent. The death counts as one failure unless the role had proved itself
 * there, by being up for `resetAfterMs`: a service that takes its process with it must not walk through the whole cluster.
 */
export function countDeath(failures: number, hadProved: boolean): number {
  return hadProved ? 0 : failures + 1;
}

/** The fencing token of the next grant: greater than the last, and greater after a loss of the store's data, too. */
export function nextToken(last: number, wall: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(last + 1, Math.floor(wall)));
}
