// Process groups: how one is signalled, and when nothing of it is left.
//
// Its number is that of its leader. Once the leader is gone and the group is empty, another group may get that number:
// code that has seen a group empty signals it no more.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../contract/wording.ts";

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
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (any name) state parent group …"
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(itsGroup) === group && state !== "Z" && state !== "X") return true;
    } catch {
      // The process ended meanwhile.
    }
  }
  return false;
}

/** Waits until nothing of a group runs, or `signal` aborts. Returns whether it is empty. */
export async function whenGroupEnds(group: number, signal?: AbortSignal): Promise<boolean> {
  for (let waitMs = 5; isGroupAlive(group); waitMs = Math.min(100, waitMs * 2)) {
    if (signal?.aborted) return false;
    await sleep(waitMs, undefined, signal && { signal }).catch(() => {});
  }
  return true;
}
