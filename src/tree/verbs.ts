// verbs.ts: removeService, startService, stopService and restartService of the handle.

import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { isThere } from "./find.ts";
import { askDependantsAgain, restartWithDependency, stopDependants } from "./order-by-hand.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import {
  laterTurn,
  requireSupervising,
  requireSupervisingAbove,
  stopOver,
  toStartAborted,
  whenDown,
  whenUp,
} from "./waiting.ts";

/** The service of a path, for a verb that changes it. */
export function requireService(child: Child | null, root: TreeSupervisor, verb: string): Child {
  if (child === null) {
    const message = `${root.path}: ${verb} is for services, not for the root; use start() and stop()`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: root.path });
  }
  requireSupervising(child.parent);
  return child;
}

/** The removals that are under way. A service that is being removed counts as gone. */
const removals = new WeakMap<Child, Promise<void>>();

/** What a start asks for: that the service is still there, and all supervisors above it supervise. */
function requireStartable(child: Child, verb: string): void {
  const { parent, path } = child;
  requireSupervisingAbove(parent);
  const isRemoved = !isThere(child);
  if (!isRemoved && !parent.isLeaving(child)) return;
  const why = isRemoved ? "it was removed meanwhile" : "it is being removed or replaced; try again once that is over";
  throw new SupervisorError("ERR_UNKNOWN_SERVICE", `${path}: ${verb}: ${why}`, { path });
}

/** The stops by hand that wait for dependants; what the user asks later takes their place. */
const stops = new WeakMap<Child, { readonly over: Promise<void> }>();

/** Whether a stop by hand waits for the dependants of a child. */
export function isStopping(child: Child): boolean {
  return stops.has(child);
}

/** The restarts that are under way. Callers in the meantime share them, until a stop overtakes them. */
const restarts = new WeakMap<Child, { readonly over: Promise<void>; readonly starts: number }>();

export async function startService(child: Child): Promise<void> {
  const turn = laterTurn(child.tree);
  if (turn !== null) await turn;
  requireStartable(child, "startService");
  stops.delete(child);
  // A stop has overtaken the restart of one that is down, and whoever shared it hears of that in this turn.
  if (!child.isLive) restarts.delete(child);
  if (!child.standing.isServing) await whenUp(child, () => child.start("hand"));
}

export async function restartService(child: Child): Promise<void> {
  const turn = laterTurn(child.tree);
  if (turn !== null) await turn;
  requireStartable(child, "restartService");
  // A caller inside the turn that has brought it up has seen the end of that restart, and wants another one.
  const isOver = child.isDownOrGoing || (child.tree.turns.isRunning && child.isUp);
  const { starts } = child.parent;
  const shared = restarts.get(child);
  const isShared = shared?.starts === starts && !stops.has(child) && !isOver;
  if (isShared) {
    askDependantsAgain(child);
    return shared.over;
  }
  stops.delete(child);
  const over = restartWithDependency(child, () => restartNow(child, starts)).finally(() => {
    if (restarts.get(child) === restart) restarts.delete(child);
  });
  const restart = { over, starts };
  restarts.set(child, restart);
  return over;
}

/** While its dependants stopped, the user or its supervisor may have stopped it. */
async function restartNow(child: Child, starts: number): Promise<void> {
  const { parent, tree } = child;
  const isOvertaken = stops.has(child) || !parent.isWanted || parent.starts !== starts;
  if (isOvertaken) throw tree.internalError ?? toStartAborted(child);
  await whenUp(child, () => child.restart("hand"));
}

/** Stops the dependants that go with the service, then the service, and waits until it is down. */
export function stopService(child: Child): Promise<void> {
  askDependantsAgain(child);
  const removal = removals.get(child);
  if (removal !== undefined) return removal.catch(() => {});
  return stops.get(child)?.over ?? beginStop(child);
}

/** As `stopService`, for a service that is to be removed or replaced: always with a request of its own. */
export function beginStop(child: Child): Promise<void> {
  const request = { over: Promise.resolve() };
  stops.set(child, request);
  request.over = stopInOrder(child, request);
  return request.over;
}

async function stopInOrder(child: Child, request: object): Promise<void> {
  const { isLive: wasLive, unit, parent } = child;
  const { starts } = parent;
  const stopped = stopDependants(child);
  if (stopped !== null) await stopped.over();
  // What the user has asked later, while the dependants stopped, overtakes this stop. So does a stop of the supervisor,
  // which stops the service in its own turn.
  const isOurs = stops.get(child) === request;
  if (isOurs) stops.delete(child);
  const isOvertaken = !isOurs || parent.starts !== starts;
  const { isSupervising } = parent;
  if (!isOvertaken && isSupervising) child.tree.turns.enter(() => child.stop("hand"));
  stopped?.startAgain();
  await (isSupervising ? stopOver(child) : whenDown(child));
  if (wasLive && child.unit === unit && child.state === "failed" && child.context.verdict === null) {
    if (!wasLeftOnPurpose(child)) throw toStopFailed(child);
  }
}

export async function removeService(child: Child): Promise<void> {
  const known = removals.get(child);
  if (known !== undefined) {
    askDependantsAgain(child);
    return known;
  }
  // Before it counts as under way: a stop would wait for a refused removal, and do nothing itself.
  refuseRequired(child);
  const removal = remove(child).finally(() => removals.delete(child));
  removals.set(child, removal);
  return removal;
}

async function remove(child: Child): Promise<void> {
  const { path, parent } = child;
  parent.setLeaving(child, true);
  try {
    await beginStop(child);
    // A dependant whose own stop fails is not removed, and requires it still.
    await Promise.allSettled(child.dependants.map(({ dependant }) => removals.get(dependant)));
    refuseRequired(child);
    if (child.isLive) {
      const message = `${path}: not removed: its supervisor started it again before its stop was over`;
      throw new SupervisorError("ERR_STOP_FAILED", message, { path });
    }
    child.tree.turns.enter(() => parent.remove(child));
  } finally {
    parent.setLeaving(child, false);
  }
}

/** @throws SupervisorError ERR_INVALID_SPEC if services that are not being removed require it, or will. */
function refuseRequired(child: Child): void {
  const { parent, dependants, plan } = child;
  const requiring = dependants.filter(({ required, dependant }) => required && !parent.isLeaving(dependant));
  const now = requiring.map(({ dependant }) => dependant.path);
  const paths = [...now, ...comingThatRequire(plan.name, parent)];
  if (paths.length > 0) throw toRequired(child, paths);
}

/** The paths of the services that a redefinition under way is going to make, and that require another. */
function comingThatRequire(name: string, { coming, plan, path }: TreeSupervisor): string[] {
  if (coming.size === 0) return [];
  const isRequiredBy = ({ dependencies }: ServicePlan) => dependencies.some((one) => one.required && one.name === name);
  return plan.services
    .filter((service) => coming.has(service.name) && isRequiredBy(service))
    .map((service) => `${path}/${service.name}`);
}

/** A service cannot be removed while others require it. */
export function toRequired({ path }: Child, paths: readonly string[]): SupervisorError {
  const message = `${path}: cannot be removed: ${paths.join(", ")} require${paths.length === 1 ? "s" : ""} it; remove those first`;
  return new SupervisorError("ERR_INVALID_SPEC", message, { path });
}

/** stopTimeoutMs 0 means that it is left behind on purpose: not an error. */
function wasLeftOnPurpose(child: Child): boolean {
  return child.exit?.kind === "unstopped" && child.plan.rule.stopTimeoutMs === 0;
}

function toStopFailed({ path, error, supervisor }: Child): SupervisorError {
  const nested = supervisor?.stopErrors ?? [];
  const errors = nested.length > 0 ? nested : error === null ? [] : [error];
  return new SupervisorError("ERR_STOP_FAILED", `${path}: failed to stop: ${textOf(error)}`, {
    path,
    cause: error,
    errors,
  });
}
