// holdings.ts: resolves `ctx.use(…)` to the value of a dependency, and records the values that an incarnation holds.
// A value is held if the incarnation took it before it was ready. It is gone when the service that gave it goes down.

import type { ServiceSpec } from "../contract/spec.ts";
import { describe } from "../contract/wording.ts";
import { toAmbiguous, toDependencyDown, toGone, toNotADependency } from "./failures.ts";
import { isThere } from "./find.ts";
import type { Child } from "./service.ts";
import type { Unit } from "./unit.ts";

/** A value that an incarnation holds: the child that gave it, and the unit of the giving incarnation. */
export interface Holding {
  readonly of: Child;
  readonly unit: Unit;
}

const noGivers: Child[] = [];

/** The live value of a dependency, or of a service inside a dependency that is a supervisor. */
export function useDependency(unit: Unit, service: string | ServiceSpec | undefined): unknown {
  const { child } = unit;
  const name = typeof service === "string" ? service : (service?.name ?? describe(service));
  const giver = findGiver(child, name, typeof service === "object" ? service : null);
  if (giver === null && child.plan.dependencies.some((declared) => declared.name === name)) throw toGone(child, name);
  if (giver === null) throw toNotADependency(child, name);
  if (!giver.standing.isServing) throw toDependencyDown(child, giver);
  if (unit.isStarting) unit.hold(giver);
  return giver.unit!.value;
}

/**
 * The services inside its dependencies whose value its last incarnation held, and that are to come back or were stopped by
 * hand: a start would fail at the same `use`. A dependency that is a supervisor can be healthy without them. Nothing waits
 * for the next run of a service with a schedule.
 */
export function lostGivers({ unit, parent }: Child): Child[] {
  if (unit === null || unit.holdings.length === 0) return noGivers;
  return unit.holdings
    .map(({ of }) => of)
    .filter((giver) => giver.parent !== parent && giver.plan.options.nextRun === undefined && isThere(giver))
    .filter((giver) => giver.standing.dependency === "pending");
}

/** What calls off the wait of a service for a lost giver. */
const waits = new WeakMap<Child, () => void>();

/** Whether there is a lost giver. If so, the gate is offered again when that changes. */
export function awaitsGiver(child: Child): boolean {
  if (child.unit === null) return false; // it has held nothing yet
  waits.get(child)?.();
  const [giver] = lostGivers(child);
  if (giver === undefined) return false;
  // Later: a giver that is removed tells it while its supervisor is being replaced.
  const unwatch = giver.watch(() => {
    waits.get(child)?.();
    child.tree.turns.later(() => child.offerGate());
  });
  waits.set(child, () => {
    waits.delete(child);
    unwatch();
  });
  return true;
}

/** The giver whose own definition it is; else the dependency of that name; else the only one inside of dependencies. */
function findGiver(child: Child, name: string, spec: object | null): Child | null {
  const edge = child.dependencies.find(({ dependency }) => dependency.plan.name === name);
  if (edge !== undefined && (spec === null || edge.dependency.plan.spec === spec)) return edge.dependency;
  const inner = child.dependencies.flatMap(({ dependency }) => findInside(dependency, name));
  const [own, ...others] = inner.filter(({ plan }) => plan.spec === spec);
  if (own !== undefined && others.length === 0) return own;
  if (edge !== undefined) return edge.dependency;
  if (inner.length > 1) throw toAmbiguous(child, name, inner);
  return inner[0] ?? null;
}

/** The service of a path that begins with this child, or all services inside it that have the name. */
function findInside(child: Child, name: string): Child[] {
  if (name.startsWith(`${child.plan.name}/`)) return findByPath(child, name.split("/").slice(1));
  if (child.supervisor === null) return [];
  const own = child.supervisor.children.get(name);
  const deeper = [...child.supervisor.children.values()].flatMap((inner) => findInside(inner, name));
  return own === undefined ? deeper : [own, ...deeper];
}

function findByPath(child: Child, names: readonly string[]): Child[] {
  let found: Child | undefined = child;
  for (const name of names) found = found?.supervisor?.children.get(name);
  return found === undefined ? [] : [found];
}
