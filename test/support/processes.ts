// Waits and process look-ups for the tests of real programs.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves to the first truthy result of `look`; rejects after the deadline. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  deadlineMs = 20_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(10);
  }
}

/** State and parent of a process; null once it has ended. */
export function statOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: state!, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** Whether a process runs: zombies do not. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && !["Z", "X"].includes(stat.state);
}

/** The processes whose command line contains `text`. */
export function findProcesses(text: string): number[] {
  return findBy((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text));
}

/** The processes whose environment has the entry `NAME=value`. */
export function findByEnvironment(entry: string): number[] {
  return findBy((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(entry));
}

function findBy(isMeant: (pid: number) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isAlive(pid) && pid !== process.pid && isMeant(pid);
      } catch {
        return false;
      }
    });
}
