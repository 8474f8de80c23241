// Process groups: how one is signalled, and when nothing of it is left.
//
// Its number is that of its leader. Once the leader is gone and the group is empty, another group may get that number:
// code that has seen a group empty signals it no more.

import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../contract/wording.ts";
import { listProcesses, statOf } from "./proc.ts";

/** Returns whether the group had a member to signal. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // Members that belong to another user (EPERM) are there, though they cannot be reached.
    if (textOf(error, "code") === "ESRCH") return false;
    if (textOf(error, "code") === "EPERM") return true;
    throw error;
  }
}

/** Whether any member is still running. Zombies are not; in a container they may stay for ever. */
function isGroupAlive(group: number): boolean {
  return signalGroup(group, 0) && (process.platform !== "linux" || hasRunningMember(group));
}

function hasRunningMember(group: number): boolean {
  return listProcesses().some((pid) => {
    const stat = statOf(pid);
    return stat !== null && stat.group === group && stat.state !== "Z" && stat.state !== "X";
  });
}

/** Waits until nothing of a group runs, or `signal` aborts. Returns whether it is empty. */
export async function whenGroupEnds(group: number, signal?: AbortSignal): Promise<boolean> {
  for (let waitMs = 5; isGroupAlive(group); waitMs = Math.min(100, waitMs * 2)) {
    if (signal?.aborted) return false;
    await sleep(waitMs, undefined, signal && { signal }).catch(() => {});
  }
  return true;
}
