// plan-probes.ts: checks the health, readiness and liveness options of a service, and fills in their defaults.

import { check, checkKeys, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Probe, ProbeOptions, ServiceOptions } from "../contract/spec.ts";
import type { ProbePlan } from "./plan.ts";
import { noProbes } from "./shared-plans.ts";

export const probeKinds = ["health", "readiness", "liveness"] as const;

const defaultProbe: ProbeOptions = {
  intervalMs: 1_000,
  timeoutMs: 1_000,
  initialDelayMs: 0,
  failureThreshold: 3,
  successThreshold: 1,
};

export function planProbes(spec: ServiceOptions, path: string): readonly ProbePlan[] {
  const kinds = probeKinds.filter((kind) => spec[kind] !== undefined);
  if (kinds.length > 1 && kinds[0] === "health") {
    const message = `${path}: health is readiness and liveness in one; give it alone, or readiness and liveness without it`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  return kinds.length === 0 ? noProbes : kinds.map((kind) => planProbe(kind, spec[kind] as Probe, path));
}

function planProbe(kind: ProbePlan["kind"], given: Probe, path: string): ProbePlan {
  if (typeof given === "function") return { kind, check: given, rule: defaultProbe };
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalid(path, kind, "a function, or an object with check and options", given);
  }
  checkKeys(path, given, ["check", ...Object.keys(defaultProbe)], kind);
  const at = (option: string) => `${kind}.${option}`;
  if (typeof given.check !== "function") throw invalid(path, at("check"), "a function", given.check);
  const rule = {
    intervalMs: check.duration(path, at("intervalMs"), given.intervalMs, defaultProbe.intervalMs),
    timeoutMs: check.positive(path, at("timeoutMs"), given.timeoutMs, defaultProbe.timeoutMs),
    initialDelayMs: check.duration(path, at("initialDelayMs"), given.initialDelayMs, defaultProbe.initialDelayMs),
    failureThreshold: check.threshold(
      path,
      at("failureThreshold"),
      given.failureThreshold,
      defaultProbe.failureThreshold,
    ),
    successThreshold: check.threshold(
      path,
      at("successThreshold"),
      given.successThreshold,
      defaultProbe.successThreshold,
    ),
  };
  if (kind === "liveness" && rule.successThreshold !== 1) {
    throw invalid(
      path,
      at("successThreshold"),
      "1 (a service that was not alive is restarted, and begins anew)",
      rule.successThreshold,
    );
  }
  // Called as a method, so that a check of a class keeps its `this`.
  return { kind, check: (ctx) => given.check(ctx) as ReturnType<ProbePlan["check"]>, rule };
}
