// plan-service.ts: turns the spec of one child into its plan, except for the children of a nested supervisor.

import { type RestartPolicy, restartPolicies, restartTable } from "../../machines/policies/restart.ts";
import { type AutoShutdown, allowsSignificant, autoShutdowns } from "../../machines/policies/shutdown.ts";
import { check, checkKeys } from "../contract/check.ts";
import { directorKey } from "../contract/director.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { ChildSpec, ServiceOptions, SupervisorSpec } from "../contract/spec.ts";
import { listInWords } from "../contract/wording.ts";
import type { ServicePlan, SupervisorPlan } from "./plan.ts";
import { planBody, planReadyOn } from "./plan-body.ts";
import { type Names, planDependencies } from "./plan-dependencies.ts";
import { optionKeys, planOptions } from "./plan-options.ts";
import { planProbes, probeKinds } from "./plan-probes.ts";
import { shareOptions, shareRule } from "./shared-plans.ts";

const serviceKeys = [
  ...optionKeys,
  "run",
  "start",
  "stop",
  "actor",
  "input",
  "stopEvent",
  "snapshot",
  "readyOn",
  "watchdogMs",
  "nextRun",
  ...probeKinds,
] as const;

/** The keys of a supervisor's spec. */
export const supervisorKeys = [
  ...optionKeys,
  "services",
  "strategy",
  "intensity",
  "autoShutdown",
  "maxServices",
] as const;

/** Checks the spec of a child. `siblings` are the names that `dependsOn` may use; `nest` plans the child's children. */
export function planService(
  spec: ChildSpec,
  path: string,
  autoShutdown: AutoShutdown,
  siblings: Names,
  nest: (spec: SupervisorSpec) => SupervisorPlan,
): ServicePlan {
  const body = planBody(spec, path);
  const isSupervisor = body.kind === "services";
  checkKeys(path, spec, isSupervisor ? supervisorKeys : serviceKeys);
  const service: ServiceOptions = isSupervisor ? { name: spec.name } : (spec as ServiceOptions);
  const { nextRun } = service;
  check.function(path, "nextRun", nextRun);
  const options = planOptions(spec, path, { isSupervisor, isScheduled: nextRun !== undefined });
  if (options.significant) checkSignificant(path, options.restart.rule.policy, autoShutdown);
  const dependencies = planDependencies(spec.dependsOn, path, siblings);
  const probes = planProbes(service, path);
  const { restart, startDelayMs, startTimeoutMs, stopTimeoutMs, critical, significant, meta } = options;
  return {
    name: spec.name,
    spec,
    body,
    rule: shareRule({
      restart: restart.rule,
      startDelayMs,
      startTimeoutMs,
      stopTimeoutMs,
      gated: dependencies.length > 0,
      // A director says whether its supervisor is healthy.
      readiness: directorKey in spec || probes.some(({ kind }) => kind !== "liveness"),
      scheduled: nextRun !== undefined,
    }),
    options: shareOptions({
      decide: restart.decide,
      probes,
      readyOnSignal: planReadyOn(spec, path),
      watchdogMs:
        service.watchdogMs === undefined ? undefined : check.positive(path, "watchdogMs", service.watchdogMs, 1),
      nextRun,
      critical,
      significant,
      meta,
    }),
    dependencies,
    supervisor: isSupervisor ? nest(spec as SupervisorSpec) : null,
  };
}

function checkSignificant(path: string, policy: RestartPolicy, autoShutdown: AutoShutdown): void {
  if (!restartTable[policy].canComplete) {
    const allowed = restartPolicies.filter((one) => restartTable[one].canComplete);
    const message = `${path}: significant needs a restart policy that lets it end (${listInWords(allowed, "or")}); got "${policy}"`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  if (!allowsSignificant(autoShutdown)) {
    const allowed = autoShutdowns.filter(allowsSignificant);
    const message = `${path}: significant needs a supervisor with autoShutdown ${listInWords(allowed, "or")}; got "${autoShutdown}"`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
}
