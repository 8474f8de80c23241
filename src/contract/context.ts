// context.ts: what the code of a service is given, and the logger and the clock that a user can give a tree.

import type { Lease } from "./lease.ts";
import type { ServiceSpec } from "./spec.ts";

/** The argument of the code of one incarnation. Its members may be destructured. */
export interface ServiceContext<Value = unknown> {
  readonly name: string;
  /** `"my-app/web/api"` */
  readonly path: string;
  /** 1 for the first start, then 2, 3, … */
  readonly incarnation: number;
  /** Aborted when this incarnation is asked to stop. */
  readonly signal: AbortSignal;
  /**
   * Aborted when `stopTimeoutMs` has passed, or `stop({ timeoutMs })`: for code that can end by force what it began,
   * such as a process. Code that looks at it is given 2 seconds more, and only then reported as `unstopped`; when it
   * ends within them it has stopped like any other.
   */
  readonly forceSignal: AbortSignal;
  /**
   * Reports that the service is up; only with `readyOn: "signal"`. The first call counts. `value` is given to the
   * dependants and probes of a `run`, as the result of a `start` is (the value of an actor is the actor).
   */
  ready(value?: Value): void;
  /** Feeds the watchdog. */
  heartbeat(): void;
  /** Resolves after so many milliseconds on the clock of the tree; rejects with `signal.reason` on a stop. */
  sleep(ms: number): Promise<void>;
  /** The clock of the tree, in milliseconds. */
  now(): number;
  /** Ends this incarnation as failed: for errors in callbacks. The first one counts. `cause` is reported with it. */
  fail(error: unknown, cause?: "error" | "memory"): void;
  /**
   * The live value of a declared dependency, or of a service inside a declared dependency that is a supervisor: the
   * result of its `start`, or the actor of an `actor`. Called before this incarnation is ready, it holds the value:
   * when that service goes down this one restarts, unless `onFailure` says otherwise. Called later, it holds nothing.
   *
   * @throws SupervisorError ERR_NOT_A_DEPENDENCY if `dependsOn` does not name it; ERR_NOT_RUNNING while it is down.
   */
  use<T>(service: ServiceSpec<T>): T;
  use(service: string): unknown;
  /** The right to run that a service of a cluster has; null where nothing is clustered. */
  readonly lease: Lease | null;
  /** Bound to path and incarnation. */
  readonly log: Logger;
}

/** A pino logger fits. */
export interface Logger {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
  child(bindings: object): Logger;
}

/** Milliseconds, monotonic. A delay of 0 fires in a later turn of the event loop. */
export interface Clock {
  now(): number;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  /** The wall clock, in milliseconds. A cluster needs it: the monotonic clock may stand still while the machine sleeps. */
  wallNow?(): number;
}
