// backoff.ts: how long a service waits before its next start, computed from its number of failures in a row.

/** The numbers of a backoff: milliseconds, a factor, and a share of the delay. */
export interface BackoffRule {
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly multiplier: number;
  readonly jitter: number;
}

/**
 * The delay before the restart that follows the n-th failure in a row, in milliseconds.
 *
 * `min(maxBackoffMs, initialBackoffMs * multiplier^(n-1))`, then jitter. Jitter beyond maxBackoffMs is subtracted
 * instead, so that delays at the cap stay spread. `chance` is a number of [0, 1); 0.5 leaves the delay unchanged.
 * initialBackoffMs 100, multiplier 2, maxBackoffMs 1000, no jitter: 100, 200, 400, 800, 1000, 1000. No n overflows.
 */
export function nextDelayMs(rule: BackoffRule, failures: number, chance: number): number {
  if (rule.initialBackoffMs === 0) return 0;
  const grown = rule.initialBackoffMs * rule.multiplier ** (failures - 1);
  const delay = Math.min(rule.maxBackoffMs, grown);
  const jittered = delay * (1 + rule.jitter * (2 * chance - 1));
  const reflected = jittered > rule.maxBackoffMs ? 2 * rule.maxBackoffMs - jittered : jittered;
  return Math.max(0, reflected);
}
