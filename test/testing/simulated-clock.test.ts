// The simulated clock: it goes forward only, by what the test says.

import { expect, it } from "vitest";
import { createSimulatedClock } from "../../src/testing/index.ts";

it("fires what is due in the order of time, and then in the order in which it was set", async () => {
  const clock = createSimulatedClock(100);
  const fired: string[] = [];
  const note = (what: string) => () => fired.push(`${what} ${clock.now()}`);
  clock.setTimeout(note("c"), 20);
  clock.setTimeout(note("a"), 10);
  clock.setTimeout(note("b"), 10);
  const off = clock.setTimeout(note("off"), 5);
  clock.clearTimeout(off);
  await clock.advance(15);
  expect([fired, clock.now(), clock.pending]).toEqual([["a 110", "b 110"], 115, 1]);
  expect([await clock.advanceToNext(), await clock.advanceToNext(), clock.now()]).toEqual([true, false, 120]);
});

it("does not go back when a timer, or another call, has gone further", async () => {
  const clock = createSimulatedClock();
  clock.setTimeout(() => void clock.advance(500), 5);
  await Promise.all([clock.advance(10), clock.advance(100)]);
  await clock.advance(0);
  expect(clock.now()).toBeGreaterThanOrEqual(505);
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %s", async (ms) => {
  const clock = createSimulatedClock(7);
  await expect(clock.advance(ms)).rejects.toThrow(/from 0 on; got/);
  expect(clock.now()).toBe(7);
});
