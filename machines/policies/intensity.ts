// intensity.ts: how many automatic restarts a supervisor allows, within which time, before it gives up.
// Computed from the times of the restarts, as in OTP; no counter is kept.

/** `maxRestarts` within a sliding window of `withinMs` are allowed; one more is too many. */
export interface Intensity {
  readonly maxRestarts: number;
  readonly withinMs: number;
}

/** The restarts still inside the window at `now`. One that is exactly `withinMs` old is outside. Times ascend. */
export function restartsWithin(times: readonly number[], now: number, withinMs: number): readonly number[] {
  const first = times.findIndex((at) => now - at < withinMs);
  if (first === 0) return times;
  return first === -1 ? [] : times.slice(first);
}

/** Whether one more restart at `now` exceeds the intensity; never without an intensity. */
export function exceedsIntensity(intensity: Intensity | null, times: readonly number[], now: number): boolean {
  if (intensity === null) return false;
  return restartsWithin(times, now, intensity.withinMs).length >= intensity.maxRestarts;
}

/** Restarts left at `now` before the supervisor gives up; Infinity without an intensity. */
export function restartsLeft(intensity: Intensity | null, times: readonly number[], now: number): number {
  if (intensity === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, intensity.maxRestarts - restartsWithin(times, now, intensity.withinMs).length);
}
