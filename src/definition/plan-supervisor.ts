// plan-supervisor.ts: turns the spec of a supervisor (the root or a nested one) into its plan.

import { type AutoShutdown, autoShutdowns } from "../../machines/policies/shutdown.ts";
import { strategies } from "../../machines/policies/strategy.ts";
import { check, checkKeys, invalid, isName, isObject } from "../contract/check.ts";
import { type CreateDirector, directorKey } from "../contract/director.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { ChildSpec, SupervisorSpec } from "../contract/spec.ts";
import { textOf } from "../contract/wording.ts";
import type { ServicePlan, SupervisorPlan } from "./plan.ts";
import { type Names, refuseHopeless } from "./plan-dependencies.ts";
import { planIntensity } from "./plan-intensity.ts";
import { planOptions } from "./plan-options.ts";
import { planService, supervisorKeys } from "./plan-service.ts";

/** Checks the spec of a root. @throws SupervisorError at the first mistake. */
export function planRoot(spec: SupervisorSpec): SupervisorPlan & { readonly name: string } {
  return readable("createSupervisor", () => planReadableRoot(spec));
}

/** Makes a plan, and reports an error of reading the user's spec (a proxy may throw) as an invalid spec. */
export function readable<Plan>(where: string, plan: () => Plan): Plan {
  try {
    return plan();
  } catch (error) {
    if (error instanceof SupervisorError) throw error;
    const message = `${where}: the spec cannot be read: ${textOf(toError(error))}`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { cause: error });
  }
}

function planReadableRoot(spec: SupervisorSpec): SupervisorPlan & { readonly name: string } {
  check.object("createSupervisor", "spec", spec);
  const name = check.name("createSupervisor", spec.name);
  planOptions(spec, name, { isSupervisor: true, isScheduled: false });
  return { name, ...planSupervisor(spec, name, []) };
}

/**
 * Checks the spec of a child of `parent`. `siblings` are the names that `dependsOn` may use; `around` are the specs of
 * the supervisors that contain it.
 */
export function planChild(
  spec: ChildSpec,
  parent: string,
  { autoShutdown }: { readonly autoShutdown: AutoShutdown },
  siblings: Names,
  around: readonly object[] = [],
): ServicePlan {
  check.object(parent, "services[]", spec);
  const path = `${parent}/${check.name(parent, spec.name)}`;
  return planService(spec, path, autoShutdown, siblings, (nested) => planSupervisor(nested, path, around));
}

function planSupervisor(spec: SupervisorSpec, path: string, around: readonly object[]): SupervisorPlan {
  checkKeys(path, spec, supervisorKeys);
  if (!Array.isArray(spec.services)) throw invalid(path, "services", "an array of services", spec.services);
  if (around.includes(spec)) {
    const message = `${path}: services contains a supervisor that it is in itself`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  const autoShutdown = check.oneOf(path, "autoShutdown", spec.autoShutdown, autoShutdowns, "never");
  const names = namesOf(spec.services, path);
  const maxServices = check.count(path, "maxServices", spec.maxServices, Infinity);
  if (names.size > maxServices) {
    throw invalid(path, "maxServices", `at least the ${names.size} services it already has`, maxServices);
  }
  const rule = { intensity: planIntensity(spec.intensity, path), autoShutdown };
  const within = [...around, spec];
  return {
    rule,
    strategy: check.oneOf(path, "strategy", spec.strategy, strategies, "one-for-one"),
    maxServices,
    meta: spec.meta,
    ...(directorKey in spec && { director: spec[directorKey] as CreateDirector }),
    services: refuseHopeless(
      spec.services.map((child: ChildSpec) => planChild(child, path, rule, names, within)),
      path,
    ),
  };
}

function namesOf(services: readonly ChildSpec[], path: string): ReadonlySet<string> {
  const names = new Set<string>();
  // A plain loop: with entries() V8 makes two objects for each of what may be a hundred thousand services.
  for (let index = 0; index < services.length; index++) {
    const name = checkNamed(services[index]!, path, index);
    if (names.has(name)) throw duplicateName(path, name);
    names.add(name);
  }
  return names;
}

/** The name of a child. The error for a missing name says at which index of `services` it is missing. */
function checkNamed(child: ChildSpec, path: string, index: number): string {
  if (isObject(child) && isName(child.name)) return child.name;
  check.object(path, `services[${index}]`, child);
  return check.name(path, child.name, `services[${index}].name`);
}

export function duplicateName(path: string, name: string): SupervisorError {
  const message = `${path}: two services are named "${name}"; names must be unique among siblings`;
  return new SupervisorError("ERR_DUPLICATE_NAME", message, { path: `${path}/${name}` });
}
