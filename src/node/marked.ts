// marked.ts: finds the processes that have a mark (mark.ts).

import { existsSync, readFileSync } from "node:fs";
import { markVariable } from "./mark.ts";
import { listProcesses, statOf } from "./proc.ts";

/** Whether a process with one of these marks runs. Linux only: elsewhere none is found. */
export function hasMarked(marks: readonly string[]): boolean {
  return findMarked(markVariable, marks).length > 0;
}

/** The processes whose environment had one of these marks when they began. Those of other users cannot be read. */
export function findMarked(variable: string, marks: readonly string[]): number[] {
  if (!existsSync("/proc/self")) return [];
  const words = marks.map((mark) => `${variable}=${mark}`);
  const own = ownAncestry();
  return listProcesses().filter((pid) => {
    if (own.has(pid)) return false;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      return environment.some((entry) => words.includes(entry));
    } catch {
      return false;
    }
  });
}

/** This process, its parent, and so on: a shell that an earlier run had started may be what started this one. */
function ownAncestry(): ReadonlySet<number> {
  const pids = new Set([process.pid]);
  for (let pid = process.ppid; pid > 1 && !pids.has(pid); pid = statOf(pid)?.parent ?? 0) pids.add(pid);
  return pids;
}

/** Kills a process that may have ended meanwhile. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
