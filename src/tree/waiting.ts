// Waiting: promises of what becomes of a child, answered after one of its changes.

import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { Tree } from "./tree.ts";

/** What a look at a child has found: wait on, it is so, or it will not be so. */
type Look = "wait" | "done" | SupervisorError;

/** Does `act`, and looks after each change of the child until there is an answer. */
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

/** Whether a child is up (healthy, or completed); it is not any more once it has failed for good or was stopped. */
export function lookForUp(child: Child): Look {
  if (child.isUp) return "done";
  if (child.isLive || child.phase === "grouped") return "wait";
  return child.state === "failed" ? toStartFailed(child) : toStartAborted(child);
}

/** Waits until a stop that was asked for is over: the child is down, or has been started again. */
export function stopOver(child: Child): Promise<void> {
  if (!child.standing.isEnding) return Promise.resolve();
  return whenever(
    child,
    () => {},
    () => (child.standing.isEnding ? "wait" : "done"),
  );
}

/**
 * A later turn of the event loop: that of a start which is asked for inside a listener, so that no listener can starve
 * timers.
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

function toStartAborted({ path }: Child): SupervisorError {
  return new SupervisorError("ERR_START_ABORTED", `${path}: start aborted: a stop came first`, { path });
}
