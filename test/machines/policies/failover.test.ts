// The budget of a role: it is spent across nodes, never beyond maxRetries + 1 failures.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDeath, isExhausted, nextToken, retriesHere } from "../../../machines/policies/failover.ts";

describe("retries on one node", () => {
  it.each<[maxRetries: number, moveAfterFailures: number, failures: number, expected: number]>([
    [5, 3, 0, 2], // the third failure moves it
    [5, 3, 3, 2], // the sixth is the last
    [5, 3, 5, 0],
    [5, Infinity, 0, 5], // it never moves for its failures
    [Infinity, 3, 100, 2],
    [0, 3, 0, 0],
    [5, 1, 0, 0], // each failure moves it
  ])("maxRetries %d, moved after %d, failed %d times: %d", (maxRetries, moveAfterFailures, failures, expected) => {
    expect(retriesHere({ maxRetries, moveAfterFailures }, failures)).toBe(expected);
  });

  it("however it moves, a role fails maxRetries + 1 times, and then no more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 8 }), (maxRetries, moveAfterFailures) => {
        const rule = { maxRetries, moveAfterFailures };
        let failures = 0;
        while (!isExhausted(rule, failures)) failures += retriesHere(rule, failures) + 1;
        expect(failures).toBe(maxRetries + 1);
      }),
    );
  });
});

it("a death counts as a failure unless the role had proved itself there", () => {
  expect(countDeath(2, false)).toBe(3);
  expect(countDeath(2, true)).toBe(0);
});

it("a token grows, whatever the wall clock says, and is a safe integer", () => {
  expect(nextToken(0, 1_795_714_000_000.5)).toBe(1_795_714_000_000);
  expect(nextToken(1_795_714_000_000, 5)).toBe(1_795_714_000_001);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }), fc.double({ noNaN: true }), (last, wall) => {
      const token = nextToken(last, wall);
      expect(token).toBeGreaterThan(last);
      expect(Number.isSafeInteger(token)).toBe(true);
    }),
  );
});
