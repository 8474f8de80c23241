// Backoff: the delay before a restart, for each number of failures.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackoffRule, nextDelayMs } from "../../../machines/policies/backoff.ts";

const seconds = 1_000;
const minutes = 60 * seconds;
const days = 24 * 60 * minutes;

function rule(initialBackoffMs: number, maxBackoffMs: number, multiplier = 2, jitter = 0): BackoffRule {
  return { initialBackoffMs, maxBackoffMs, multiplier, jitter };
}

const middle = 0.5; // chance that jitter turns into nothing
const almostOne = 1 - Number.EPSILON / 2;

describe("the n-th failure waits initial * multiplier^(n-1), at most the maximum", () => {
  it.each<[title: string, rule: BackoffRule, failures: number, delayMs: number]>([
    // Case 50: 200 ms, four failures in a row.
    ["the first", rule(200, minutes), 1, 200],
    ["the second", rule(200, minutes), 2, 400],
    ["the third", rule(200, minutes), 3, 800],
    ["the fourth", rule(200, minutes), 4, 1_600],
    // Case 51: (n, min, max) counts from 0, so n is failures - 1.
    ["no retry yet, 5 m to 7 m", rule(5 * minutes, 7 * minutes), 1, 5 * minutes],
    ["the third, 5 s to 7 s", rule(5 * seconds, 7 * seconds), 3, 7 * seconds],
    ["the third, 5 s to 7 d", rule(5 * seconds, 7 * days), 3, 20 * seconds],
    // Case 53: an initial delay above the cap is the cap.
    ["an initial delay above the maximum", rule(20 * seconds, 10 * seconds), 1, 10 * seconds],
    // Case 54: attempt 10 counts from 0.
    ["the eleventh, 1 s to 10 s", rule(seconds, 10 * seconds), 11, 10 * seconds],
    ["the last below the maximum", rule(100, 1_000), 4, 800],
    ["the first above the maximum", rule(100, 1_000), 5, 1_000],
    ["exactly the maximum", rule(125, 1_000), 4, 1_000],
    ["a multiplier of 1 keeps the delay", rule(300, minutes, 1), 1_000, 300],
    ["a broken multiplier", rule(1_000, minutes, 1.5), 3, 2_250],
    ["no initial delay", rule(0, minutes), 1, 0],
    ["no initial delay, whatever the power", rule(0, minutes), 100_000, 0],
    ["a maximum of nothing", rule(seconds, 0), 3, 0],
    ["a power that overflows", rule(seconds, minutes), 5_000, minutes],
    ["as many failures as can be counted", rule(seconds, minutes), Number.MAX_SAFE_INTEGER, minutes],
    ["failures without end", rule(seconds, minutes), Number.POSITIVE_INFINITY, minutes],
  ])("%s", (_title, given, failures, delayMs) => {
    expect(nextDelayMs(given, failures, middle)).toBe(delayMs);
  });
});

// Case 55.
describe("jitter varies the delay by its share, both ways, and never beyond 0 and the maximum", () => {
  it.each<[title: string, jitter: number, chance: number, delayMs: number]>([
    ["the least chance takes all of the share off", 0.25, 0, 750],
    ["a chance in the middle changes nothing", 0.25, 0.5, 1_000],
    ["a chance of three quarters adds half of the share", 0.25, 0.75, 1_125],
    ["a whole share can take all of it off", 1, 0, 0],
    ["no share changes nothing, whatever the chance", 0, 0, 1_000],
  ])("%s", (_title, jitter, chance, delayMs) => {
    expect(nextDelayMs(rule(1_000, minutes, 2, jitter), 1, chance)).toBe(delayMs);
  });

  it("the greatest chance adds almost all of the share of the jitter", () => {
    expect(nextDelayMs(rule(1_000, minutes, 2, 0.25), 1, almostOne)).toBeCloseTo(1_250, 6);
    expect(nextDelayMs(rule(1_000, minutes, 2, 0.25), 1, almostOne)).toBeLessThanOrEqual(1_250);
  });

  it("what it adds beyond the maximum is taken off instead", () => {
    expect(nextDelayMs(rule(1_000, 1_000, 2, 0.25), 1, 0.9)).toBe(800);
    expect(nextDelayMs(rule(1_000, 1_100, 2, 0.25), 1, 0.9)).toBe(1_000);
    expect(nextDelayMs(rule(1_000, 1_000, 2, 0.25), 1, 0.5)).toBe(1_000);
  });

  it("delays at the maximum stay spread", () => {
    // Case C14
    const delays = Array.from({ length: 500 }, (_, n) => nextDelayMs(rule(1_000, 1_000, 2, 0.25), 9, n / 500));
    expect(delays.filter((delay) => delay === 1_000)).toHaveLength(1);
    expect(Math.min(...delays)).toBe(750);
    expect(Math.max(...delays)).toBe(1_000);
  });

  it("the jitter is taken from the maximum once that is reached", () => {
    expect(nextDelayMs(rule(1_000, 4_000, 2, 0.25), 10, 0)).toBe(3_000);
  });
});

describe("for every rule, number of failures and chance", () => {
  const anyRule = fc.record<BackoffRule>({
    initialBackoffMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e12, noNaN: true })),
    maxBackoffMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e12, noNaN: true })),
    multiplier: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1e6, noNaN: true })),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const anyFailures = fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.maxSafeInteger().filter((n) => n > 0),
  );
  const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("for every rule, number of failures and chance the delay is a number from 0 to the maximum", () => {
    fc.assert(
      fc.property(anyRule, anyFailures, anyChance, (given, failures, chance) => {
        const delayMs = nextDelayMs(given, failures, chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(given.maxBackoffMs);
      }),
    );
  });

  it("for every rule, number of failures and chance the delay is in its band around the delay without jitter", () => {
    fc.assert(
      fc.property(anyRule, anyFailures, anyChance, (given, failures, chance) => {
        const plain = nextDelayMs({ ...given, jitter: 0 }, failures, chance);
        const delayMs = nextDelayMs(given, failures, chance);
        const slack = plain * 1e-9;
        expect(delayMs).toBeGreaterThanOrEqual(plain * (1 - given.jitter) - slack);
        expect(delayMs).toBeLessThanOrEqual(plain * (1 + given.jitter) + slack);
      }),
    );
  });

  it("for every rule and chance one more failure never shortens the delay", () => {
    fc.assert(
      fc.property(anyRule, anyFailures, (given, failures) => {
        const plain = { ...given, jitter: 0 };
        expect(nextDelayMs(plain, failures + 1, middle)).toBeGreaterThanOrEqual(nextDelayMs(plain, failures, middle));
      }),
    );
  });
});
