// Restart: what follows the end of an incarnation, and how failures are counted.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countFailures,
  type Decision,
  decideRestart,
  type OwnEnd,
  type RestartPolicy,
  type RestartVerdict,
} from "../../../machines/policies/restart.ts";

describe("policy x end, while retries are left", () => {
  it.each<[policy: RestartPolicy, end: OwnEnd, verdict: RestartVerdict]>([
    ["always", "completed", "restart"], //     case 26
    ["always", "failed", "restart"],
    ["on-failure", "completed", "stop"], //    case 29
    ["on-failure", "failed", "restart"], //    case 31
    ["never", "completed", "stop"],
    ["never", "failed", "fail"], //            case 33
  ])("under %s an end as %s leads to %s", (policy, end, verdict) => {
    expect(decideRestart({ policy, maxRetries: 5 }, end, end === "failed" ? 1 : 0)).toBe(verdict);
  });
});

describe("maxRetries failures in a row are retried, one more gives up", () => {
  it.each<[policy: RestartPolicy, maxRetries: number, failures: number, verdict: RestartVerdict]>([
    ["on-failure", 5, 5, "restart"],
    ["on-failure", 5, 6, "give-up"],
    ["on-failure", 2, 2, "restart"], // case 63
    ["on-failure", 2, 3, "give-up"],
    ["always", 5, 5, "restart"],
    ["always", 5, 6, "give-up"],
    ["on-failure", 0, 1, "give-up"],
    ["always", 0, 1, "give-up"],
    ["on-failure", 1, 1, "restart"],
    ["on-failure", Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, "restart"],
    ["never", 5, 6, "fail"],
    ["never", 0, 1, "fail"],
  ])("under %s with maxRetries %d failure number %d leads to %s", (policy, maxRetries, failures, verdict) => {
    expect(decideRestart({ policy, maxRetries }, "failed", failures)).toBe(verdict);
  });

  it("a completed end is restarted under always however many failures there were", () => {
    expect(decideRestart({ policy: "always", maxRetries: 0 }, "completed", 9)).toBe("restart");
  });
});

describe("a wish replaces the policy's answer, and goes no further than maxRetries", () => {
  const policies: readonly RestartPolicy[] = ["always", "on-failure", "never"];
  const ends: readonly OwnEnd[] = ["completed", "failed"];
  const wishes: readonly Decision[] = ["restart", "stop", "fail", "escalate"];
  const rows = policies.flatMap((policy) => ends.flatMap((end) => wishes.map((wish) => [policy, end, wish] as const)));

  it.each(rows)("under %s an end as %s with the wish %s is granted while retries are left", (policy, end, wish) => {
    expect(decideRestart({ policy, maxRetries: 1 }, end, end === "failed" ? 1 : 0, wish)).toBe(wish);
  });

  it.each(policies)("under %s the wish to restart with the retries used up gives up", (policy) => {
    expect(decideRestart({ policy, maxRetries: 1 }, "failed", 2, "restart")).toBe("give-up");
  });

  it.each(["stop", "fail", "escalate"] as const)("the wish %s is granted with the retries used up", (wish) => {
    expect(decideRestart({ policy: "on-failure", maxRetries: 1 }, "failed", 2, wish)).toBe(wish);
  });
});

describe("consecutive failures", () => {
  it.each<[title: string, before: number, end: OwnEnd, readyForMs: number | null, failures: number]>([
    ["a first failure counts one", 0, "failed", 10, 1],
    ["a failure after less than the reset time adds one", 3, "failed", 59_999, 4],
    ["a failure after exactly the reset time starts anew", 3, "failed", 60_000, 1], // case 57
    ["a failure after more than the reset time starts anew", 3, "failed", 60_001, 1],
    ["a failed start adds one, however long it took", 3, "failed", null, 4],
    ["a completed end adds nothing", 0, "completed", 10, 0],
    ["a completed end breaks no streak", 3, "completed", 10, 3],
    ["a completed end after exactly the reset time clears the streak", 3, "completed", 60_000, 0],
  ])("%s", (_title, before, end, readyForMs, failures) => {
    expect(countFailures(before, end, readyForMs, 60_000)).toBe(failures);
  });

  it("a reset time of 0 clears the count at every end of one that was ready", () => {
    expect(countFailures(3, "failed", 0, 0)).toBe(1);
    expect(countFailures(3, "failed", null, 0)).toBe(4);
  });

  it("a reset time of Infinity never clears the count", () => {
    expect(countFailures(3, "failed", Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY)).toBe(4);
  });

  it("for every streak: one more per failure since the last long life, completed ends not counted", () => {
    const anyEnd = fc.record({
      end: fc.constantFrom<OwnEnd>("completed", "failed"),
      readyForMs: fc.option(fc.integer({ min: 0, max: 200 })),
    });
    fc.assert(
      fc.property(fc.array(anyEnd), (ends) => {
        const counted = ends.reduce((before, { end, readyForMs }) => countFailures(before, end, readyForMs, 100), 0);
        const lastLong = ends.findLastIndex(({ readyForMs }) => readyForMs !== null && readyForMs >= 100);
        const streak = ends.slice(Math.max(0, lastLong)).filter(({ end }) => end === "failed");
        expect(counted).toBe(streak.length);
      }),
    );
  });
});
