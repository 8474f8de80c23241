// plan-dependencies.ts: checks `dependsOn`: its normal form, unknown names, cycles, and waits that can never end.

import { conditions, onFailures } from "../../machines/policies/gate.ts";
import { restartTable } from "../../machines/policies/restart.ts";
import { check, checkKeys, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Dependency, SupervisionOptions } from "../contract/spec.ts";
import { didYouMean } from "../contract/wording.ts";
import type { DependencyPlan, ServicePlan } from "./plan.ts";

/** The names of siblings: a set of them, or a map by them. */
export type Names = Pick<ReadonlySet<string>, "has" | "keys">;

const none: readonly DependencyPlan[] = [];

export function planDependencies(
  given: SupervisionOptions["dependsOn"],
  path: string,
  siblings: Names,
): readonly DependencyPlan[] {
  if (given === undefined) return none;
  if (!Array.isArray(given)) throw invalid(path, "dependsOn", "an array of names, services or { service, ... }", given);
  const plans = given.map((one) => planDependency(one, path));
  const seen = new Set<string>();
  for (const { name } of plans) {
    if (path.endsWith(`/${name}`)) throw waitsForItself(path, name);
    if (!siblings.has(name)) throw unknownDependency(path, name, siblings);
    if (seen.has(name))
      throw new SupervisorError("ERR_INVALID_SPEC", `${path}: dependsOn names "${name}" twice`, { path });
    seen.add(name);
  }
  return plans;
}

function planDependency(given: string | Dependency | { name: string }, path: string): DependencyPlan {
  if (typeof given === "object" && given !== null && "service" in given) {
    checkKeys(path, given, ["service", "condition", "required", "onFailure"], "dependsOn[]");
    return {
      name: toName(given.service, path),
      condition: check.oneOf(path, "dependsOn[].condition", given.condition, conditions, "healthy"),
      required: check.boolean(path, "dependsOn[].required", given.required, true),
      onFailure:
        given.onFailure === undefined
          ? undefined
          : check.oneOf(path, "dependsOn[].onFailure", given.onFailure, onFailures, "ignore"),
    };
  }
  return { name: toName(given, path), condition: "healthy", required: true, onFailure: undefined };
}

function toName(given: unknown, path: string): string {
  if (typeof given === "string") return given;
  const name = (given as { name?: unknown } | null | undefined)?.name;
  if (typeof name === "string") return name;
  throw invalid(path, "dependsOn[]", "the name of a sibling, its definition, or { service, ... }", given);
}

/** Refuses a dependency on a name that no sibling has. */
export function refuseUnknown(
  { name, dependencies }: Pick<ServicePlan, "name" | "dependencies">,
  parent: string,
  siblings: Names,
): void {
  for (const { name: on } of dependencies)
    if (!siblings.has(on)) throw unknownDependency(`${parent}/${name}`, on, siblings);
}

function waitsForItself(path: string, name: string): SupervisorError {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const message = `${parent}: services wait for each other: ${name} -> ${name}; remove one of these dependencies`;
  return new SupervisorError("ERR_DEPENDENCY_CYCLE", message, { path: parent });
}

function unknownDependency(path: string, name: string, siblings: Names): SupervisorError {
  const own = path.slice(path.lastIndexOf("/") + 1);
  const others = [...siblings.keys()].filter((sibling) => sibling !== own);
  const hint = didYouMean(name, others) || `; its siblings are ${others.slice(0, 20).join(", ") || "none"}`;
  const message = `${path}: depends on "${name}", which is not a sibling of it${hint}`;
  return new SupervisorError("ERR_UNKNOWN_DEPENDENCY", message, { path });
}

/** Returns the services unchanged. Throws if some wait for each other, or for a completion that cannot come. */
export function refuseHopeless(services: readonly ServicePlan[], path: string): readonly ServicePlan[] {
  if (services.every(({ dependencies }) => dependencies.length === 0)) return services;
  if (!isInOrder(services)) refuseCycle(services, path);
  const byName = new Map(services.map((service) => [service.name, service]));
  for (const service of services) refuseEndless(service, path, (name) => byName.get(name));
  return services;
}

/** Refuses a wait for a service that has a schedule, or for the completion of one that is always started again. */
export function refuseEndless(
  { name, dependencies }: Pick<ServicePlan, "name" | "dependencies">,
  parent: string,
  find: (name: string) => Pick<ServicePlan, "rule" | "options"> | undefined,
): void {
  for (const { name: on, condition } of dependencies) {
    const dependency = find(on);
    if (dependency?.rule.scheduled) throw waitsForSchedule(`${parent}/${name}`, on);
    if (condition !== "completed" || dependency === undefined || dependency.options.decide !== undefined) continue;
    const { policy } = dependency.rule.restart;
    if (restartTable[policy].canComplete) continue;
    const path = `${parent}/${name}`;
    const message = `${path}: waits for "${on}" to be completed, which its restart policy "${policy}" never lets happen; give "${on}" another policy or a restart.decide, or wait for another condition`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
}

function waitsForSchedule(path: string, on: string): SupervisorError {
  const message = `${path}: depends on "${on}", which runs at the times of its nextRun and is down in between; remove the dependency or the nextRun`;
  return new SupervisorError("ERR_INVALID_SPEC", message, { path });
}

/** Refuses a newcomer that waits for a service which depends on the newcomer's name, by whatever way round. */
export function refuseCircle(
  newcomer: ServicePlan,
  path: string,
  find: (name: string) => ServicePlan | undefined,
): void {
  const around = new Map([[newcomer.name, newcomer]]);
  // A map can grow while it is walked.
  for (const { dependencies } of around.values()) {
    for (const { name } of dependencies) {
      const plan = around.has(name) ? undefined : find(name);
      if (plan !== undefined) around.set(name, plan);
    }
  }
  const isThere = ({ name }: DependencyPlan) => around.has(name);
  refuseCycle(
    [...around.values()].map((plan) => ({ ...plan, dependencies: plan.dependencies.filter(isThere) })),
    path,
  );
}

/** Whether each is defined after its dependencies, as most are. There is no cycle then. */
function isInOrder(services: readonly ServicePlan[]): boolean {
  const before = new Set<string>();
  for (const { name, dependencies } of services) {
    for (const dependency of dependencies) if (!before.has(dependency.name)) return false;
    before.add(name);
  }
  return true;
}

function refuseCycle(services: readonly ServicePlan[], path: string): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  const done = new Set<string>();
  // Depth first, without recursion: a chain of dependencies may be longer than the stack.
  for (const { name: root } of services) {
    const trail = [{ name: root, next: 0 }];
    const onTrail = new Set([root]);
    while (trail.length > 0) {
      const top = trail[trail.length - 1]!;
      const dependency = done.has(top.name) ? undefined : byName.get(top.name)!.dependencies[top.next++];
      if (dependency === undefined) {
        done.add(top.name);
        onTrail.delete(top.name);
        trail.pop();
      } else if (onTrail.has(dependency.name)) {
        const from = trail.findIndex(({ name }) => name === dependency.name);
        const cycle = [...trail.slice(from).map(({ name }) => name), dependency.name].join(" -> ");
        const message = `${path}: services wait for each other: ${cycle}; remove one of these dependencies`;
        throw new SupervisorError("ERR_DEPENDENCY_CYCLE", message, { path });
      } else if (!done.has(dependency.name)) {
        trail.push({ name: dependency.name, next: 0 });
        onTrail.add(dependency.name);
      }
    }
  }
}
