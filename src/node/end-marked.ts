// end-marked.ts: ends the processes that an earlier program left behind, by its marks.

import { setTimeout as sleep } from "node:timers/promises";
import { guardVariable, markVariable } from "./mark.ts";
import { findMarked, kill } from "./marked.ts";

const lookEveryMs = 100;
/** How long SIGKILL may take, in milliseconds. */
const killedMs = 1_000;

/** What `endMarked` found. */
export interface Ended {
  /** The processes that were there at first, and ended by themselves or by their guard. */
  readonly ended: readonly number[];
  /** The processes that were killed. */
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
