// scheduler.ts: sends the delayed events of a system of actors, by the clock of the tree.
//
// XState's own scheduler, when an actor stops, walks over the delays of the whole system; this one keeps them by actor.
// It sets no timer for a delay of Infinity. It sets a timer only at the end of a turn, and none for a delay that was
// cancelled before that: most services are ready, or stopped, at once. Each due event is a turn of the tree.

import type { AnyActorRef, AnyEventObject } from "xstate";
import type { Clock } from "../contract/spec.ts";
import { sendFrom } from "./xstate.ts";

/** An event that is to be sent later. */
class Delay {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: AnyEventObject;
  readonly ms: number;
  readonly id: string;
  /** undefined until the end of the turn that scheduled the delay. */
  timer: unknown = undefined;
  isCancelled = false;
  /** The next delay of the same source. */
  next: Delay | undefined;

  constructor(
    source: AnyActorRef,
    target: AnyActorRef,
    event: AnyEventObject,
    ms: number,
    id: string,
    next: Delay | undefined,
  ) {
    this.source = source;
    this.target = target;
    this.event = event;
    this.ms = ms;
    this.id = id;
    this.next = next;
  }
}

/** The part of the tree's turns that a scheduler needs. */
export interface Turning {
  readonly isRunning: boolean;
  enter<T>(work: () => T): T;
}

type XStateScheduler = AnyActorRef["system"]["scheduler"];

export class Scheduler implements XStateScheduler {
  readonly #clock: Clock;
  readonly #turns: Turning;
  /** The first delay of each actor that has any. */
  readonly #first = new Map<AnyActorRef, Delay>();
  /** The delays of this turn, whose timers are not set yet. */
  #unset: Delay[] = [];
  #isOff = false;
  #named = 0;

  constructor(clock: Clock, turns: Turning) {
    this.#clock = clock;
    this.#turns = turns;
  }

  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: AnyEventObject,
    ms: number,
    id = `delay.${this.#named++}`,
  ): void {
    if (this.#isOff || ms === Number.POSITIVE_INFINITY) return;
    this.cancel(source, id);
    const delay = new Delay(source, target, event, ms, id, this.#first.get(source));
    this.#first.set(source, delay);
    if (this.#turns.isRunning) this.#unset.push(delay);
    else this.#set(delay);
  }

  cancel(source: AnyActorRef, id: string): void {
    const delay = this.#forget(source, id);
    if (delay !== undefined) this.#drop(delay);
  }

  cancelAll(source: AnyActorRef): void {
    for (let delay = this.#first.get(source); delay !== undefined; delay = delay.next) this.#drop(delay);
    this.#first.delete(source);
  }

  /** Sets the timers of a turn that is over. */
  readonly endTurn = (): void => {
    const due = this.#unset;
    if (due.length === 0) return;
    this.#unset = [];
    for (const delay of due) this.#set(delay);
  };

  /** Drops all delays, for good. */
  readonly dropAll = (): void => {
    this.#isOff = true;
    this.#unset = [];
    for (const source of [...this.#first.keys()]) this.cancelAll(source);
  };

  #set(delay: Delay): void {
    if (!delay.isCancelled) delay.timer = this.#clock.setTimeout(() => this.#fire(delay), delay.ms);
  }

  #fire({ source, target, event, id }: Delay): void {
    this.#forget(source, id);
    this.#turns.enter(() => (source === target ? target.send(event) : sendFrom(source, target, event)));
  }

  #drop(delay: Delay): void {
    delay.isCancelled = true;
    if (delay.timer !== undefined) this.#clock.clearTimeout(delay.timer);
  }

  /** Takes a delay out of the list of its actor. */
  #forget(source: AnyActorRef, id: string): Delay | undefined {
    let previous: Delay | undefined;
    for (let delay = this.#first.get(source); delay !== undefined; previous = delay, delay = delay.next) {
      if (delay.id !== id) continue;
      if (previous !== undefined) previous.next = delay.next;
      else if (delay.next !== undefined) this.#first.set(source, delay.next);
      else this.#first.delete(source);
      return delay;
    }
    return undefined;
  }
}
