// health.ts: the health of a supervisor, computed from the health of its children one change at a time.

/** The health of a supervisor. */
export type Health = "healthy" | "degraded" | "unhealthy";

/**
 * The health that one child counts as. A child that completed, or that the user or its `decide` stopped, is `excused`:
 * it does not count.
 */
export type Rating = Health | "excused";

/** How many children are not healthy. `adjustTally` keeps it; it is never counted from scratch. */
export interface HealthTally {
  readonly criticalUnhealthy: number;
  readonly otherUnhealthy: number;
  readonly degraded: number;
}

export const emptyTally: HealthTally = { criticalUnhealthy: 0, otherUnhealthy: 0, degraded: 0 };

/** The tally after one child's rating changed `by` one (+1: it has this rating now; -1: it no longer has). */
export function adjustTally(tally: HealthTally, rating: Rating, critical: boolean, by: 1 | -1): HealthTally {
  const { criticalUnhealthy, otherUnhealthy, degraded } = tally;
  if (rating === "degraded") return { criticalUnhealthy, otherUnhealthy, degraded: degraded + by };
  if (rating !== "unhealthy") return tally;
  return critical
    ? { criticalUnhealthy: criticalUnhealthy + by, otherUnhealthy, degraded }
    : { criticalUnhealthy, otherUnhealthy: otherUnhealthy + by, degraded };
}

/** `unhealthy` if a critical child is, else `degraded` if any child is not healthy, else `healthy`. */
export function judgeHealth(tally: HealthTally): Health {
  if (tally.criticalUnhealthy > 0) return "unhealthy";
  return tally.otherUnhealthy + tally.degraded > 0 ? "degraded" : "healthy";
}
