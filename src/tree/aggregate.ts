// What the children of one supervisor add up to, kept by difference: their states, their ratings, the significant ones
// that are still to end. A change costs the same among ten children and among a hundred thousand.

import {
  adjustTally,
  emptyTally,
  type Health,
  type HealthTally,
  judgeHealth,
  type Rating,
} from "../../machines/policies/health.ts";
import type { ServiceState } from "../contract/states.ts";
import type { Child } from "./service.ts";

export class Aggregate {
  readonly counts: Record<ServiceState, number> = {
    stopped: 0,
    starting: 0,
    running: 0,
    stopping: 0,
    backoff: 0,
    failed: 0,
  };
  tally: HealthTally = emptyTally;
  /** Significant children whose own end is still to come. */
  awaited = 0;

  get health(): Health {
    return judgeHealth(this.tally);
  }

  admit(child: Child): void {
    this.counts[child.state]++;
    this.tally = adjustTally(this.tally, child.rating, child.plan.critical, 1);
    this.rerate(child);
  }

  drop(child: Child): void {
    this.counts[child.state]--;
    this.tally = adjustTally(this.tally, child.rating, child.plan.critical, -1);
    if (child.isAwaited) this.awaited--;
  }

  recount(from: ServiceState, to: ServiceState): void {
    this.counts[from]--;
    this.counts[to]++;
  }

  rerate(child: Child): void {
    const awaited = child.plan.significant && !(child.settled || child.byHand);
    if (awaited !== child.isAwaited) this.awaited += awaited ? 1 : -1;
    child.isAwaited = awaited;
    const rating = rate(child);
    if (rating === child.rating) return;
    const { critical } = child.plan;
    this.tally = adjustTally(adjustTally(this.tally, child.rating, critical, -1), rating, critical, 1);
    child.rating = rating;
  }
}

function rate(child: Child): Rating {
  if (child.state === "running") {
    if (child.phase !== "healthy") return "unhealthy";
    return child.family?.health === "degraded" ? "degraded" : "healthy";
  }
  // Ended as it should: not one that its group stopped and its policy never restarts.
  const isDone = child.byHand || (child.settled && child.exit?.kind !== "stopped");
  return child.state === "stopped" && isDone ? "excused" : "unhealthy";
}
