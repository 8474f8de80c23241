// The lease of a session: by which clock, until when, and which numbers fit together.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  deadlineInMs,
  elapsedMs,
  findUnfit,
  type LeaseRule,
  renewalInMs,
  validForMs,
} from "../../../machines/policies/lease.ts";

const rule: LeaseRule = {
  leaseDurationMs: 20_000,
  renewIntervalMs: 3_000,
  renewDeadlineMs: 14_000,
  retryPeriodMs: 1_000,
  clockMarginMs: 1_000,
};
const at = (now: number, wall = now) => ({ now, wall });

describe("the time since the last confirmed send", () => {
  it.each([
    ["both clocks agree", at(0), at(500), 500],
    ["the machine slept: the monotonic clock stood still", at(0), at(10, 90_000), 90_000],
    ["the wall clock was set back", at(0, 1_000_000), at(500, 2_000), 500],
    ["the wall clock was set forward", at(0), at(10, 5_000), 5_000],
  ])("%s", (_, from, to, expected) => {
    expect(elapsedMs(from, to)).toBe(expected);
  });
});

describe("a session", () => {
  it("is valid until the lease is over, less the margin, and not at that moment", () => {
    expect(validForMs(rule, at(0), at(18_999))).toBe(1);
    expect(validForMs(rule, at(0), at(19_000))).toBe(0);
  });

  it("is given up at its deadline, which is before the end of its lease", () => {
    expect(deadlineInMs(rule, at(0), at(13_999))).toBe(1);
    expect(deadlineInMs(rule, at(0), at(14_000))).toBe(0);
  });

  it("is renewed at each interval from when the last renewal was sent, at once if that is over", () => {
    expect(renewalInMs(rule, at(0), at(400))).toBe(2_600);
    expect(renewalInMs(rule, at(0), at(4_000))).toBe(0);
  });

  it("is over for its own node before any observer may end it, while the clocks run at rates 5 % apart at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3_000, max: 60_000 }), // the lease
        fc.integer({ min: 0, max: 5_000 }), // from the send to the sight of the record
        fc.double({ min: 0.975, max: 1.025, noNaN: true }), // the rate of the holder's clock
        fc.double({ min: 0.975, max: 1.025, noNaN: true }), // the rate of the observer's clock
        (leaseDurationMs, seenAfter, own, other) => {
          const clockMarginMs = Math.max(500, 0.05 * leaseDurationMs);
          const ended = seenAfter + leaseDurationMs / other; // in true time, at the earliest
          const sent = at(0);
          expect(validForMs({ ...rule, leaseDurationMs, clockMarginMs }, sent, at(ended * own))).toBeLessThanOrEqual(0);
        },
      ),
    );
  });
});

describe("numbers that do not fit together are named", () => {
  it.each<[title: string, more: Partial<LeaseRule>, expected: RegExp | null]>([
    ["the defaults fit", {}, null],
    ["room for two attempts more", { renewDeadlineMs: 5_001 }, null],
    ["no room for two attempts more", { renewDeadlineMs: 5_000 }, /renewIntervalMs/],
    ["time to end", { renewDeadlineMs: 18_499 }, null],
    ["no time to end", { renewDeadlineMs: 18_500 }, /leaseDurationMs/],
  ])("%s", (_, more, expected) => {
    const found = findUnfit({ ...rule, ...more });
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });
});
