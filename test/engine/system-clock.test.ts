// The system clock: a delay of zero, one that is cleared at the last moment, one that is too long for a host timer.

import { afterEach, expect, it, vi } from "vitest";
import { withLongDelays } from "../../src/engine/long-delays.ts";
import { systemClock } from "../../src/engine/system-clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("a delay of 0 takes one turn of the event loop, and no more", async () => {
  const calls: string[] = [];
  const done = new Promise<void>((resolve) => {
    setImmediate(() => calls.push("turn"));
    systemClock.setTimeout(() => {
      calls.push("timer");
      resolve();
    }, 0);
    setTimeout(() => calls.push("a millisecond"), 1);
  });
  await Promise.resolve();
  expect(calls).toEqual([]);
  await done;
  expect(calls.slice(0, 2)).toEqual(["turn", "timer"]);
});

it("a timer that is cleared does not fire, not even when it was due already", async () => {
  vi.useFakeTimers();
  const called = vi.fn();
  const timer = systemClock.setTimeout(called, 0);
  vi.advanceTimersByTime(1);
  systemClock.clearTimeout(timer);
  await vi.advanceTimersByTimeAsync(1);
  expect(called).not.toHaveBeenCalled();
});

it.each([2 ** 31 - 1, 2 ** 31, 3 * 2 ** 31])("a delay of %d ms is waited whole", async (ms) => {
  vi.useFakeTimers();
  const called = vi.fn();
  withLongDelays(systemClock).setTimeout(called, ms);
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(called).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(called).toHaveBeenCalledOnce();
});

it("a timer with a delay fires within the fake time of a test", () => {
  vi.useFakeTimers();
  const called = vi.fn();
  systemClock.setTimeout(called, 5);
  vi.advanceTimersByTime(5);
  expect(called).toHaveBeenCalledOnce();
});

it("a long delay that is cleared leaves no timer", async () => {
  vi.useFakeTimers();
  const timer = systemClock.setTimeout(() => {}, 3 * 2 ** 31);
  await vi.advanceTimersByTimeAsync(2 ** 31);
  systemClock.clearTimeout(timer);
  expect(vi.getTimerCount()).toBe(0);
});
