// describe.ts: reports the definition of a tree as plain data, from a spec alone or from a running tree. `status` and
// `explain` report the state of a running tree.

import type { ChildDescription, ServiceDescription, TreeDescription } from "../contract/description.ts";
import type { SupervisorSpec } from "../contract/spec.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { planRoot } from "../definition/plan-supervisor.ts";

/**
 * Checks a spec, and returns a description of the tree that it defines. Starts nothing.
 *
 * @throws SupervisorError as createSupervisor does.
 */
export function describeTree(spec: SupervisorSpec): TreeDescription {
  const { name, ...plan } = planRoot(spec);
  return describeSupervisor(name, name, toDescribed(plan));
}

/** A supervisor with the children of its plan, or with its current children. */
export interface Described {
  readonly plan: SupervisorPlan;
  readonly children: { values(): Iterable<DescribedChild> };
}

interface DescribedChild {
  readonly plan: ServicePlan;
  readonly supervisor: Described | null;
}

function toDescribed(plan: SupervisorPlan): Described {
  const children = plan.services.map(
    (service): DescribedChild => ({
      plan: service,
      supervisor: service.supervisor === null ? null : toDescribed(service.supervisor),
    }),
  );
  return { plan, children };
}

export function describeSupervisor(name: string, path: string, { plan, children }: Described): TreeDescription {
  const all = [...children.values()];
  const names = new Set(all.map((child) => child.plan.name));
  const services = all.map((child) => describeChild(child, path, names));
  return {
    path,
    name,
    kind: "supervisor",
    strategy: plan.strategy,
    intensity: plan.rule.intensity === null ? null : { ...plan.rule.intensity },
    autoShutdown: plan.rule.autoShutdown,
    maxServices: toLimit(plan.maxServices),
    meta: plan.meta ?? null,
    services,
    startOrder: toOrder(services, ({ dependsOn }) => dependsOn.map((dependency) => dependency.path)),
    stopOrder: toStopOrder(services),
  };
}

function describeChild(
  { plan, supervisor }: DescribedChild,
  parent: string,
  siblings: ReadonlySet<string>,
): ChildDescription {
  const { restart, startDelayMs, startTimeoutMs, stopTimeoutMs } = plan.rule;
  const { policy, maxRetries, initialBackoffMs, maxBackoffMs, multiplier, jitter, resetAfterMs } = restart;
  const path = `${parent}/${plan.name}`;
  const service: ServiceDescription = {
    path,
    name: plan.name,
    kind: "service",
    body: plan.body.kind,
    critical: plan.options.critical,
    significant: plan.options.significant,
    restart: {
      policy,
      maxRetries: toLimit(maxRetries),
      initialBackoffMs,
      maxBackoffMs,
      multiplier,
      jitter,
      resetAfterMs: toLimit(resetAfterMs),
    },
    // An optional dependency may have been removed.
    dependsOn: plan.dependencies
      .filter((dependency) => siblings.has(dependency.name))
      .map(({ name, condition, required, onFailure }) => ({
        path: `${parent}/${name}`,
        condition,
        required,
        onFailure: onFailure ?? null,
      })),
    ...(plan.supervisor?.director !== undefined && { isRole: true as const }),
    isScheduled: plan.options.nextRun !== undefined,
    startDelayMs,
    startTimeoutMs: toLimit(startTimeoutMs),
    stopTimeoutMs: toLimit(stopTimeoutMs),
    probes: plan.options.probes.map(({ kind }) => kind),
    watchdogMs: plan.options.watchdogMs ?? null,
    meta: plan.options.meta ?? null,
  };
  if (supervisor === null) return { ...service, kind: "service" };
  return { ...service, ...describeSupervisor(plan.name, path, supervisor) };
}

function toLimit(limit: number): number | null {
  return limit === Number.POSITIVE_INFINITY ? null : limit;
}

/** The order of a stop: dependants first, and side by side the last defined first. */
function toStopOrder(services: readonly ChildDescription[]): string[][] {
  const dependants = new Map<string, string[]>(services.map(({ path }) => [path, []]));
  for (const { path, dependsOn } of services) for (const { path: on } of dependsOn) dependants.get(on)!.push(path);
  return toOrder([...services].reverse(), ({ path }) => dependants.get(path)!);
}

/** Puts each item into the first list after the lists of all items before it. No recursion: a chain may be long. */
function toOrder<Item extends { path: string }>(
  items: readonly Item[],
  before: (item: Item) => readonly string[],
): string[][] {
  const left = new Map(items.map((item) => [item.path, before(item).length]));
  const after = new Map<string, Item[]>(items.map(({ path }) => [path, []]));
  for (const item of items) for (const path of before(item)) after.get(path)!.push(item);
  const place = new Map(items.map((item, index) => [item.path, index]));
  const order: string[][] = [];
  let next = items.filter(({ path }) => left.get(path) === 0);
  while (next.length > 0) {
    order.push(next.map(({ path }) => path));
    next = next
      .flatMap(({ path }) => after.get(path)!)
      .filter(({ path }) => left.set(path, left.get(path)! - 1).get(path) === 0)
      .sort((a, b) => place.get(a.path)! - place.get(b.path)!);
  }
  return order;
}
