// add-service.ts: adds a service to a running supervisor, and forgets it if it never comes up.

import { SupervisorError } from "../contract/errors.ts";
import type { ChildSpec } from "../contract/spec.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { refuseCircle, refuseEndless, refuseUnknown } from "../definition/plan-dependencies.ts";
import { duplicateName, planChild, readable } from "../definition/plan-supervisor.ts";
import { replacements } from "./replacing.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import { laterTurn, requireSupervisingAbove, whenUp } from "./waiting.ts";

/** Which names there are is asked later, when the service is added. */
const anyName = { has: () => true, keys: () => [].values() };

/** The services whose addition is under way: whether they stay is not known yet. */
const additions = new WeakSet<Child>();

/** Adds a service to a supervisor, and waits until it is up. Removes it again if it never comes up. */
export async function addService(supervisor: TreeSupervisor, spec: ChildSpec): Promise<void> {
  const { path, plan, tree } = supervisor;
  // Read at once: the user may change the object before the service is added.
  const child = readable(`${path}: addService`, () => planChild(spec, path, plan.rule, anyName));
  const turn = laterTurn(tree);
  if (turn !== null) await turn;
  for (let over = replacementFor(supervisor, child); over !== undefined; over = replacementFor(supervisor, child)) {
    await over;
  }
  refuse(supervisor, child);
  // In one turn, so that the tree cannot be stopped between the two.
  const [added, up] = tree.turns.enter(() => {
    const newcomer = supervisor.add(child);
    additions.add(newcomer);
    return [newcomer, whenUp(newcomer, () => newcomer.start("supervisor"))] as const;
  });
  try {
    await up;
  } catch (error) {
    tree.turns.enter(() => forget(added));
    throw error;
  } finally {
    additions.delete(added);
  }
}

/** When what takes the place of a dependency is there, if a new definition replaces it just now. */
function replacementFor(
  { children, coming }: TreeSupervisor,
  { dependencies }: ServicePlan,
): Promise<void> | undefined {
  for (const { name } of dependencies) {
    const dependency = coming.has(name) ? children.get(name) : undefined;
    const over = dependency && replacements.get(dependency);
    if (over !== undefined) return over;
  }
  return undefined;
}

function refuse(supervisor: TreeSupervisor, child: ServicePlan): void {
  const { path, plan, children: siblings, coming } = supervisor;
  const { name, dependencies } = child;
  refuseUnknown(child, path, siblings);
  refuseEndless(child, path, (one) => siblings.get(one)?.plan);
  for (const { name: on } of dependencies) refuseLeaving(supervisor, `${path}/${name}`, on);
  if (siblings.has(name) || coming.has(name)) throw duplicateName(path, name);
  requireSupervisingAbove(supervisor);
  if (siblings.size >= plan.maxServices) {
    const message = `${path}: cannot add "${name}": maxServices is ${plan.maxServices}; remove a service first`;
    throw new SupervisorError("ERR_MAX_SERVICES", message, { path });
  }
  // Services that depend on this name, because there was one before: this one is their dependency again.
  const dependants = supervisor.bereavedOf(name);
  if (dependants.length === 0) return;
  const find = (one: string) => (one === name ? child : siblings.get(one)?.plan);
  refuseCircle(child, path, find);
  for (const dependant of dependants) refuseEndless(dependant.plan, path, find);
}

/** A service that is being removed counts as gone. */
function refuseLeaving(supervisor: TreeSupervisor, path: string, name: string): void {
  if (!supervisor.isLeaving(supervisor.children.get(name))) return;
  const message = `${path}: depends on "${name}", which is being removed`;
  throw new SupervisorError("ERR_UNKNOWN_DEPENDENCY", message, { path });
}

/**
 * Forgets one that has not come up, unless a definition that names it has come meanwhile, or others require it that wait for
 * it or stay: one with a schedule has been added before its dependencies are up.
 */
function forget(child: Child): void {
  const { isLive, dependants, parent, plan } = child;
  if (isLive || parent.plan.services.includes(plan)) return;
  const stays = (dependant: Child) => dependant.isLive || !additions.has(dependant);
  if (dependants.some(({ required, dependant }) => required && stays(dependant))) parent.keep(child);
  else parent.remove(child);
}
