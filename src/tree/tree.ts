// tree.ts: the things that all parts of one tree share: clock, random source, turns, updates, logger.

import type { InspectionEvent } from "xstate";
import type { WholeTree } from "../contract/director.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { Clock, Logger } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { textOf } from "../contract/wording.ts";
import { captureAsyncContext } from "../engine/async-context.ts";
import { Charts } from "../engine/charts.ts";
import { withLongDelays } from "../engine/long-delays.ts";
import { Turns } from "../engine/turns.ts";
import { Witnesses } from "../engine/witness.ts";
import { LogWatchers } from "./log-watch.ts";
import { Updates } from "./outbox.ts";
import { Rush } from "./rush.ts";
import type { Scope, Scoped } from "./scope.ts";

export interface TreeOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** If it is given, XState's own interpreter runs the charts. */
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
}

/** How many kinds of stray events are remembered, so that each is logged once. */
const mostStrayEvents = 1_000;

export class Tree implements Scoped {
  readonly clock: Clock;
  readonly #random: () => number;
  readonly logger: Logger;
  readonly updates: Updates;
  readonly turns: Turns;
  readonly charts: Charts;
  readonly witnesses = new Witnesses();
  readonly logs = new LogWatchers();
  readonly rush: Rush;
  #stopReason: Error | undefined;
  #scope: Scope | null = null;
  readonly #strayEvents = new Set<string>();
  readonly #context = captureAsyncContext();
  /** The error of the library itself, if it has failed inside. */
  internalError: SupervisorError | null = null;
  /** The handle of this tree. */
  handle: WholeTree | null = null;
  readonly #waiting = new Set<(error: SupervisorError) => void>();

  constructor({ clock, random, logger, inspect }: TreeOptions) {
    this.clock = withLongDelays(clock);
    this.rush = new Rush(this.clock);
    this.#random = random;
    this.logger = harmless(logger);
    this.updates = new Updates(
      () => clock.now(),
      (error, update) => this.logger.error({ err: error, path: update.path, update: update.type }, "a listener failed"),
    );
    this.turns = new Turns(this.updates.publish, (error) => this.failInternally(error));
    this.turns.inContext = this.inContext;
    this.charts = new Charts({
      clock: this.clock,
      turns: this.turns,
      inspect: inspect && guarded(inspect, this.logger),
      onStray: (source, target, event) => this.#reportStrayEvent(source.id, target.id, event.type),
      onUnfamiliar: () =>
        this.logger.warn(
          {},
          "this version of xstate is not one that the engine knows, so xstate itself runs the charts, more slowly",
        ),
    });
    this.turns.onEnd = this.charts.scheduler.endTurn;
    this.onInternalError(this.charts.scheduler.dropAll);
    this.onInternalError(this.updates.end);
  }

  get scope(): Scope | null {
    return this.#scope;
  }

  set scope(scope: Scope | null) {
    this.#scope = scope;
    this.turns.outside = scope && ((work) => scope.outside(work));
  }

  /**
   * Does work in the async context of the tree's creator. Each way in from the user's code goes through here; timers and
   * promises of the tree carry that context along by themselves.
   */
  inContext = <T>(work: () => T): T => (this.#context === null ? work() : this.#context(work));

  /** Ends the run, and every wait, because the library itself has failed. */
  failInternally(cause: unknown): void {
    this.logger.error({ err: cause }, "statevisor failed inside; the run is over. Please report it");
    if (this.internalError !== null) return;
    const message = `statevisor failed inside: ${textOf(toError(cause))}; the run is over. Please report it`;
    this.internalError = new SupervisorError("ERR_INTERNAL", message, { cause });
    for (const waiting of [...this.#waiting]) waiting(this.internalError);
  }

  /** Logs, once for each actor and type of event, that an actor of the user's has sent something to a chart. */
  #reportStrayEvent(from: string, to: string, type: string): void {
    const key = `${from} ${type}`;
    if (this.#strayEvents.has(key) || this.#strayEvents.size >= mostStrayEvents) return;
    this.#strayEvents.add(key);
    this.logger.warn({ from, to, type }, "an actor sent its parent an event, which a supervised service ignores");
  }

  /** Calls back at an internal error. Returns the remover. */
  onInternalError(waiting: (error: SupervisorError) => void): () => void {
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** A number of [0, 1). If the source throws or returns another value: 0.5, which means no jitter. */
  drawChance(): number {
    try {
      const chance = this.#random();
      if (chance >= 0 && chance < 1) return chance;
      this.logger.error({ given: chance }, "random must return a number of [0, 1)");
    } catch (error) {
      this.logger.error({ err: error }, "random failed");
    }
    return 0.5;
  }

  /** The reason of every abort signal. One for the whole tree: making one costs more than the stop of a service. */
  get stopReason(): Error {
    this.#stopReason ??= new DOMException("the service was asked to stop", "AbortError");
    return this.#stopReason;
  }
}

export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};

/** Wraps the user's inspector and logs its errors, because XState would end an actor whose inspector throws. */
function guarded(inspect: (event: InspectionEvent) => void, logger: Logger): (event: InspectionEvent) => void {
  const failed = (error: unknown) => logger.error({ err: error }, "the inspector failed");
  return (event) => {
    try {
      const answer: unknown = inspect(event);
      if (isThenable(answer)) Promise.resolve(answer).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** Wraps the user's logger so that its errors have no effect on the tree. */
function harmless(logger: Logger): Logger {
  if (logger === silent) return silent;
  const guarded =
    (level: "debug" | "info" | "warn" | "error") =>
    (data: object, message: string): void => {
      try {
        const answer: unknown = logger[level](data, message);
        if (isThenable(answer)) Promise.resolve(answer).catch(() => {});
      } catch {
        // An error of the logger cannot be logged.
      }
    };
  return {
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
    child(bindings) {
      try {
        return harmless(logger.child(bindings));
      } catch {
        return silent;
      }
    },
  };
}
