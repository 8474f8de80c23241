// What a user tells about his service, so that it can be driven along the paths of its life.

import type { ChildSpec, ServiceContext, ServiceState, Supervisor } from "../index.ts";
import type { LifecycleEvent } from "./lifecycle-model.ts";
import type { LifecyclePath } from "./lifecycle-paths.ts";
import type { SimulatedClock } from "./simulated-clock.ts";

/** The service as it is when something is to be done to it. */
export interface LifecycleSubject {
  /** Of the newest incarnation; undefined for an `actor`, and before its first start. */
  readonly ctx: ServiceContext | undefined;
  /** What its `start` resolved to last. */
  readonly value: unknown;
  readonly supervisor: Supervisor;
  /** `"lifecycle/<name>"` */
  readonly path: string;
}

/** Does something to the service; awaited. */
export type LifecycleDeed = (subject: LifecycleSubject) => unknown;

/**
 * How to make happen what a service does not do by itself. All of it is optional: what cannot be driven is reported as
 * not covered, and is no error.
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
  /** Makes the next stop, and only that one, hang. What it leaves behind is for `after` to let go. */
  readonly hangStop?: LifecycleDeed;
  /** Makes its check fail (or its heartbeats cease) until `restoreHealth`, or until it is replaced. */
  readonly breakHealth?: LifecycleDeed;
  /** Makes its check pass again. */
  readonly restoreHealth?: LifecycleDeed;

  /** Called before each path, before anything is made. */
  readonly before?: (path: LifecyclePath) => unknown;
  /** Called after each path, when its tree has stopped, before leaks are looked for. */
  readonly after?: (path: LifecyclePath) => unknown;
  /** Services to run beside it: those it depends on. Made anew for each path. */
  readonly siblings?: () => readonly ChildSpec[];
  /** Whether a path is taken. */
  readonly select?: (path: LifecyclePath) => boolean;

  /** Counts of yours that must be the same after a path as before it: `{ listeners: () => bus.listenerCount("order") }`. */
  readonly count?: Readonly<Record<string, () => number>>;
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
   * For a service that needs nothing but time: it is moved to the next timer instead of waited for.
   *
   * @default real time
   */
  readonly clock?: SimulatedClock;
}

/** What the driver lacks to make something happen in a state; null if it can be made to happen. */
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
