// Services by hand: what it means that one was started, stopped, restarted or removed, and when that is over.

import { SupervisorError } from "../contract/errors.ts";
import type { ChildSpec } from "../contract/spec.ts";
import { textOf } from "../contract/wording.ts";
import { duplicateName, planChild } from "../definition/define.ts";
import { requireSupervising } from "./find.ts";
import type { Child, Table } from "./service.ts";

/** Does `act`, and waits until the service is up, is failed for good, or was stopped instead. */
function whenUp(child: Child, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const unwatch = child.watch(() => {
      if (child.isUp) resolve();
      else if (child.state === "failed") reject(toStartFailed(child));
      else if (child.state === "stopped" && !child.regrouping) reject(toStartAborted(child));
      else return;
      unwatch();
    });
    act();
  });
}

/** Adds a service to a supervisor's table, and waits until it is up; one that never comes up is forgotten. */
export async function addByHand(table: Table, spec: ChildSpec): Promise<void> {
  const { path, plan, tree } = table;
  const siblings = table.children;
  const child = planChild(spec, path, plan.rule, siblings);
  if (siblings.has(child.name)) throw duplicateName(path, child.name);
  requireSupervising(table);
  if (siblings.size >= plan.maxServices) {
    const message = `${path}: cannot add "${child.name}": maxServices is ${plan.maxServices}; remove a service first`;
    throw new SupervisorError("ERR_MAX_SERVICES", message, { path });
  }
  // In one turn, so that nobody stops the tree between the two.
  const [added, up] = tree.turns.enter(() => {
    const newcomer = table.add(child);
    return [newcomer, whenUp(newcomer, () => newcomer.start("hand"))] as const;
  });
  try {
    await up;
  } catch (error) {
    tree.turns.enter(() => added.isLive || table.remove(added));
    throw error;
  }
}

export async function startByHand(child: Child): Promise<void> {
  if (child.state === "running") return;
  await whenUp(child, () => child.start("hand"));
}

export function restartByHand(child: Child): Promise<void> {
  // Whoever asks from inside the turn that has brought it up has seen the end of that restart, and wants another one.
  const isOver = child.tree.turns.isRunning && child.isUp;
  if (child.restartInProgress !== null && !isOver) return child.restartInProgress;
  const restart = whenUp(child, () => child.restart("hand")).finally(() => {
    if (child.restartInProgress === restart) child.restartInProgress = null;
  });
  child.restartInProgress = restart;
  return restart;
}

/** Asks the service to stop, and waits until it is down. */
export async function stopByHand(child: Child): Promise<void> {
  const { isLive: wasLive, unit } = child;
  await new Promise<void>((resolve) => {
    // A start that comes before the stop is over leaves no state in which it is down.
    const unwatch = child.watch(() => {
      if (child.isLive && child.unit === unit) return;
      unwatch();
      resolve();
    });
    child.stop("hand");
    if (child.isLive) return;
    unwatch();
    resolve();
  });
  if (wasLive && child.state === "failed" && !child.settled && !isWanted(child)) throw toStopFailed(child);
}

export async function removeByHand(child: Child): Promise<void> {
  const { path } = child;
  const requiring = child.dependants.filter(({ required }) => required).map(({ dependant }) => dependant.path);
  if (requiring.length > 0) {
    const message = `${path}: cannot be removed: ${requiring.join(", ")} require${requiring.length === 1 ? "s" : ""} it; remove those first`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  }
  await stopByHand(child);
  if (child.isLive) {
    const message = `${path}: not removed: it was started again before its stop was over`;
    throw new SupervisorError("ERR_STOP_FAILED", message, { path });
  }
  child.tree.turns.enter(() => child.parent.remove(child));
}

/** One that nobody wanted to wait for did what was expected of it. */
function isWanted(child: Child): boolean {
  return child.exit?.kind === "unstopped" && child.plan.rule.stopTimeoutMs === 0;
}

function toStartFailed({ path, error }: Child): SupervisorError {
  const message = `${path}: start failed: ${textOf(error) || "no reason given"}`;
  return new SupervisorError("ERR_START_FAILED", message, { path, cause: error });
}

function toStartAborted({ path }: Child): SupervisorError {
  return new SupervisorError("ERR_START_ABORTED", `${path}: start aborted: a stop came first`, { path });
}

function toStopFailed({ path, error, family }: Child): SupervisorError {
  const errors = family !== null && family.stopErrors.length > 0 ? family.stopErrors : error === null ? [] : [error];
  return new SupervisorError("ERR_STOP_FAILED", `${path}: failed to stop: ${textOf(error)}`, {
    path,
    cause: error,
    errors,
  });
}
