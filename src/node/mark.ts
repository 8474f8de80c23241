// The mark: a word in the environment of every process of this program, and so of all that they start. It lets the guard
// find what it was not told of in time, and a later run what an earlier one left behind.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { listProcesses, statOf } from "./proc.ts";

/** The mark of the processes of this program: of the services, and of whatever they start. */
export const processMark: string = randomUUID();

/** The variable that carries the mark. */
export const markVariable = "STATEVISOR_MARK";
/** The variable by which the guard of a program knows the mark that it looks for; it does not carry the mark itself. */
export const guardVariable = "STATEVISOR_GUARDS";

const lookEveryMs = 100;
/** How long SIGKILL may take, in milliseconds. */
const killedMs = 1_000;

/** What `endMarked` found. */
export interface Ended {
  /** The processes that were there at first, and ended by themselves or by their guard. */
  readonly ended: readonly number[];
  /** Those that were killed. */
  readonly killed: readonly number[];
}

/**
 * Ends what an earlier program left behind, by the marks that it had (`processMark`): waits up to `waitMs` for the guard of
 * that program to end it, and kills then what is left, and the guard. Linux only: elsewhere nothing is found.
 */
export async function endMarked(marks: readonly string[], waitMs: number, onWait?: (pids: readonly number[]) => void) {
  const first = findMarked(markVariable, marks);
  const result = (killed: readonly number[]): Ended => ({
    ended: first.filter((pid) => !killed.includes(pid)),
    killed,
  });
  if (first.length === 0) return result([]);
  onWait?.(first);
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline) {
    await sleep(lookEveryMs);
    if (findMarked(markVariable, marks).length === 0) return result([]);
  }
  // A guard that was stopped could go on later, and signal numbers that belong to others by then.
  for (const pid of findMarked(guardVariable, marks)) kill(pid);
  const killed = new Set<number>();
  const end = performance.now() + killedMs;
  for (;;) {
    const left = findMarked(markVariable, marks);
    if (left.length === 0 || performance.now() > end) return result([...killed]);
    for (const pid of left) {
      killed.add(pid);
      kill(pid);
    }
    await sleep(lookEveryMs);
  }
}

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
