// Waiting for promises while a simulated clock stands still or moves.

import type { SupervisorError } from "../../src/index.ts";
import type { SimulatedClock } from "../../src/testing/index.ts";

/** Resolves after `ms` on the clock. */
export function sleep({ clock }: { clock: SimulatedClock }, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(() => resolve(), ms));
}

/** Waits for a promise, moving time to the next timer, and the next, until it settles; at most `maxMs` milliseconds. */
export async function drive<T>(clock: SimulatedClock, promise: Promise<T>, maxMs = 3_600_000): Promise<T> {
  const watched = watch(promise);
  const end = clock.now() + maxMs;
  await clock.advance(0);
  while (watched.state === "pending" && clock.now() < end && (await clock.advanceToNext())) {}
  if (watched.state === "pending") throw new Error(`still pending at ${clock.now()} ms, ${clock.pending} timers left`);
  return promise;
}

/** A promise that can be looked at. Its rejection is handled. */
export interface Watched<T> {
  readonly state: "pending" | "resolved" | "rejected";
  readonly value: T | undefined;
  /** What it was rejected with. */
  readonly error: SupervisorError;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: { state: Watched<T>["state"]; value: T | undefined; error: SupervisorError } = {
    state: "pending",
    value: undefined,
    error: undefined as unknown as SupervisorError,
  };
  promise.then(
    (value) => Object.assign(watched, { state: "resolved", value }),
    (error) => Object.assign(watched, { state: "rejected", error }),
  );
  return watched;
}

/** What a promise is rejected with; fails the test if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<SupervisorError> {
  try {
    await promise;
  } catch (error) {
    return error as SupervisorError;
  }
  throw new Error("expected a rejection, and it resolved");
}
