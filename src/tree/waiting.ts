// waiting.ts: promises that settle when a child is up, when its stop is over, or in a later turn of the event loop.

import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import type { Tree } from "./tree.ts";

/** The result of a look at a child: wait on, done, or the error that it will never be done. */
type Look = "wait" | "done" | SupervisorError;

/** Calls `act`, and calls `look` after each change of the child until it has an answer. */
function whenever(child: Child, act: () => void, look: () => Look): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (found: Look): void => {
      if (found === "wait") return;
      unwatch();
      uncut();
      if (found === "done") resolve();
      else reject(found);
    };
    const unwatch = child.watch(() => settle(look()));
    // An internal error ends every wait.
    const uncut = child.tree.onInternalError((error) => settle(error));
    act();
  });
}

/** Does something to a child, and waits until it is up. */
export function whenUp(child: Child, act: () => void): Promise<void> {
  return whenever(child, act, () => lookForUp(child));
}

/** Looks whether a child is up (healthy or completed). Returns an error once it has failed for good or was stopped. */
function lookForUp(child: Child): Look {
  if (child.isUp) return "done";
  if (child.state !== "failed" && child.isLive) return "wait";
  if (child.phase === "grouped") return "wait";
  return child.state === "failed" && !wasLeftBehind(child) ? toStartFailed(child) : toStartAborted(child);
}

/** A stop that somebody asked for was not over at its deadline. */
function wasLeftBehind({ exit, context }: Child): boolean {
  return exit?.kind === "unstopped" && context.verdict === null;
}

/** Waits until a requested stop is over: the child is down, or has been started again. */
export function stopOver(child: Child): Promise<void> {
  if (!child.standing.isEnding) return Promise.resolve();
  return whenever(
    child,
    () => {},
    () => (child.standing.isEnding ? "wait" : "done"),
  );
}

/** Waits until a child that its supervisor stops is down. */
export function whenDown(child: Child): Promise<void> {
  if (!child.isLive) return Promise.resolve();
  return whenever(
    child,
    () => {},
    () => (child.isLive ? "wait" : "done"),
  );
}

/**
 * For a start by hand: a later turn of the event loop, or null where it can begin at once. One that a listener asks for
 * waits, and one of many that come with an end each, in a loop of promises: neither can starve timers.
 */
export function laterTurn(tree: Tree): Promise<void> | null {
  return tree.turns.isPublishing || tree.rush.isOn ? nextTurn(tree) : null;
}

function nextTurn({ clock }: Tree): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(() => resolve(), 0);
  });
}

export function requireSupervising({ isSupervising, path, state, tree }: TreeSupervisor): void {
  if (tree.internalError !== null) throw tree.internalError;
  if (isSupervising) return;
  const message = `${path}: it is ${state}; its services can be changed while it is starting or running`;
  throw new SupervisorError("ERR_NOT_RUNNING", message, { path });
}

/** For a start: under a supervisor that is on its way down, or has one above that is, it would stop at once. */
export function requireSupervisingAbove(supervisor: TreeSupervisor): void {
  for (let one: TreeSupervisor | null = supervisor; one !== null; one = one.owner?.parent ?? null) {
    requireSupervising(one);
  }
}

function toStartFailed({ path, error }: Child): SupervisorError {
  const message = `${path}: start failed: ${textOf(error) || "no reason given"}`;
  return new SupervisorError("ERR_START_FAILED", message, { path, cause: error });
}

export function toStartAborted({ path }: Child): SupervisorError {
  return new SupervisorError("ERR_START_ABORTED", `${path}: start aborted: a stop came first`, { path });
}
