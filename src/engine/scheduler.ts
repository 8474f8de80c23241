// scheduler.ts: sends the delayed events of a system of actors, by the clock of the tree.
//
// XState's own scheduler, when an actor stops, walks over the delays of the whole system. Here a chart's actor keeps its
// own delays, and those of other actors are kept by actor. No timer is set for a delay of Infinity. A timer is set only
// at the end of a turn, and none for a delay that was cancelled before that: most services are ready, or stopped, at
// once. Each due event is a turn of the tree.

import type { AnyActorRef, AnyEventObject } from "xstate";
import type { Clock } from "../contract/spec.ts";
import { sendFrom } from "./xstate.ts";

/** The part of the tree's turns that a scheduler needs. */
export interface Turning {
  readonly isRunning: boolean;
  enter<T>(work: () => T): T;
  inContext(work: () => void): void;
}

/** An event that is to be sent later. */
export class Delay {
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: AnyEventObject;
  readonly ms: number;
  /** undefined until the end of the turn that scheduled the delay. */
  timer: unknown = undefined;
  isOver = false;

  constructor(source: AnyActorRef, target: AnyActorRef, event: AnyEventObject, ms: number) {
    this.source = source;
    this.target = target;
    this.event = event;
    this.ms = ms;
  }
}

const noDelays: Delay[] = [];

type XStateScheduler = AnyActorRef["system"]["scheduler"];

export class Scheduler implements XStateScheduler {
  readonly #clock: Clock;
  readonly #turns: Turning;
  /** The delays of the actors that XState runs, by their ids. */
  readonly #ofActors = new Map<AnyActorRef, Map<string, Delay>>();
  /** The delays of this turn, whose timers are not set yet. */
  #unset = noDelays;
  /** The delays whose timers are set. */
  readonly #pending = new Set<Delay>();
  #isOff = false;
  #named = 0;

  constructor(clock: Clock, turns: Turning) {
    this.#clock = clock;
    this.#turns = turns;
  }

  // For all: an actor keeps the delay that it has begun, to end it.

  begin(source: AnyActorRef, target: AnyActorRef, event: AnyEventObject, ms: number): Delay {
    const delay = new Delay(source, target, event, ms);
    if (this.#isOff || ms === Number.POSITIVE_INFINITY) delay.isOver = true;
    else if (!this.#turns.isRunning) this.#set(delay);
    // Most are alone, and an array that grows has room for seventeen.
    else if (this.#unset === noDelays) this.#unset = [delay];
    else this.#unset.push(delay);
    return delay;
  }

  end(delay: Delay): void {
    delay.isOver = true;
    if (delay.timer === undefined) return;
    this.#pending.delete(delay);
    this.#clock.clearTimeout(delay.timer);
    delay.timer = undefined;
  }

  // For the actors that XState runs.

  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: AnyEventObject,
    ms: number,
    id = `delay.${this.#named++}`,
  ): void {
    this.cancel(source, id);
    const delays = this.#ofActors.get(source) ?? new Map<string, Delay>();
    this.#ofActors.set(source, delays.set(id, this.begin(source, target, event, ms)));
  }

  cancel(source: AnyActorRef, id: string): void {
    const delay = this.#ofActors.get(source)?.get(id);
    if (delay !== undefined) this.end(delay);
  }

  cancelAll(source: AnyActorRef): void {
    for (const delay of this.#ofActors.get(source)?.values() ?? []) this.end(delay);
    this.#ofActors.delete(source);
  }

  // The turns, and the end.

  /** Sets the timers of a turn that is over. */
  readonly endTurn = (): void => {
    const due = this.#unset;
    if (due === noDelays) return;
    this.#unset = noDelays;
    for (const delay of due) if (!delay.isOver) this.#set(delay);
  };

  /** Drops all delays, for good. */
  readonly dropAll = (): void => {
    this.#isOff = true;
    this.#unset = noDelays;
    for (const delay of [...this.#pending]) this.end(delay);
  };

  #set(delay: Delay): void {
    delay.timer = this.#clock.setTimeout(() => this.#fire(delay), delay.ms);
    this.#pending.add(delay);
  }

  #fire(delay: Delay): void {
    const { source, target, event } = delay;
    this.#pending.delete(delay);
    delay.isOver = true;
    delay.timer = undefined;
    const turn = () =>
      this.#turns.enter(() => (source === target ? target.send(event) : sendFrom(source, target, event)));
    // An actor of the user's may have set it while it took an event from outside, in the context of whoever sent that.
    if (this.#ofActors.has(source)) this.#turns.inContext(turn);
    else turn();
  }
}
