// The driver of a service: how a user's test makes it do what it does not do by itself.

import type { ChildSpec, ServiceContext, ServiceState, Supervisor } from "../index.ts";
import type { WatchedEmitter } from "./leaks.ts";
import type { LifecycleEvent } from "./lifecycle-model.ts";
import type { LifecyclePath } from "./lifecycle-paths.ts";
import type { SimulatedClock } from "./simulated-clock.ts";

/** What a member of the driver is given: the service and its surroundings at that moment. */
export interface LifecycleSubject {
  /** The context of the newest incarnation; undefined for an `actor`, and before the first start. */
  readonly ctx: ServiceContext | undefined;
  /** The value that its last `start` resolved to. */
  readonly value: unknown;
  readonly supervisor: Supervisor;
  /** `"lifecycle/<name>"` */
  readonly path: string;
}

/** Does something to the service. It is awaited. */
export type LifecycleDeed = (subject: LifecycleSubject) => unknown;

/**
 * How to make happen what a service does not do by itself. Every member is optional: what cannot be driven is reported
 * as not covered, which is not an error.
 */
export interface LifecycleDriver {
  /**
   * Makes the incarnation that is up fail, as it would in earnest: kill its thread, break its connection.
   *
   * @default calls its `ctx.fail` (not for an `actor`)
   */
  readonly crash?: LifecycleDeed;
  /** Makes the incarnation that is up return by itself: for `run` and `actor`. */
  readonly complete?: LifecycleDeed;
  /**
   * Makes the next start fail, and only that one.
   *
   * @default calls its `ctx.fail` while it starts (not for an `actor`)
   */
  readonly failStart?: LifecycleDeed;
  /** Makes the next start, and only that one, hang until it is asked to stop. */
  readonly hangStart?: LifecycleDeed;
  /** Makes the next stop, and only that one, end with an error. */
  readonly failStop?: LifecycleDeed;
  /** Makes the next stop, and only that one, hang. `after` must release what it leaves behind. */
  readonly hangStop?: LifecycleDeed;
  /** Makes its check fail (or its heartbeats cease) until `restoreHealth`, or until it is replaced. */
  readonly breakHealth?: LifecycleDeed;
  /** Makes its check pass again. */
  readonly restoreHealth?: LifecycleDeed;

  /**
   * Traffic while it runs: called once on each path, the first time that the service is up and healthy. What it throws is
   * a finding: a service that says it is ready, and does not serve. A function that it returns ends the traffic, and is
   * called when the tree has stopped: so a stop can be tested with a client that stays connected.
   */
  readonly exercise?: LifecycleDeed;

  /** Called before each path, before anything is made. */
  readonly before?: (path: LifecyclePath) => unknown;
  /** Called after each path, when its tree has stopped, before the search for leaks. */
  readonly after?: (path: LifecyclePath) => unknown;
  /** The services that it depends on, made anew for each path. */
  readonly siblings?: () => readonly ChildSpec[];
  /** Whether a path is taken. */
  readonly select?: (path: LifecyclePath) => boolean;

  /** Counts of yours that must be the same after a path as before it: `{ listeners: () => bus.listenerCount("order") }`. */
  readonly count?: Readonly<Record<string, () => number>>;
  /** Emitters whose listeners must be as many after a path as before it, by name; those of `process` always. */
  readonly watch?: Readonly<Record<string, WatchedEmitter>>;
  /**
   * How long one step may take, in milliseconds.
   *
   * @default 10_000
   */
  readonly patienceMs?: number;
  /**
   * How long after a stop what was open may take to close, in milliseconds, before it counts as leaked.
   *
   * @default 1_000
   */
  readonly graceMs?: number;
  /**
   * How long after a stop something may be open without a word, in milliseconds. What is still open then and closes within
   * `graceMs` is a finding, too: the stop had resolved before its work was over.
   *
   * @default 250
   */
  readonly quietMs?: number;
  /**
   * A simulated clock for a service that needs nothing but time: it moves to the next timer instead of waiting.
   *
   * @default real time
   */
  readonly clock?: SimulatedClock;
}

/** The member that the driver lacks to make an event happen in a state; null if it can. */
export function lackOf(
  driver: LifecycleDriver,
  event: LifecycleEvent,
  state: ServiceState,
  isActor: boolean,
): keyof LifecycleDriver | null {
  const needs = (hook: keyof LifecycleDriver) => (driver[hook] === undefined ? hook : null);
  switch (event) {
    case "complete":
      return needs("complete");
    case "fail":
      if (state === "stopping") return needs("failStop");
      if (!isActor) return null;
      return needs(state === "starting" ? "failStart" : "crash");
    case "start-timeout":
      return needs("hangStart");
    case "stop-timeout":
      return needs("hangStop");
    case "unhealthy":
      return needs("breakHealth") ?? needs("restoreHealth");
    case "dead":
      return needs("breakHealth");
    default:
      return null;
  }
}
