// Definitions: typed helpers for the user, and the way from a spec to its normal form (checked, with every default).

import type { ActorRefFrom, AnyActorLogic, InputFrom } from "xstate";
import type { ServiceRule } from "../../machines/service.ts";
import { check, checkKeys, invalid, isName, isObject } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type {
  AutoShutdown,
  ChildSpec,
  RestartPolicy,
  ServiceContext,
  ServiceSpec,
  SupervisionOptions,
  SupervisorSpec,
} from "../contract/spec.ts";
import type { ServicePlan, SupervisorPlan } from "./plan.ts";
import { type Names, planDependencies, refuseCycles } from "./plan-dependencies.ts";
import { planProbes, probeKinds } from "./plan-probes.ts";
import { planRestart } from "./plan-restart.ts";

/** A service that is an actor: `use` gives its dependants the actor, `input` has the type that the logic takes. */
export interface ActorServiceSpec<Logic extends AnyActorLogic>
  extends Omit<ServiceSpec<ActorRefFrom<Logic>>, "run" | "start" | "stop" | "actor" | "input"> {
  actor: Logic;
  input?: InputFrom<Logic> | ((ctx: ServiceContext) => InputFrom<Logic>);
}

/**
 * Returns the spec unchanged; gives it the type of its value: what its `start` returns, or the actor that it is.
 * Starts and checks nothing. (Write `start` before `stop`: TypeScript learns the type in that order.)
 */
export function defineService<Logic extends AnyActorLogic>(
  spec: ActorServiceSpec<Logic>,
): ServiceSpec<ActorRefFrom<Logic>>;
export function defineService<Value = unknown>(spec: ServiceSpec<Value>): ServiceSpec<Value>;
export function defineService(spec: ServiceSpec): ServiceSpec {
  return spec;
}

/** Returns the spec unchanged. Starts and checks nothing. */
export function defineSupervisor(spec: SupervisorSpec): SupervisorSpec {
  return spec;
}

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
/** Checks the spec of a root. @throws SupervisorError at the first mistake. */
export function planRoot(spec: SupervisorSpec): SupervisorPlan & { readonly name: string } {
  check.object("createSupervisor", "spec", spec);
  const name = check.name("createSupervisor", spec.name);
  planOptions(spec, name, Number.POSITIVE_INFINITY);
  return { name, ...planSupervisor(spec, name, []) };
}

/** Checks the spec of a child of `parent`. `siblings`: the names that `dependsOn` may use; `around`: what it is in. */
export function planChild(
  spec: ChildSpec,
  parent: string,
  { autoShutdown }: { readonly autoShutdown: AutoShutdown },
  siblings: Names,
  around: readonly object[] = [],
): ServicePlan {
  check.object(parent, "services[]", spec);
  const name = check.name(parent, spec.name);
  const path = `${parent}/${name}`;
  const service = spec as ServiceSpec;
  checkBody(service, path);
  const isSupervisor = (spec as SupervisorSpec).services !== undefined;
  checkKeys(path, spec, isSupervisor ? supervisorKeys : serviceKeys);
  const options = planOptions(spec, path, isSupervisor ? Number.POSITIVE_INFINITY : null);
  if (options.significant) checkSignificant(path, options.restart.rule.policy, autoShutdown);
  const dependencies = planDependencies(spec.dependsOn, path, siblings);
  const probes = planProbes(service, path);
  const { restart, startDelayMs, startTimeoutMs, stopTimeoutMs, critical, significant } = options;
  return {
    name,
    spec,
    rule: shareRule({
      restart: restart.rule,
      startDelayMs,
      startTimeoutMs,
      stopTimeoutMs,
      gated: dependencies.length > 0,
      readiness: probes.some(({ kind }) => kind !== "liveness"),
    }),
    decide: restart.decide,
    dependencies,
    probes,
    readyOnSignal: planReadyOn(service, path),
    watchdogMs:
      service.watchdogMs === undefined ? undefined : check.positive(path, "watchdogMs", service.watchdogMs, 1),
    critical,
    significant,
    supervisor: isSupervisor ? planSupervisor(spec as SupervisorSpec, path, around) : null,
  };
}

/** What a service and a supervisor have in common. `patienceMs`: the default of a supervisor's deadlines. */
function planOptions(spec: SupervisionOptions, path: string, patienceMs: number | null) {
  const restart = planRestart(spec.restart, path);
  if (spec.meta !== undefined) check.object(path, "meta", spec.meta);
  return {
    restart,
    startDelayMs: check.duration(path, "startDelayMs", spec.startDelayMs, 0),
    startTimeoutMs: check.patience(path, "startTimeoutMs", spec.startTimeoutMs, patienceMs ?? plainRule.startTimeoutMs),
    stopTimeoutMs: check.patience(path, "stopTimeoutMs", spec.stopTimeoutMs, patienceMs ?? plainRule.stopTimeoutMs),
    critical: check.boolean(path, "critical", spec.critical, restart.rule.policy !== "never"),
    significant: check.boolean(path, "significant", spec.significant, false),
  };
}

function planSupervisor(spec: SupervisorSpec, path: string, around: readonly object[]): SupervisorPlan {
  checkKeys(path, spec, supervisorKeys);
  if (!Array.isArray(spec.services)) throw invalid(path, "services", "an array of services", spec.services);
  if (around.includes(spec)) {
    throw new SupervisorError("ERR_INVALID_SPEC", `${path}: services contains a supervisor that it is in itself`, {
      path,
    });
  }
  const autoShutdown = check.oneOf(
    path,
    "autoShutdown",
    spec.autoShutdown,
    ["never", "any-significant", "all-significant"] as const,
    "never",
  );
  const names = new Set<string>();
  for (const [index, child] of (spec.services as readonly ChildSpec[]).entries()) {
    const name = checkNamed(child, path, index);
    if (names.has(name)) throw duplicateName(path, name);
    names.add(name);
  }
  const maxServices = check.count(path, "maxServices", spec.maxServices, Infinity);
  if (names.size > maxServices) {
    throw invalid(path, "maxServices", `at least the ${names.size} services it already has`, maxServices);
  }
  const rule = { intensity: planIntensity(spec.intensity, path), autoShutdown };
  const within = [...around, spec];
  return {
    rule,
    strategy: check.oneOf(
      path,
      "strategy",
      spec.strategy,
      ["one-for-one", "one-for-all", "rest-for-one"] as const,
      "one-for-one",
    ),
    maxServices,
    meta: spec.meta,
    services: refuseCycles(
      spec.services.map((child) => planChild(child, path, rule, names, within)),
      path,
    ),
  };
}

/** Says where among its siblings a child is that has no name. */
function checkNamed(child: ChildSpec, path: string, index: number): string {
  if (isObject(child) && isName(child.name)) return child.name;
  check.object(path, `services[${index}]`, child);
  return check.name(path, child.name, `services[${index}].name`);
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

function planReadyOn({ readyOn, start }: ServiceSpec, path: string): boolean {
  if (readyOn !== undefined && start !== undefined) {
    const message = `${path}: readyOn goes only with run or actor; start is ready when it resolves`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  return check.oneOf(path, "readyOn", readyOn, ["start", "signal"] as const, "start") === "signal";
}

function planIntensity(given: SupervisorSpec["intensity"], path: string): SupervisorPlan["rule"]["intensity"] {
  if (given === undefined) return null;
  check.object(path, "intensity", given);
  checkKeys(path, given, ["maxRestarts", "withinMs"], "intensity");
  if (given.maxRestarts === undefined)
    throw invalid(path, "intensity.maxRestarts", "a non-negative integer", undefined);
  if (given.withinMs === undefined)
    throw invalid(path, "intensity.withinMs", "a positive number of milliseconds", undefined);
  const maxRestarts = check.count(path, "intensity.maxRestarts", given.maxRestarts, 0);
  const withinMs = check.positive(path, "intensity.withinMs", given.withinMs, 1);
  return maxRestarts === Infinity ? null : { maxRestarts, withinMs };
}

// Most services live by the defaults: those with dependencies share one rule, and those without.
const plainRule = { startDelayMs: 0, startTimeoutMs: 30_000, stopTimeoutMs: 10_000, readiness: false };
const plainKeys = Object.keys(plainRule) as (keyof typeof plainRule)[];
const sharedRules = {
  gated: new WeakMap<ServiceRule["restart"], ServiceRule>(),
  free: new WeakMap<ServiceRule["restart"], ServiceRule>(),
};

function shareRule(rule: ServiceRule): ServiceRule {
  for (const key of plainKeys) if (rule[key] !== plainRule[key]) return rule;
  const rules = rule.gated ? sharedRules.gated : sharedRules.free;
  const shared = rules.get(rule.restart);
  if (shared !== undefined) return shared;
  rules.set(rule.restart, rule);
  return rule;
}
