// plan-intensity.ts: checks the restart intensity of a supervisor.

import type { Intensity } from "../../machines/policies/intensity.ts";
import { check, checkKeys, invalid } from "../contract/check.ts";

/** null: no limit. */
export function planIntensity(given: Intensity | undefined, path: string): Intensity | null {
  if (given === undefined) return null;
  check.object(path, "intensity", given);
  checkKeys(path, given, ["maxRestarts", "withinMs"], "intensity");
  if (given.maxRestarts === undefined) {
    throw invalid(path, "intensity.maxRestarts", "a non-negative integer", undefined);
  }
  if (given.withinMs === undefined) {
    throw invalid(path, "intensity.withinMs", "a positive number of milliseconds", undefined);
  }
  const maxRestarts = check.count(path, "intensity.maxRestarts", given.maxRestarts, 0);
  const withinMs = check.positive(path, "intensity.withinMs", given.withinMs, 1);
  return maxRestarts === Infinity ? null : { maxRestarts, withinMs };
}
