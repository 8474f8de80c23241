// waiting.ts: promises that settle when a child is up, or when its stop is over.

import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { Tree } from "./tree.ts";

/** The result of a look at a child: wait on, done, or the error that it will never be done. */
type Look = "wait" | "done" | SupervisorError;

/** Calls `act`, and calls `look` after each change of the child until it has an answer. */
export function whenever(child: Child, act: () => void, look: () => Look): Promise<void> {
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

/** Looks whether a child is up (healthy or completed). Returns an error once it has failed for good or was stopped. */
export function lookForUp(child: Child): Look {
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
 * Waits for a later turn of the event loop. A start that is requested inside a listener waits for it, so that a
 * listener which restarts services cannot starve timers.
 */
export function nextTurn({ clock }: Tree): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimeout(resolve, 0);
  });
}

function toStartFailed({ path, error }: Child): SupervisorError {
  const message = `${path}: start failed: ${textOf(error) || "no reason given"}`;
  return new SupervisorError("ERR_START_FAILED", message, { path, cause: error });
}

export function toStartAborted({ path }: Child): SupervisorError {
  return new SupervisorError("ERR_START_ABORTED", `${path}: start aborted: a stop came first`, { path });
}
