// Health: what the ratings of children add up to.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  adjustTally,
  emptyTally,
  type Health,
  type HealthTally,
  judgeHealth,
  type Rating,
} from "../../../machines/policies/health.ts";

function tally(criticalUnhealthy: number, otherUnhealthy: number, degraded: number): HealthTally {
  return { criticalUnhealthy, otherUnhealthy, degraded };
}

describe("the aggregate", () => {
  it.each<[title: string, tally: HealthTally, health: Health]>([
    ["of nothing is healthy", emptyTally, "healthy"],
    ["with an unhealthy critical child is unhealthy", tally(1, 0, 0), "unhealthy"],
    ["with another unhealthy child is degraded", tally(0, 1, 0), "degraded"],
    ["with a degraded child is degraded", tally(0, 0, 1), "degraded"],
    ["with an unhealthy critical child among others is unhealthy", tally(1, 3, 2), "unhealthy"],
    ["with many others unhealthy is degraded, not worse", tally(0, 9, 9), "degraded"],
  ])("%s", (_title, given, health) => {
    expect(judgeHealth(given)).toBe(health);
  });
});

describe("rating x critical: what one child adds to the tally", () => {
  it.each<[rating: Rating, critical: boolean, after: HealthTally]>([
    ["healthy", true, emptyTally],
    ["healthy", false, emptyTally],
    ["excused", true, emptyTally],
    ["excused", false, emptyTally],
    ["degraded", true, tally(0, 0, 1)],
    ["degraded", false, tally(0, 0, 1)],
    ["unhealthy", true, tally(1, 0, 0)],
    ["unhealthy", false, tally(0, 1, 0)],
  ])("a child that is %s, critical %s, changes the tally", (rating, critical, after) => {
    expect(adjustTally(emptyTally, rating, critical, 1)).toEqual(after);
    expect(adjustTally(after, rating, critical, -1)).toEqual(emptyTally);
  });
});

it("for every history of changes: the tally kept by difference is the tally counted from scratch", () => {
  const anyRating = fc.constantFrom<Rating>("healthy", "degraded", "unhealthy", "excused");
  const anyChange = fc.record({ child: fc.nat(5), rating: anyRating });
  const everyChild = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(everyChild, fc.array(anyChange), (critical, changes) => {
      const ratings = critical.map((): Rating => "excused");
      let kept = emptyTally;
      for (const { child, rating } of changes) {
        kept = adjustTally(kept, ratings[child]!, critical[child]!, -1);
        kept = adjustTally(kept, rating, critical[child]!, 1);
        ratings[child] = rating;
      }
      const unhealthy = critical.filter((_, child) => ratings[child] === "unhealthy");
      expect(kept).toEqual(
        tally(
          unhealthy.filter(Boolean).length,
          unhealthy.filter((isCritical) => !isCritical).length,
          ratings.filter((rating) => rating === "degraded").length,
        ),
      );
    }),
  );
});
