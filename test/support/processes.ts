// Waits and process look-ups for the tests of real programs.

import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, listPids, readOf } from "./proc.mjs";

export { isAlive, statOf } from "./proc.mjs";

/**
 * Resolves to the first truthy result of `look`; rejects after the deadline. What takes long is looked at less often: a look
 * may read all of /proc.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  deadlineMs = 60_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const begun = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<Exclude<T, false>>;
    const waited = performance.now() - begun;
    if (waited > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(Math.min(100, 10 + waited / 10));
  }
}

/** The processes whose command line contains `text`. */
export function findProcesses(text: string): number[] {
  return findBy((pid) => readOf(pid, "cmdline").includes(text));
}

/** The processes whose environment has the entry `NAME=value`. */
export function findByEnvironment(entry: string): number[] {
  return findBy((pid) => readOf(pid, "environ").split("\0").includes(entry));
}

function findBy(isMeant: (pid: number) => boolean): number[] {
  return listPids().filter((pid) => isAlive(pid) && pid !== process.pid && isMeant(pid));
}
