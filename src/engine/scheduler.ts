// The clock a tree runs on when it is given none, and the way XState's delays reach whichever clock it is.

import type { AnyActorRef } from "xstate";
import type { Clock } from "../contract/spec.ts";

/** Where the work of a timer of no delay is done. */
const settled = Promise.resolve();

/**
 * One timer of the system's clock. One of no delay, as restarts in a storm have, calls from a microtask: an error that the
 * user's code throws costs three times as much straight from a host's timer, where V8 gets its message ready for the case
 * that nobody catches it.
 */
class Timer {
  #fn: (() => void) | null;
  #cancel: () => void = () => {};

  constructor(fn: () => void, ms: number) {
    this.#fn = fn;
    if (ms <= 0 && typeof setImmediate === "function") {
      const id = setImmediate(() => settled.then(() => this.#call()));
      this.#cancel = () => clearImmediate(id);
    } else {
      const id = setTimeout(() => this.#call(), ms);
      this.#cancel = () => clearTimeout(id);
    }
  }

  #call(): void {
    this.#fn?.();
  }

  cancel(): void {
    this.#fn = null;
    this.#cancel();
  }
}

/** Real time. A delay of 0 takes one turn of the event loop, not the host's least delay of a millisecond or four. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, ms) => new Timer(fn, ms),
  clearTimeout: (timer) => (timer as Timer).cancel(),
};

interface Delay {
  readonly id: string;
  /** undefined until the turn in which it was set is over. */
  timer: unknown;
  isCancelled: boolean;
  next: Delay | undefined;
}

/** What a scheduler needs of the tree's turns. */
interface Turning {
  readonly isRunning: boolean;
  enter<T>(work: () => T): T;
}

/**
 * Gives a system of actors a scheduler of our own. Returns what to call when a turn is over, and what drops all delays, for good.
 *
 * XState's cancels an actor's delays, at every actor's stop, by a walk over those of the whole system; this one keeps
 * them by actor. It sets no timer for a delay of Infinity, nor for one that is cancelled in the turn that sets it: most
 * services are ready, or stopped, at once. Each due event is a turn of the tree.
 */
export function installScheduler(
  system: AnyActorRef["system"],
  clock: Clock,
  turns: Turning,
): { readonly endTurn: () => void; readonly dropAll: () => void } {
  const delays = new Map<AnyActorRef, Delay>();
  let unset: (() => void)[] = [];
  let isOff = false;

  /** Takes a delay out of its actor's list. */
  function forget(source: AnyActorRef, id: string): Delay | undefined {
    let previous: Delay | undefined;
    for (let delay = delays.get(source); delay !== undefined; previous = delay, delay = delay.next) {
      if (delay.id !== id) continue;
      if (previous !== undefined) previous.next = delay.next;
      else if (delay.next !== undefined) delays.set(source, delay.next);
      else delays.delete(source);
      return delay;
    }
    return undefined;
  }

  function drop(delay: Delay): void {
    delay.isCancelled = true;
    if (delay.timer !== undefined) clock.clearTimeout(delay.timer);
  }

  function cancel(source: AnyActorRef, id: string): void {
    const delay = forget(source, id);
    if (delay !== undefined) drop(delay);
  }

  let named = 0;
  system.scheduler = {
    schedule(source, target, event, ms, id = `delay.${named++}`) {
      if (isOff || ms === Number.POSITIVE_INFINITY) return;
      cancel(source, id);
      const delay: Delay = { id, timer: undefined, isCancelled: false, next: delays.get(source) };
      delays.set(source, delay);
      const fire = () => {
        forget(source, id);
        turns.enter(() => target.send(event));
      };
      const set = () => {
        if (!delay.isCancelled) delay.timer = clock.setTimeout(fire, ms);
      };
      if (turns.isRunning) unset.push(set);
      else set();
    },
    cancel,
    cancelAll(source) {
      for (let delay = delays.get(source); delay !== undefined; delay = delay.next) drop(delay);
      delays.delete(source);
    },
  };

  function endTurn(): void {
    const due = unset;
    if (due.length === 0) return;
    unset = [];
    for (const set of due) set();
  }

  function dropAll(): void {
    isOff = true;
    unset = [];
    for (const source of [...delays.keys()]) system.scheduler.cancelAll(source);
  }

  return { endTurn, dropAll };
}
