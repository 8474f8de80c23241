// The clock a tree runs on when it is given none, and the way XState's delays reach whichever clock it is.

import type { AnyActorRef } from "xstate";
import type { Clock } from "../spec.ts";

/** The longest delay that a host's setTimeout takes; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

interface Timer {
  cancel: () => void;
}

/** Real time. A delay of 0 takes one turn of the event loop, not the host's least delay of a millisecond or four. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(fn, ms) {
    const timer: Timer = { cancel: () => {} };
    if (ms <= 0 && typeof setImmediate === "function") {
      const id = setImmediate(fn);
      timer.cancel = () => clearImmediate(id);
    } else if (ms > longestDelayMs) {
      const id = setTimeout(() => {
        const rest = systemClock.setTimeout(fn, ms - longestDelayMs) as Timer;
        timer.cancel = rest.cancel;
      }, longestDelayMs);
      timer.cancel = () => clearTimeout(id);
    } else {
      const id = setTimeout(fn, ms);
      timer.cancel = () => clearTimeout(id);
    }
    return timer;
  },
  clearTimeout: (timer) => (timer as Timer).cancel(),
};

/**
 * Gives a system of actors a scheduler of our own.
 *
 * XState's cancels an actor's delays, at every actor's stop, by a walk over those of the whole system; this one keeps
 * them by actor. It sets no timer for a delay of Infinity, and runs each due event as a turn of the tree.
 */
export function installScheduler(system: AnyActorRef["system"], clock: Clock, turn: (work: () => void) => void): void {
  const timers = new Map<AnyActorRef, Map<string, unknown>>();

  function forget(source: AnyActorRef, id: string): unknown {
    const own = timers.get(source);
    const timer = own?.get(id);
    own?.delete(id);
    if (own?.size === 0) timers.delete(source);
    return timer;
  }

  function cancel(source: AnyActorRef, id: string): void {
    const timer = forget(source, id);
    if (timer !== undefined) clock.clearTimeout(timer);
  }

  let named = 0;
  system.scheduler = {
    schedule(source, target, event, delay, id = `delay.${named++}`) {
      if (delay === Number.POSITIVE_INFINITY) return;
      cancel(source, id);
      const timer = clock.setTimeout(() => {
        forget(source, id);
        turn(() => target.send(event));
      }, delay);
      const own = timers.get(source);
      if (own) own.set(id, timer);
      else timers.set(source, new Map([[id, timer]]));
    },
    cancel,
    cancelAll(source) {
      for (const timer of timers.get(source)?.values() ?? []) clock.clearTimeout(timer);
      timers.delete(source);
    },
  };
}
