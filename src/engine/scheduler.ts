// scheduler.ts: the default clock of a tree, and a scheduler that sends XState's delayed events by the tree's clock.

import type { AnyActorRef } from "xstate";
import type { Clock } from "../contract/spec.ts";
import { sendFrom } from "./xstate.ts";

/** A timer without delay runs its work in a microtask of this promise. */
const settled = Promise.resolve();

/**
 * One timer of the system's clock. A timer without delay, as in a storm of restarts, calls back from a microtask: an
 * error that the user's code throws straight from a host's timer costs three times as much, because V8 prepares its
 * message in case it stays uncaught.
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

/** Real time. A delay of 0 takes one turn of the event loop, not the one to four milliseconds of setTimeout. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, ms) => new Timer(fn, ms),
  clearTimeout: (timer) => (timer as Timer).cancel(),
};

interface Delay {
  readonly id: string;
  /** undefined until the end of the turn that scheduled the delay. */
  timer: unknown;
  isCancelled: boolean;
  next: Delay | undefined;
}

/** The part of the tree's turns that a scheduler needs. */
interface Turning {
  readonly isRunning: boolean;
  enter<T>(work: () => T): T;
}

/**
 * Replaces the scheduler of a system of actors. Returns `endTurn`, to call when a turn is over, and `dropAll`, which
 * drops all delays for good.
 *
 * XState's own scheduler, when an actor stops, walks over the delays of the whole system; this one keeps them by actor.
 * It sets no timer for a delay of Infinity. It sets a timer only at the end of a turn, and none for a delay that was
 * cancelled before that: most services are ready, or stopped, at once. Each due event is a turn of the tree.
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
        turns.enter(() => (source === target ? target.send(event) : sendFrom(system, source, target, event)));
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
