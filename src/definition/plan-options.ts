// plan-options.ts: checks the options that services and supervisors share, and fills in their defaults.

import { restartTable } from "../../machines/policies/restart.ts";
import { check } from "../contract/check.ts";
import type { SupervisionOptions } from "../contract/spec.ts";
import { planRestart } from "./plan-restart.ts";
import { plainRule } from "./shared-plans.ts";

/** The names of the options. */
export const optionKeys = [
  "name",
  "restart",
  "dependsOn",
  "startDelayMs",
  "startTimeoutMs",
  "stopTimeoutMs",
  "critical",
  "significant",
  "meta",
] as const satisfies readonly (keyof SupervisionOptions)[];

/** What selects the defaults: a supervisor waits for its children without a limit, and a run that failed comes again. */
interface Kind {
  readonly isSupervisor: boolean;
  readonly isScheduled: boolean;
}

export function planOptions(spec: SupervisionOptions, path: string, { isSupervisor, isScheduled }: Kind) {
  const restart = planRestart(spec.restart, path);
  const patience = isSupervisor ? { startTimeoutMs: Infinity, stopTimeoutMs: Infinity } : plainRule;
  if (spec.meta !== undefined) check.object(path, "meta", spec.meta);
  return {
    restart,
    startDelayMs: check.duration(path, "startDelayMs", spec.startDelayMs, 0),
    startTimeoutMs: check.patience(path, "startTimeoutMs", spec.startTimeoutMs, patience.startTimeoutMs),
    stopTimeoutMs: check.patience(path, "stopTimeoutMs", spec.stopTimeoutMs, patience.stopTimeoutMs),
    critical: check.boolean(
      path,
      "critical",
      spec.critical,
      restartTable[restart.rule.policy].isCritical && !isScheduled,
    ),
    significant: check.boolean(path, "significant", spec.significant, false),
    meta: spec.meta,
  };
}
