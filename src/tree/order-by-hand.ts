// order-by-hand.ts: stops the dependants of a service before the user's stop or restart of it, in reverse order and
// with their own deadlines, and starts again those that restart with it.

import { dependantsAlive } from "./dependants.ts";
import type { Child } from "./service.ts";
import { stopOver } from "./waiting.ts";

interface StoppedDependants {
  /** Resolves when each of them is down, was left behind, or was started again by the user. */
  readonly over: Promise<void>;
  /**
   * Called by each verb that waited, once it has acted. With the last of them, starts those again that restart with the
   * service; they wait for it at their gates.
   */
  startAgain(): void;
}

/** Those that are under way, with the number of verbs that wait for them. */
const inProgress = new WeakMap<Child, InProgress>();

interface InProgress {
  readonly stopped: StoppedDependants;
  /** The start of its supervisor in which they were asked to stop. */
  readonly starts: number;
  waiting: number;
}

/** Stops the dependants that stop or restart with a child. Returns null if there are none. */
export function stopDependants(child: Child): StoppedDependants | null {
  const { starts } = child.parent;
  const known = inProgress.get(child);
  if (known !== undefined && known.starts === starts) {
    known.waiting++;
    return known.stopped;
  }
  if (dependantsGoing(child).length === 0) return null;
  const again = new Set<Child>();
  const over = stopAll(child, again);
  const startAgain = () => {
    if (--entry.waiting > 0) return;
    if (inProgress.get(child) === entry) inProgress.delete(child);
    if (child.parent.starts !== starts) return;
    child.tree.turns.enter(() => {
      for (const dependant of again) {
        if (dependant.phase === "grouped" && dependant.parent.isSupervising) dependant.start("dependency");
      }
    });
  };
  const entry: InProgress = { stopped: { over, startAgain }, starts, waiting: 1 };
  inProgress.set(child, entry);
  return entry.stopped;
}

/** Restarts a child after its dependants have stopped. They start again as soon as its restart has begun. */
export async function restartWithDependency(child: Child, restart: () => Promise<void>): Promise<void> {
  const stopped = stopDependants(child);
  if (stopped === null) return restart();
  await stopped.over;
  const restarted = restart();
  stopped.startAgain();
  return restarted;
}

interface Going {
  readonly dependant: Child;
  readonly again: boolean;
}

/** The dependants that stop or restart with the child, and the dependants that are being removed together with it. */
function dependantsGoing(child: Child): Going[] {
  const touched = dependantsAlive(child).map(({ dependant, onFailure }) => ({
    dependant,
    again: onFailure === "restart",
  }));
  const leaving = child.dependants
    .map(({ dependant }) => dependant)
    .filter((dependant) => dependant.isLive && dependant.parent.isLeaving(dependant));
  return [...touched, ...leaving.map((dependant) => ({ dependant, again: false }))];
}

async function stopAll(child: Child, again: Set<Child>): Promise<void> {
  const asked = new Set<Child>();
  for (;;) {
    // A chain of dependants may be longer than the stack.
    await null;
    // Others may have come up while those before them stopped.
    const going = dependantsGoing(child).filter(({ dependant }) => !asked.has(dependant));
    if (going.length === 0) return;
    for (const { dependant } of going) asked.add(dependant);
    going.sort((a, b) => b.dependant.order - a.dependant.order);
    await Promise.all(going.map((one) => stopOne(one, again)));
  }
}

async function stopOne({ dependant, again: comesBack }: Going, again: Set<Child>): Promise<void> {
  await stopAll(dependant, again);
  if (!dependant.isLive || !dependant.parent.isSupervising) return;
  if (comesBack) again.add(dependant);
  // A dependant that is being removed, or that the user stops, has already been asked to stop.
  if (!dependant.parent.isLeaving(dependant) && !dependant.isDownOrGoing) {
    dependant.tree.turns.enter(() => dependant.stopWithDependency(comesBack));
  }
  await stopOver(dependant);
}
