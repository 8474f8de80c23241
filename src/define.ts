// Definitions: typed helpers for the user, and the way from a spec to its normal form (checked, with every default).

import type { ServiceRule } from "../machines/service.ts";
import { check, checkKeys, invalid } from "./check.ts";
import { planDependencies, refuseCycles } from "./dependencies.ts";
import { SupervisorError } from "./errors.ts";
import type { ProbePlan, ServicePlan, SupervisorPlan } from "./runtime/plan.ts";
import type {
  ChildSpec,
  Probe,
  ProbeOptions,
  RestartOptions,
  RestartPolicy,
  ServiceSpec,
  SupervisionOptions,
  SupervisorSpec,
} from "./spec.ts";

/** Returns the spec unchanged; gives it the type of what its `start` returns. Starts and checks nothing. */
export function defineService<Value = unknown>(spec: ServiceSpec<Value>): ServiceSpec<Value> {
  return spec;
}

/** Returns the spec unchanged. Starts and checks nothing. */
export function defineSupervisor(spec: SupervisorSpec): SupervisorSpec {
  return spec;
}

const defaultRestart = {
  policy: "on-failure",
  maxRetries: 5,
  initialBackoffMs: 1_000,
  maxBackoffMs: 60_000,
  multiplier: 2,
  jitter: 0.25,
} as const;

const defaultProbe: ProbeOptions = {
  intervalMs: 1_000,
  timeoutMs: 1_000,
  initialDelayMs: 0,
  failureThreshold: 3,
  successThreshold: 1,
};

const supervisionKeys = [
  "name",
  "restart",
  "dependsOn",
  "startDelayMs",
  "startTimeoutMs",
  "stopTimeoutMs",
  "critical",
  "significant",
  "meta",
] as const;
const supervisorKeys = [...supervisionKeys, "services", "strategy", "intensity", "autoShutdown", "maxServices"];
const bodies = ["run", "start", "actor", "services"] as const;
const probeKinds = ["health", "readiness", "liveness"] as const;
const serviceKeys = [
  ...supervisionKeys,
  "run",
  "start",
  "stop",
  "actor",
  "input",
  "readyOn",
  "watchdogMs",
  ...probeKinds,
];
const policies = ["always", "on-failure", "never"] as const;

/** Checks the spec of a root. @throws SupervisorError at the first mistake. */
export function planRoot(spec: SupervisorSpec): SupervisorPlan & { readonly name: string } {
  check.object("createSupervisor", "spec", spec);
  const name = check.name("createSupervisor", spec.name);
  if (spec.services === undefined) throw invalid(name, "services", "an array of services", spec.services);
  return { name, ...planSupervisor(spec, name) };
}

/** Checks the spec of a child of `parent`. `siblings`: the names that `dependsOn` may use. */
export function planChild(
  spec: ChildSpec,
  parent: string,
  supervisor: { readonly autoShutdown: string },
  siblings: ReadonlySet<string>,
): ServicePlan {
  check.object(parent, "services[]", spec);
  const name = check.name(parent, spec.name);
  const path = `${parent}/${name}`;
  const isSupervisor = (spec as SupervisorSpec).services !== undefined;
  checkBody(spec as ServiceSpec, path);
  checkKeys(path, spec, isSupervisor ? supervisorKeys : serviceKeys);
  const options: SupervisionOptions = spec;
  const restart = planRestart(options.restart, path);
  const significant = check.boolean(path, "significant", options.significant, false);
  if (significant) checkSignificant(path, restart.policy, supervisor.autoShutdown);
  const dependencies = planDependencies(options.dependsOn, path, siblings);
  const service = spec as ServiceSpec;
  const probes = planProbes(service, path);
  if (options.meta !== undefined) check.object(path, "meta", options.meta);
  return {
    name,
    spec,
    rule: shareRule({
      restart: restart.rule,
      startDelayMs: check.duration(path, "startDelayMs", options.startDelayMs, 0),
      startTimeoutMs: check.patience(path, "startTimeoutMs", options.startTimeoutMs, isSupervisor ? Infinity : 30_000),
      stopTimeoutMs: check.patience(path, "stopTimeoutMs", options.stopTimeoutMs, isSupervisor ? Infinity : 10_000),
      gated: dependencies.length > 0,
      readiness: probes.some(({ kind }) => kind !== "liveness"),
    }),
    decide: restart.decide,
    dependencies,
    probes,
    readyOnSignal: planReadyOn(service, path),
    watchdogMs:
      service.watchdogMs === undefined ? undefined : check.positive(path, "watchdogMs", service.watchdogMs, 1),
    critical: check.boolean(path, "critical", options.critical, restart.policy !== "never"),
    significant,
    supervisor: isSupervisor ? planSupervisor(spec as SupervisorSpec, path) : null,
  };
}

function planSupervisor(spec: SupervisorSpec, path: string): SupervisorPlan {
  checkKeys(path, spec, supervisorKeys);
  if (!Array.isArray(spec.services)) throw invalid(path, "services", "an array of services", spec.services);
  const autoShutdown = check.oneOf(
    path,
    "autoShutdown",
    spec.autoShutdown,
    ["never", "any-significant", "all-significant"] as const,
    "never",
  );
  const names = new Set<string>();
  for (const child of spec.services as readonly ChildSpec[]) {
    check.object(path, "services[]", child);
    const name = check.name(path, child.name);
    if (names.has(name)) throw duplicateName(path, name);
    names.add(name);
  }
  const maxServices = check.count(path, "maxServices", spec.maxServices, Infinity);
  if (names.size > maxServices) {
    throw invalid(path, "maxServices", `at least the ${names.size} services it already has`, maxServices);
  }
  return {
    rule: { intensity: planIntensity(spec.intensity, path), autoShutdown },
    strategy: check.oneOf(
      path,
      "strategy",
      spec.strategy,
      ["one-for-one", "one-for-all", "rest-for-one"] as const,
      "one-for-one",
    ),
    maxServices,
    services: refuseCycles(
      spec.services.map((child) => planChild(child, path, { autoShutdown }, names)),
      path,
    ),
  };
}

export function duplicateName(path: string, name: string): SupervisorError {
  const message = `${path}: two services are named "${name}"; names must be unique among siblings`;
  return new SupervisorError("ERR_DUPLICATE_NAME", message, { path: `${path}/${name}` });
}

// What a service does: exactly one body.
function checkBody(spec: ServiceSpec, path: string): void {
  const given = bodies.filter((body) => spec[body] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    throw new SupervisorError(
      "ERR_INVALID_SPEC",
      `${path}: expected exactly one of run, start, actor, services; got ${got}`,
      { path },
    );
  }
  for (const body of ["run", "start", "stop"] as const) check.function(path, body, spec[body]);
  if (spec.stop !== undefined && spec.start === undefined) {
    const message = `${path}: stop goes only with start; a ${given[0]} is asked to stop by its signal`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  if (spec.actor !== undefined && typeof (spec.actor as { transition?: unknown } | null)?.transition !== "function") {
    throw invalid(path, "actor", "XState actor logic (a machine, fromPromise(…), fromCallback(…), …)", spec.actor);
  }
  if (spec.input !== undefined && spec.actor === undefined) {
    throw new SupervisorError("ERR_INVALID_SPEC", `${path}: input goes only with actor`, { path });
  }
}

function checkSignificant(path: string, policy: RestartPolicy, autoShutdown: string): void {
  if (policy === "always") {
    const message = `${path}: significant needs a restart policy that lets it end ("on-failure" or "never"); got "always"`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  if (autoShutdown === "never") {
    const message = `${path}: significant needs a supervisor with autoShutdown "any-significant" or "all-significant"; got "never"`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
}

function planRestart(given: SupervisionOptions["restart"], path: string) {
  if (given === undefined || typeof given === "string") {
    const policy = check.oneOf(path, "restart", given, policies, defaultRestart.policy);
    return { policy, rule: plainRules[policy].restart, decide: undefined };
  }
  check.object(path, "restart", given);
  checkKeys(`${path}: restart`, given, [...Object.keys(defaultRestart), "resetAfterMs", "decide"]);
  const at = (option: string) => `restart.${option}`;
  const policy = check.oneOf(path, at("policy"), given.policy, policies, defaultRestart.policy);
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
    multiplier: check.atLeast(path, at("multiplier"), given.multiplier, 1, defaultRestart.multiplier),
    jitter: planJitter(given.jitter, path),
    resetAfterMs: check.patience(path, at("resetAfterMs"), given.resetAfterMs, Math.max(maxBackoffMs, 1_000)),
  };
  check.function(path, at("decide"), given.decide);
  return { policy, rule, decide: given.decide };
}

function planJitter(given: RestartOptions["jitter"] | undefined, path: string): number {
  if (given === undefined || given === true) return defaultRestart.jitter;
  if (given === false) return 0;
  if (typeof given === "number" && given >= 0 && given <= 1) return given;
  throw invalid(path, "restart.jitter", "true, false, or a number from 0 to 1", given);
}

function planReadyOn({ readyOn, start }: ServiceSpec, path: string): boolean {
  if (readyOn !== undefined && start !== undefined) {
    const message = `${path}: readyOn goes only with run or actor; start is ready when it resolves`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  return check.oneOf(path, "readyOn", readyOn, ["start", "signal"] as const, "start") === "signal";
}

const noProbes: readonly ProbePlan[] = [];

function planProbes(spec: ServiceSpec, path: string): readonly ProbePlan[] {
  const kinds = probeKinds.filter((kind) => spec[kind] !== undefined);
  if (kinds.length > 1 && kinds[0] === "health") {
    const message = `${path}: health is readiness and liveness in one; give it alone, or readiness and liveness without it`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  return kinds.length === 0 ? noProbes : kinds.map((kind) => planProbe(kind, spec[kind] as Probe, path));
}

function planProbe(kind: ProbePlan["kind"], given: Probe, path: string): ProbePlan {
  if (typeof given === "function") return { kind, check: given, rule: defaultProbe };
  check.object(path, kind, given);
  checkKeys(`${path}: ${kind}`, given, ["check", ...Object.keys(defaultProbe)]);
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

function planIntensity(given: SupervisorSpec["intensity"], path: string): SupervisorPlan["rule"]["intensity"] {
  if (given === undefined) return null;
  check.object(path, "intensity", given);
  checkKeys(`${path}: intensity`, given, ["maxRestarts", "withinMs"]);
  if (given.maxRestarts === undefined)
    throw invalid(path, "intensity.maxRestarts", "a non-negative integer", undefined);
  if (given.withinMs === undefined)
    throw invalid(path, "intensity.withinMs", "a positive number of milliseconds", undefined);
  const maxRestarts = check.count(path, "intensity.maxRestarts", given.maxRestarts, 0);
  const withinMs = check.positive(path, "intensity.withinMs", given.withinMs, 1);
  return maxRestarts === Infinity ? null : { maxRestarts, withinMs };
}

// Most services live by the defaults: they share one rule, which is most of what a plan would weigh.
const plainRestart = { ...defaultRestart, resetAfterMs: defaultRestart.maxBackoffMs };
const plainRules = Object.fromEntries(
  policies.map((policy) => [
    policy,
    {
      restart: { ...plainRestart, policy },
      startDelayMs: 0,
      startTimeoutMs: 30_000,
      stopTimeoutMs: 10_000,
      gated: false,
      readiness: false,
    },
  ]),
) as Record<RestartPolicy, ServiceRule>;

function shareRule(rule: ServiceRule): ServiceRule {
  const plain = plainRules[rule.restart.policy];
  const isPlain = (Object.keys(plain) as (keyof ServiceRule)[]).every((key) => rule[key] === plain[key]);
  return isPlain ? plain : rule;
}
