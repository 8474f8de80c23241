// The ways to run a chart: by XState's pure transitions, as XState's actor, and by the engine; and what of each is
// compared.

import {
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  initialTransition,
  transition,
} from "xstate";
import { toStatechart } from "../../machines/statechart.ts";
import { Charts, type RunnableChart } from "../../src/engine/charts.ts";
import { Scheduler } from "../../src/engine/scheduler.ts";

export type Event = { readonly type: string };

/** Every timer that is set fires. */
export const passing: Event = { type: "time passes" };

/** What a chart does to the world, and what it looks like after its events. */
export interface Run {
  /** The calls of its port, with their arguments, and what its subscribers and inspectors heard, in order. */
  readonly log: readonly string[];
  /** The delays that are set. */
  readonly delays: readonly number[];
  readonly snapshot: AnyMachineSnapshot;
  /** null for the pure transitions. */
  readonly actor: AnyActorRef | null;
}

export type Runner = (rule: unknown, events: readonly Event[]) => Run;

/** A clock whose timers fire when the test says so. */
function createManualClock() {
  const timers: { fn: () => void; ms: number }[] = [];
  return {
    now: () => 0,
    setTimeout: (fn: () => void, ms: number) => timers[timers.push({ fn, ms }) - 1],
    clearTimeout: (timer: unknown) => timers.splice(timers.indexOf(timer as (typeof timers)[number]), 1),
    fireAll: () => {
      for (const { fn } of timers.splice(0)) fn();
    },
    delays: () => timers.map(({ ms }) => ms),
  };
}

/** A port that logs every call of its chart. */
function createPort(log: string[]): object {
  const host: Record<string, unknown> = {
    path: "app/a",
    role: "service",
    witnesses: { all: null },
    note: () => {},
    failInternally: (error: unknown) => {
      throw error;
    },
    toJSON: () => "port",
    readClocks: () => ({ now: 0, wall: 0 }),
  };
  return new Proxy(host, {
    get: (_, name: string) => host[name] ?? ((...args: unknown[]) => log.push(`${name} ${JSON.stringify(args)}`)),
  });
}

/** An action that a pure transition returns: one of the chart's, or XState's own for a delay. */
interface PureAction {
  readonly type: string;
  readonly info: unknown;
  readonly exec?: (info: unknown, params: unknown) => void;
  readonly params?: { readonly id?: string; readonly sendId?: string; readonly delay?: number; readonly event?: Event };
}

interface Timer {
  readonly ms: number;
  readonly type: string;
}

/** A chart run by XState's own `initialTransition` and `transition`, one event after another; the test keeps the timers. */
export class PureRun implements Run {
  readonly snapshot: AnyMachineSnapshot;
  readonly log: readonly string[];
  readonly #timers: ReadonlyMap<string, Timer>;
  readonly #machine: AnyStateMachine;
  /** What the port is told now. */
  readonly #told: string[];

  private constructor(
    machine: AnyStateMachine,
    snapshot: AnyMachineSnapshot,
    told: string[],
    log: readonly string[] = [],
    timers: ReadonlyMap<string, Timer> = new Map(),
  ) {
    this.#machine = machine;
    this.snapshot = snapshot;
    this.#told = told;
    this.log = log;
    this.#timers = timers;
  }

  static of(machine: AnyStateMachine, rule: unknown): PureRun {
    const told: string[] = [];
    return new PureRun(machine, initialTransition(machine, { rule, port: createPort(told) })[0], told);
  }

  get actor(): null {
    return null;
  }

  get delays(): number[] {
    return [...this.#timers.values()].map(({ ms }) => ms);
  }

  after(event: Event): PureRun {
    if (event !== passing) return this.#take(event, new Map(this.#timers));
    const due = [...this.#timers.values()];
    const timers = new Map<string, Timer>();
    return due.reduce((run: PureRun, { type }) => run.#take({ type }, timers), this);
  }

  #take(event: Event, timers: Map<string, Timer>): PureRun {
    const [snapshot, actions] = transition(this.#machine, this.snapshot, event);
    for (const { type, exec, info, params } of actions as unknown as readonly PureAction[]) {
      const { id = "", sendId = "", delay = 0, event: later } = params ?? {};
      if (type === "xstate.cancel") timers.delete(sendId);
      else if (type !== "xstate.raise") exec?.(info, params);
      else if (delay !== Number.POSITIVE_INFINITY) timers.set(id, { ms: delay, type: later!.type });
    }
    const told = this.#told.splice(0);
    return new PureRun(this.#machine, snapshot, this.#told, [...this.log, ...told], timers);
  }
}

/** Sends the events to an actor. A chart is `watched` by a subscriber and an inspector, or by nobody. */
function drive(
  start: (clock: ReturnType<typeof createManualClock>, input: object) => AnyActorRef,
  rule: unknown,
  events: readonly Event[],
  isWatched: boolean,
): Run {
  const log: string[] = [];
  const clock = createManualClock();
  const actor = start(clock, { rule, port: createPort(log) });
  if (isWatched) {
    actor.system.inspect((seen) => {
      if (seen.type === "@xstate.event") log.push(`sent ${seen.event.type}`);
      if (seen.type === "@xstate.snapshot") log.push(`took ${seen.event.type} in status ${seen.snapshot.status}`);
    });
    actor.subscribe({
      next: ({ value }) => void log.push(`is ${JSON.stringify(value)}`),
      error: () => void log.push("error"),
      complete: () => void log.push("complete"),
    });
  }
  for (const event of events) event === passing ? clock.fireAll() : actor.send(event);
  return { log, delays: clock.delays(), snapshot: actor.getSnapshot(), actor };
}

const turns = { isRunning: false, enter: <T>(work: () => T): T => work(), inContext: (work: () => void) => work() };

export function runActor(machine: AnyStateMachine, isWatched = true): Runner {
  const start = (clock: ReturnType<typeof createManualClock>, input: object) => {
    const actor = createActor(machine, { id: "chart", input, clock } as never);
    actor.system.scheduler = new Scheduler(clock, turns);
    return actor.start();
  };
  return (rule, events) => drive(start, rule, events, isWatched);
}

export function runEngine<Machine extends AnyStateMachine>(chart: RunnableChart<Machine>, isWatched = true): Runner {
  const start = (clock: ReturnType<typeof createManualClock>, input: object) => {
    const options = { clock, turns, inspect: undefined, onStray: () => {}, onUnfamiliar: () => {} };
    return new Charts(options).startRoot(chart, "chart", input) as AnyActorRef;
  };
  return (rule, events) => drive(start, rule, events, isWatched);
}

/** The calls of the port alone. */
function toldBy({ log }: Run): string[] {
  return log.filter((line) => !/^(sent|took|is|error|complete)\b/.test(line));
}

/** What decides what comes next. */
export function briefOf(run: Run) {
  const { value, context, status } = run.snapshot;
  return { value, context: { ...context, port: "port" }, status, told: toldBy(run), delays: run.delays };
}

/** The paths of the states of a chart. */
export const pathsOf = (machine: AnyStateMachine): string[] =>
  toStatechart(machine)
    .states.map(({ path }) => path)
    .filter((path) => path !== "");

/** All that a snapshot tells. `paths`: those of the states of its chart. */
export function viewOf(
  { snapshot }: Run,
  machine: AnyStateMachine,
  paths: readonly string[],
  events: readonly Event[],
) {
  const { value, context, status, output, error, tags, children, historyValue } = snapshot;
  return {
    fields: Object.keys(snapshot),
    value,
    context: { ...context, port: "port" },
    status,
    output,
    error,
    tags: [...tags],
    children,
    historyValue,
    isOfMachine: snapshot.machine === machine,
    matches: paths.filter((path) => snapshot.matches(path as never)),
    can: events.filter((event) => snapshot.can(event)),
    isTagged: snapshot.hasTag("any"),
    meta: snapshot.getMeta(),
    json: JSON.stringify(snapshot),
  };
}

/** What an actor tells of itself, beside its snapshot. */
export function faceOf(actor: AnyActorRef) {
  const { id, src, systemId, ref, logic } = actor as AnyActorRef & Record<"systemId" | "ref" | "logic", unknown>;
  const persisted = JSON.stringify(actor.getPersistedSnapshot());
  return { id, src, logic, systemId, isItsRef: ref === actor, json: actor.toJSON?.(), persisted };
}
