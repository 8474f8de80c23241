// plan-restart.ts: checks the restart options of a service, and fills in their defaults.

import { type RestartPolicy, restartPolicies } from "../../machines/policies/restart.ts";
import type { ServiceRule } from "../../machines/service.ts";
import { check, checkKeys, invalid } from "../contract/check.ts";
import { isInRange, ranges } from "../contract/ranges.ts";
import type { RestartOptions, SupervisionOptions } from "../contract/spec.ts";
import { listInWords } from "../contract/wording.ts";

const defaultRestart = {
  policy: "on-failure",
  maxRetries: 5,
  initialBackoffMs: 1_000,
  maxBackoffMs: 60_000,
  multiplier: 2,
  jitter: 0.25,
} as const;

/** The rule and the user's `decide`. Policies without options share one rule. */
export function planRestart(given: SupervisionOptions["restart"], path: string): RestartPlan {
  if (given === undefined || typeof given === "string") {
    const policy = check.oneOf(path, "restart", given, restartPolicies, defaultRestart.policy);
    return { rule: plainRestarts[policy], decide: undefined };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid(path, "restart", `${listInWords(restartPolicies)}, or an object of options`, given);
  }
  checkKeys(path, given, [...Object.keys(defaultRestart), "resetAfterMs", "decide"], "restart");
  const at = (option: string) => `restart.${option}`;
  const policy = check.oneOf(path, at("policy"), given.policy, restartPolicies, defaultRestart.policy);
  const maxBackoffMs = check.duration(path, at("maxBackoffMs"), given.maxBackoffMs, defaultRestart.maxBackoffMs);
  const rule = {
    policy,
    maxRetries: check.count(path, at("maxRetries"), given.maxRetries, defaultRestart.maxRetries),
    initialBackoffMs: check.duration(
      path,
      at("initialBackoffMs"),
      given.initialBackoffMs,
      defaultRestart.initialBackoffMs,
    ),
    maxBackoffMs,
    multiplier: check.multiplier(path, at("multiplier"), given.multiplier, defaultRestart.multiplier),
    jitter: planJitter(given.jitter, path),
    resetAfterMs: check.patience(path, at("resetAfterMs"), given.resetAfterMs, Math.max(maxBackoffMs, 1_000)),
  };
  check.function(path, at("decide"), given.decide);
  return { rule, decide: given.decide };
}

function planJitter(given: RestartOptions["jitter"] | undefined, path: string): number {
  if (given === undefined || given === true) return defaultRestart.jitter;
  if (given === false) return 0;
  if (isInRange(ranges.share, given)) return given;
  throw invalid(path, "restart.jitter", `true, false, or ${ranges.share.words}`, given);
}

export interface RestartPlan {
  readonly rule: ServiceRule["restart"];
  readonly decide: RestartOptions["decide"] | undefined;
}

const plain = (policy: RestartPolicy): ServiceRule["restart"] => ({
  ...defaultRestart,
  policy,
  resetAfterMs: defaultRestart.maxBackoffMs,
});

const plainRestarts = Object.fromEntries(restartPolicies.map((policy) => [policy, plain(policy)])) as Readonly<
  Record<RestartPolicy, ServiceRule["restart"]>
>;
