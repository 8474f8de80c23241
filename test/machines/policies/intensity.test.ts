// Intensity: how many restarts fit into the window.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceedsIntensity, restartsLeft, restartsWithin } from "../../../machines/policies/intensity.ts";

describe("the window slides: a restart counts while it is younger than withinMs", () => {
  it.each<[title: string, times: number[], now: number, withinMs: number, kept: number[]]>([
    ["nothing in nothing", [], 100, 1_000, []],
    ["one just now", [100], 100, 1_000, [100]],
    ["one almost withinMs old is inside", [100], 1_099, 1_000, [100]],
    ["one exactly withinMs old is outside", [100], 1_100, 1_000, []],
    ["one older than withinMs is outside", [100], 1_101, 1_000, []],
    ["the old ones go, the others stay in order", [0, 50, 100, 600], 1_070, 1_000, [100, 600]],
    ["several at the same time count one each", [100, 100, 100], 500, 1_000, [100, 100, 100]],
  ])("%s", (_title, times, now, withinMs, kept) => {
    expect(restartsWithin(times, now, withinMs)).toEqual(kept);
  });
});

describe("maxRestarts within the window are allowed, one more exceeds", () => {
  it.each<[title: string, maxRestarts: number, times: number[], now: number, exceeds: boolean]>([
    // Case 66: intensity 2, three failures within the period.
    ["the first of two", 2, [], 0, false],
    ["the second of two", 2, [0], 10, false],
    ["the third of two", 2, [0, 10], 20, true],
    // Case 67: intensity 1 in 1 s, failures 2.1 s apart.
    ["one in its time, far apart", 1, [0], 2_100, false],
    ["the first of none", 0, [], 0, true],
    ["one more, when the oldest has just left the window", 2, [0, 500], 1_000, false],
    ["one more, when the oldest is about to leave the window", 2, [0, 500], 999, true],
  ])("%s", (_title, maxRestarts, times, now, exceeds) => {
    expect(exceedsIntensity({ maxRestarts, withinMs: 1_000 }, times, now)).toBe(exceeds);
  });

  it("without an intensity nothing exceeds", () => {
    expect(exceedsIntensity(null, Array(10_000).fill(0), 0)).toBe(false);
  });
});

describe("restarts left", () => {
  it.each<[title: string, times: number[], now: number, left: number]>([
    ["all of them at first", [], 0, 2],
    ["one less after one", [0], 10, 1],
    ["none after two", [0, 10], 20, 0],
    ["none, and not less, after more", [0, 10, 15], 20, 0],
    ["as the window slides they come back", [0, 10], 1_000, 1],
  ])("%s", (_title, times, now, left) => {
    expect(restartsLeft({ maxRestarts: 2, withinMs: 1_000 }, times, now)).toBe(left);
  });

  it("without an intensity the restarts left are Infinity", () => {
    expect(restartsLeft(null, [1, 2, 3], 4)).toBe(Number.POSITIVE_INFINITY);
  });
});

it("for every sequence of restarts: the intensity is exceeded exactly when none is left", () => {
  const anyTimes = fc.array(fc.nat(5_000)).map((times) => times.sort((a, b) => a - b));
  fc.assert(
    fc.property(
      anyTimes,
      fc.nat(5),
      fc.integer({ min: 1, max: 2_000 }),
      fc.nat(2_000),
      (times, maxRestarts, withinMs, wait) => {
        const intensity = { maxRestarts, withinMs };
        const now = (times.at(-1) ?? 0) + wait;
        expect(exceedsIntensity(intensity, times, now)).toBe(restartsLeft(intensity, times, now) === 0);
        expect(restartsWithin(times, now, withinMs)).toEqual(times.filter((at) => at > now - withinMs));
      },
    ),
  );
});
