// Waiting for promises while a simulated clock stands still or moves.

import type { SupervisorError } from "../../src/index.ts";
import type { SimulatedClock } from "../../src/testing/index.ts";

/** Resolves after `ms` on the clock. */
export function sleep({ clock }: { clock: SimulatedClock }, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimeout(() => resolve(), ms));
}

/** Waits for a promise, moving time from timer to timer until it settles, by at most `maxMs`. */
export async function drive<T>(clock: SimulatedClock, promise: Promise<T>, maxMs = 3_600_000): Promise<T> {
  const watched = watch(promise);
  const end = clock.now() + maxMs;
  await clock.advance(0);
  while (watched.state === "pending" && clock.now() < end && (await clock.advanceToNext())) {}
  if (watched.state === "pending") throw new Error(`still pending at ${clock.now()} ms, ${clock.pending} timers left`);
  return promise;
}

/** The state of a promise. Its rejection is handled. */
export interface Watched<T> {
  readonly state: "pending" | "resolved" | "rejected";
  readonly value: T | undefined;
  /** The reason of the rejection. */
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

/** The reason with which a promise rejects; fails the test if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<SupervisorError> {
  try {
    await promise;
  } catch (error) {
    return error as SupervisorError;
  }
  throw new Error("expected a rejection, and it resolved");
}
