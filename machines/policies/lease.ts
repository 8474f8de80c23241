// lease.ts: how long a node's session is valid for the node itself, and when it must be renewed or given up.
// A node counts from the moment before it sent its last confirmed write, by the earlier of two clocks: the monotonic one
// stands still while the machine sleeps, the wall clock does not. No clock is compared with that of another machine.

/** The numbers of a lease, all in milliseconds. */
export interface LeaseRule {
  /** How long others wait after the last write that they have seen, before they take the session for dead. */
  readonly leaseDurationMs: number;
  readonly renewIntervalMs: number;
  /** Without a confirmed renewal for this long the node steps down. */
  readonly renewDeadlineMs: number;
  /** The wait after a failed attempt, and the timeout of one. */
  readonly retryPeriodMs: number;
  /** How much earlier than others the node itself takes its session for over. */
  readonly clockMarginMs: number;
}

/** The defaults, which survive an election of NATS. The margin is 5 % of the lease, at least 500 ms. */
export const leaseDefaults = {
  leaseDurationMs: 20_000,
  renewIntervalMs: 3_000,
  renewDeadlineMs: 14_000,
  retryPeriodMs: 1_000,
} as const;

/** One moment by both clocks of one machine, in milliseconds. */
export interface Moment {
  /** Monotonic. */
  readonly now: number;
  readonly wall: number;
}

/** What is left for the services of a node to end, between its deadline and the end of its lease, at the least. */
export const leastStopMs = 500;

/** The time since `from`, by the clock that says more. A wall clock that was set back changes nothing. */
export function elapsedMs(from: Moment, at: Moment): number {
  return Math.max(at.now - from.now, at.wall - from.wall);
}

/** How long a session is still valid for its own node; 0 or less: it is not. */
export function validForMs(rule: LeaseRule, sent: Moment, at: Moment): number {
  return rule.leaseDurationMs - rule.clockMarginMs - elapsedMs(sent, at);
}

/** How long a node may go on without a renewal, in milliseconds; 0 or less: it must step down. */
export function deadlineInMs(rule: LeaseRule, sent: Moment, at: Moment): number {
  return rule.renewDeadlineMs - elapsedMs(sent, at);
}

/** How long until the next renewal; never negative. */
export function renewalInMs(rule: LeaseRule, sent: Moment, at: Moment): number {
  return Math.max(0, rule.renewIntervalMs - elapsedMs(sent, at));
}

/** Says which numbers of a rule do not fit together; null if all do. */
export function findUnfit(rule: LeaseRule): string | null {
  const { leaseDurationMs, renewIntervalMs, renewDeadlineMs, retryPeriodMs, clockMarginMs } = rule;
  if (renewIntervalMs + 2 * retryPeriodMs >= renewDeadlineMs)
    return `renewIntervalMs + 2 * retryPeriodMs (${renewIntervalMs} + 2 * ${retryPeriodMs}) must be less than renewDeadlineMs (${renewDeadlineMs}): a renewal needs room for two more attempts`;
  if (renewDeadlineMs >= leaseDurationMs - clockMarginMs - leastStopMs)
    return `renewDeadlineMs (${renewDeadlineMs}) must be less than leaseDurationMs - clockMarginMs - ${leastStopMs} (${leaseDurationMs} - ${clockMarginMs} - ${leastStopMs}): services need time to end before the lease does`;
  return null;
}
