// aggregate.ts: counts the children of one supervisor by state, by rating, and by whether their own end is awaited.
// The counts are kept by difference, so a change costs the same among ten children and among a hundred thousand.

import {
  adjustTally,
  emptyTally,
  type Health,
  type HealthTally,
  judgeHealth,
  type Rating,
} from "../../machines/policies/health.ts";
import { type ServiceState, serviceStates } from "../../machines/states.ts";
import type { Child } from "./service.ts";
import type { Place } from "./service-change.ts";

export class Aggregate {
  /** By the number of the state: V8 finds a field by a name that varies four times as slowly, and each step counts. */
  readonly #counts = serviceStates.map(() => 0);
  tally: HealthTally = emptyTally;
  /** Significant children whose own end is still to come. */
  readonly #awaited = new Set<Child>();

  /** How many significant children have not ended by themselves. */
  get awaited(): number {
    return this.#awaited.size;
  }

  get counts(): Record<ServiceState, number> {
    return Object.fromEntries(serviceStates.map((state, i) => [state, this.#counts[i]])) as Record<
      ServiceState,
      number
    >;
  }

  get health(): Health {
    return judgeHealth(this.tally);
  }

  admit(child: Child): void {
    this.#counts[child.place.number]!++;
    this.tally = adjustTally(this.tally, child.rating, child.plan.options.critical, 1);
    this.rerate(child);
  }

  drop(child: Child): void {
    this.#counts[child.place.number]!--;
    this.tally = adjustTally(this.tally, child.rating, child.plan.options.critical, -1);
    this.#awaited.delete(child);
  }

  recount(from: Place, to: Place): void {
    this.#counts[from.number]!--;
    this.#counts[to.number]!++;
  }

  rerate(child: Child): void {
    if (child.plan.options.significant) {
      if (child.standing.isOver || child.isStoppedByHand) this.#awaited.delete(child);
      else this.#awaited.add(child);
    }
    const rating = rate(child);
    if (rating === child.rating) return;
    const { critical } = child.plan.options;
    this.tally = adjustTally(adjustTally(this.tally, child.rating, critical, -1), rating, critical, 1);
    child.rating = rating;
  }
}

function rate(child: Child): Rating {
  const { rating } = child.standing;
  if (rating === "healthy") return child.supervisor?.health === "degraded" ? "degraded" : "healthy";
  // A child that its group stopped for good was wanted, so it counts as missing.
  if (rating === "excused") return child.isDismissedWithGroup ? "unhealthy" : "excused";
  if (child.plan.rule.scheduled && child.state !== "failed") return "excused";
  return child.isBetweenRuns ? child.rating : rating;
}
