// shared-plans.ts: lets services with the default numbers and options share one object for them, which saves a tenth of
// their memory.

import type { ServiceRule } from "../../machines/service.ts";
import type { OptionsPlan, ProbePlan } from "./plan.ts";

/** The defaults of a service. All durations are milliseconds. */
export const plainRule = {
  startDelayMs: 0,
  startTimeoutMs: 30_000,
  stopTimeoutMs: 10_000,
  readiness: false,
  scheduled: false,
};

const plainKeys = Object.keys(plainRule) as (keyof typeof plainRule)[];
const shared = {
  gated: new WeakMap<ServiceRule["restart"], ServiceRule>(),
  free: new WeakMap<ServiceRule["restart"], ServiceRule>(),
};

/** Returns the rule, or an equal shared one: for each restart rule one with dependencies, and one without. */
export function shareRule(rule: ServiceRule): ServiceRule {
  for (const key of plainKeys) if (rule[key] !== plainRule[key]) return rule;
  const rules = rule.gated ? shared.gated : shared.free;
  const known = rules.get(rule.restart);
  if (known !== undefined) return known;
  rules.set(rule.restart, rule);
  return rule;
}

export const noProbes: readonly ProbePlan[] = [];

const plainOptions: OptionsPlan = {
  decide: undefined,
  probes: noProbes,
  readyOnSignal: false,
  watchdogMs: undefined,
  nextRun: undefined,
  critical: true,
  significant: false,
  meta: undefined,
};
const optionalOptions: OptionsPlan = { ...plainOptions, critical: false };
const optionKeys = Object.keys(plainOptions) as (keyof OptionsPlan)[];

/** Returns the options, or an equal shared object. */
export function shareOptions(options: OptionsPlan): OptionsPlan {
  const plain = options.critical ? plainOptions : optionalOptions;
  for (const key of optionKeys) if (options[key] !== plain[key]) return options;
  return plain;
}
