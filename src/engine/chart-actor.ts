// chart-actor.ts: the actor of a chart, run by the engine. From outside it is an actor as XState's are.
//
// It keeps where its chart is (a configuration) and the chart's context, which recipes change in place. A snapshot is
// made when somebody asks for one; the next recipe then works on a copy, so a snapshot that was kept does not change.
//
// Longer than other files: the interface of XState's actors and the steps of the chart work on the same private fields, in
// one object. Two objects for each actor would cost every service memory, and each event a call more.

import type { ActorRef, AnyActorRef, AnyStateMachine, EventFromLogic, SnapshotFrom, Subscription } from "xstate";
import type { Compiled, Taker } from "./compile.ts";
import type { ActorHome } from "./home.ts";
import { Observers, throwToHost, toReadable } from "./observers.ts";
import type { Delay } from "./scheduler.ts";
import type { Args } from "./step-parts.ts";
import type { Configuration } from "./steps.ts";
import { type ChartContext, toPersisted } from "./witness.ts";
import { chartMark, sendFrom, stopType } from "./xstate.ts";

type Event = { readonly type: string };
type End = { readonly status: "stopped" | "error"; readonly error: unknown };

const noDelays: readonly Delay[] = [];
const noEvents: readonly Event[] = [];

/** What others have asked an actor for. Most are never asked for anything. */
class Asked<Snapshot> {
  snapshot: Snapshot | undefined = undefined;
  /** A snapshot holds the context, so that the next recipe needs a copy. */
  isShared = false;
  observers: Observers<Snapshot> | null = null;
  sessionId: string | null = null;
}

/** No method is `#private`: V8 keeps a mark of 8 bytes in each object of a class that has one. */
export class ChartActor<Machine extends AnyStateMachine>
  implements ActorRef<SnapshotFrom<Machine>, EventFromLogic<Machine>>, Taker
{
  /** Set on the prototype, below: most hosts have no such symbol, and then it has the name that XState gives it. */
  declare readonly [Symbol.observable]: () => this;
  readonly _parent?: AnyActorRef;
  /** null: the path of its port, which is made when it is first read. */
  readonly #id: string | null;
  readonly #home: ActorHome;
  #at: Configuration;
  #context: ChartContext;
  #asked: Asked<SnapshotFrom<Machine>> | null = null;
  #delays: readonly Delay[] = noDelays;
  /** The events that have come during the present step; null outside of one. */
  #waiting: readonly Event[] | null = null;
  #end: End | null = null;

  constructor(
    chart: Compiled<Machine>,
    home: ActorHome,
    parent: AnyActorRef | undefined,
    id: string | null,
    input: object,
  ) {
    this.#home = home;
    if (parent !== undefined) this._parent = parent;
    this.#id = id;
    this.#at = chart.at(0);
    this.#context = chart.chart.config.context({ input: input as never }) as ChartContext;
    if (home.inspection.isOn) home.inspection.start(this, parent, input);
  }

  // What XState's actors are asked.

  get id(): string {
    return this.#id ?? this.#context.port.path;
  }

  get system(): AnyActorRef["system"] {
    return this.#home.system;
  }

  /** Booked when it is first read: most are never asked for. */
  get sessionId(): string {
    const asked = this.keep();
    asked.sessionId ??= this._parent === undefined ? this.#home.rootId : this.#home.nextSessionId();
    return asked.sessionId;
  }

  get systemId(): undefined {
    return undefined;
  }

  get logic(): Machine {
    return this.#at.compiled.chart.machine() as Machine;
  }

  get src(): Machine {
    return this.logic;
  }

  get ref(): this {
    return this;
  }

  get context(): ChartContext {
    return this.#context;
  }

  get [chartMark](): true {
    return true;
  }

  toJSON(): object {
    return { xstate$$type: 1, id: this.id };
  }

  getSnapshot(): SnapshotFrom<Machine> {
    const asked = this.keep();
    const snapshot = asked.snapshot ?? this.toSnapshot(asked);
    asked.snapshot = snapshot;
    return snapshot;
  }

  private toSnapshot(asked: Asked<SnapshotFrom<Machine>>): SnapshotFrom<Machine> {
    asked.isShared = true;
    const snapshot = this.#at.compiled.toSnapshot(this.#at, this.#context);
    return (this.#end === null ? snapshot : { ...snapshot, ...this.#end }) as SnapshotFrom<Machine>;
  }

  private keep(): Asked<SnapshotFrom<Machine>> {
    this.#asked ??= new Asked();
    return this.#asked;
  }

  getPersistedSnapshot(options?: unknown): ReturnType<AnyActorRef["getPersistedSnapshot"]> {
    return toPersisted(this.logic, this.getSnapshot(), options);
  }

  subscribe(...given: Parameters<Observers<SnapshotFrom<Machine>>["add"]>): Subscription {
    const asked = this.keep();
    asked.observers ??= new Observers();
    const subscription = asked.observers.add(...given);
    if (this.#end?.status === "error") asked.observers.error(this.#end.error);
    return subscription;
  }

  /** The charts emit nothing. */
  on(): Subscription {
    return { unsubscribe() {} };
  }

  select<Selected>(
    selector: (snapshot: SnapshotFrom<Machine>) => Selected,
    isEqual: (a: Selected, b: Selected) => boolean = Object.is,
  ) {
    return toReadable<SnapshotFrom<Machine>, Selected>(this, selector, isEqual);
  }

  /** It runs from the beginning. */
  start(): this {
    return this;
  }

  stop(): this {
    if (this._parent !== undefined) throw new Error("A non-root actor cannot be stopped directly.");
    this._send({ type: stopType });
    return this;
  }

  send(event: EventFromLogic<Machine>): void {
    const { inspection } = this.#home;
    if (inspection.isOn) inspection.event(this, undefined, event);
    this._send(event);
  }

  /** Takes an event that has been reported to the inspectors: XState calls it for what other actors send. */
  _send(event: Event): void {
    if (this.#waiting !== null) {
      this.#waiting = [...this.#waiting, event];
      return;
    }
    this.#waiting = noEvents;
    this.take(event);
    while (this.#waiting.length > 0) {
      const [next, ...others]: readonly Event[] = this.#waiting;
      this.#waiting = others;
      this.take(next!);
    }
    this.#waiting = null;
  }

  // What its own steps ask it.

  own(args: Args): void {
    args.isChanged = true;
    if (this.#asked === null || !this.#asked.isShared) return;
    this.#asked.isShared = false;
    this.#context = { ...this.#context };
    args.context = this.#context;
  }

  setTimer(event: Event, delayMs: number): void {
    if (delayMs === Number.POSITIVE_INFINITY) return;
    const delay = this.#home.scheduler.begin(this, this, event, delayMs);
    // Most are alone, and an array that is spread has room for seventeen.
    this.#delays = this.#delays.length === 0 ? [delay] : [...this.#delays, delay];
  }

  clearTimer(event: Event): void {
    const delay = this.#delays.find((one) => one.event === event);
    if (delay === undefined) return;
    this.#home.scheduler.end(delay);
    this.#delays = this.#delays.length === 1 ? noDelays : this.#delays.filter((one) => one !== delay);
  }

  private take(event: Event): void {
    // As in XState, an actor that has ended drops what it is sent.
    if (this.#end !== null) return;
    const host = this.#context.port;
    const { all } = host.witnesses;
    if (all !== null) for (const witness of all) witness.sent(host, event);
    try {
      if (this.step(event)) {
        if (this.#asked !== null) this.#asked.snapshot = undefined;
        host.note(this.#at.value, this.#context);
        if (all !== null) for (const witness of all) witness.stepped(host, event, this.#at.value, this.#context);
      }
    } catch (error) {
      // A chart that throws must not leave its actor in error, because every caller would wait for it for ever.
      host.failInternally(error);
    }
    this.tell(event);
  }

  /** Returns whether anything has changed. */
  private step(event: Event): boolean {
    const { type } = event;
    if (type === stopType) {
      this.#end = { status: "stopped", error: undefined };
      return true;
    }
    const args: Args = { context: this.#context, event, isChanged: false };
    const to = this.#at.compiled.advance(this.#at, args, this);
    if (to === null) return this.refuse(event);
    const isChanged = args.isChanged || to !== this.#at;
    this.#at = to;
    return isChanged;
  }

  /** As in XState, an actor ends in error when it is told of the error of another and has no transition for that. */
  private refuse(event: Event): boolean {
    if (!event.type.startsWith("xstate.error.actor")) return false;
    this.#end = { status: "error", error: (event as { error?: unknown }).error };
    return true;
  }

  /** Tells its subscribers and the inspectors that it has taken an event, in XState's order. */
  private tell(event: Event): void {
    const { inspection, scheduler } = this.#home;
    const end = this.#end;
    if (end === null) this.#asked?.observers?.next(this);
    else for (const delay of this.#delays) scheduler.end(delay);
    if (end?.status === "error") this.tellError(end.error);
    if (inspection.isOn) inspection.snapshot(this, event, this.getSnapshot());
    if (end?.status === "stopped") this.#asked?.observers?.complete();
  }

  private tellError(error: unknown): void {
    const { id, _parent: parent } = this;
    const observers = this.#asked?.observers ?? null;
    if (observers !== null) observers.error(error);
    else if (parent === undefined) throwToHost(error);
    if (parent !== undefined) sendFrom(this, parent, { type: `xstate.error.actor.${id}`, error, actorId: id });
  }
}

Object.defineProperty(ChartActor.prototype, Symbol.observable ?? "@@observable", {
  value(this: unknown) {
    return this;
  },
});
