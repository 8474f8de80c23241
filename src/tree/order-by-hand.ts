// order-by-hand.ts: stops the dependants of a service before the user's stop or restart of it, in reverse order and
// with their own deadlines, and starts again those that restart with it.

import { dependantsAlive } from "./dependants.ts";
import type { Child } from "./service.ts";
import { stopOver } from "./waiting.ts";

/** Dependants that stop before a verb acts. The verbs that come meanwhile share one. */
class StoppedDependants {
  /** The start of the supervisor in which they were asked to stop. */
  readonly starts: number;
  readonly #child: Child;
  /** What starts again, with the start of its supervisor in which it was stopped: the next one brings it back by itself. */
  readonly #again = new Map<Child, number>();
  #waiting = 0;
  #asked: Promise<unknown> = Promise.resolve();
  /** One for all verbs that wait, so that they act in the order in which they were called. */
  #pending: Promise<void> | null = null;

  constructor(child: Child) {
    this.#child = child;
    this.starts = child.parent.starts;
  }

  /** Counts one more verb that waits. */
  join(): void {
    this.#waiting++;
    this.ask();
  }

  /** Asks all of them to stop, also those that the user has started since they were last asked. */
  ask(): void {
    this.#asked = Promise.all([this.#asked, stopAll(this.#child, this.#again)]);
    this.#pending ??= this.#untilOver();
  }

  /** Resolves when each of them is down, was left behind, or was started by the user after the last verb. */
  async over(): Promise<void> {
    while (this.#pending !== null) await this.#pending;
  }

  async #untilOver(): Promise<void> {
    let asked: unknown;
    do {
      asked = this.#asked;
      await asked;
    } while (asked !== this.#asked);
    this.#pending = null;
  }

  /**
   * Called by each verb that waited, once it has acted. With the last of them, starts those again that restart with the
   * service; they wait for it at their gates.
   */
  startAgain(): void {
    if (--this.#waiting > 0) return;
    const current = inProgress.get(this.#child);
    if (current === this) inProgress.delete(this.#child);
    // A verb after a restart of the supervisor waits for the same dependants.
    else if (current !== undefined) return current.#takeOver(this.#again);
    this.#child.tree.turns.enter(() => {
      for (const [dependant, starts] of this.#again) {
        const { phase, parent } = dependant;
        if (phase === "grouped" && parent.isSupervising && parent.starts === starts) dependant.start("dependency");
      }
    });
  }

  #takeOver(again: ReadonlyMap<Child, number>): void {
    for (const [dependant, starts] of again) if (!this.#again.has(dependant)) this.#again.set(dependant, starts);
  }
}

/** The stops of dependants that are under way, by the child that they stop for. */
const inProgress = new WeakMap<Child, StoppedDependants>();

/** Stops the dependants that stop or restart with a child. Returns null if there are none. */
export function stopDependants(child: Child): StoppedDependants | null {
  let stopped = dependantsInProgress(child);
  if (stopped === undefined) {
    if (dependantsGoing(child).length === 0) return null;
    stopped = new StoppedDependants(child);
    inProgress.set(child, stopped);
  }
  stopped.join();
  return stopped;
}

/** For a verb that shares the promise of one before it: what the user has started in between stops, too. */
export function askDependantsAgain(child: Child): void {
  dependantsInProgress(child)?.ask();
}

function dependantsInProgress(child: Child): StoppedDependants | undefined {
  const stopped = inProgress.get(child);
  return stopped?.starts === child.parent.starts ? stopped : undefined;
}

/** Restarts a child after its dependants have stopped. They start again as soon as its restart has begun. */
export async function restartWithDependency(child: Child, restart: () => Promise<void>): Promise<void> {
  const stopped = stopDependants(child);
  if (stopped === null) return restart();
  await stopped.over();
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

async function stopAll(child: Child, again: Map<Child, number>): Promise<void> {
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

/** Asks one of them in its turn: after what the user asked of it before, and before what the user asks of it later. */
async function stopOne({ dependant, again: comesBack }: Going, again: Map<Child, number>): Promise<void> {
  const stopped = stopDependants(dependant);
  if (stopped !== null) await stopped.over();
  const { isLive, parent, tree } = dependant;
  const isMeant = isLive && parent.isSupervising;
  if (isMeant && comesBack) again.set(dependant, parent.starts);
  // A dependant that is being removed, or that the user stops, has already been asked to stop.
  const isAsked = parent.isLeaving(dependant) || dependant.isDownOrGoing;
  if (isMeant && !isAsked) tree.turns.enter(() => dependant.stopWithDependency(comesBack));
  stopped?.startAgain();
  if (isMeant) await stopOver(dependant);
}
