// spec.ts: the types of a definition: the specs that a user writes.
// Longer than other files: most of it says what each field means, and a reader looks for all of them in one place.

import type { ActorRefFrom, AnyActorLogic, EventObject, InputFrom } from "xstate";
import type { Exit } from "../../machines/events.ts";
import type { Condition, OnFailure } from "../../machines/policies/gate.ts";
import type { Intensity } from "../../machines/policies/intensity.ts";
import type { Decision, RestartPolicy } from "../../machines/policies/restart.ts";
import type { AutoShutdown } from "../../machines/policies/shutdown.ts";
import type { Strategy } from "../../machines/policies/strategy.ts";
import type { ServiceContext } from "./context.ts";
import type { Probe } from "./probe.ts";

export type { Clock, Logger, ServiceContext } from "./context.ts";
export type { HealthCheck, Probe, ProbeContext, ProbeOptions, ProbeSpec } from "./probe.ts";
export type { AutoShutdown, Condition, Decision, Intensity, OnFailure, RestartPolicy, Strategy };

/**
 * One service: its code (`run`, `start` or `actor`), and how it is supervised. Plain data; two trees may share it.
 * `Value` is the type of the value that `use` gives its dependants.
 */
export type ServiceSpec<Value = unknown> =
  | RunServiceSpec<Value>
  | StartServiceSpec<Value>
  | ActorServiceSpec<AnyActorLogic, Value>;

/** A service that is a long-running function. */
export interface RunServiceSpec<Value = unknown> extends ServiceOptions<Value> {
  /** Long-running work. Returning ends the incarnation as completed, throwing or rejecting as failed. */
  run(ctx: ServiceContext<Value>): unknown;
  readyOn?: ReadyOn | undefined;
  start?: undefined;
  stop?: undefined;
  actor?: undefined;
  input?: undefined;
  stopEvent?: undefined;
  snapshot?: undefined;
}

/** A service that is a pair of functions: one brings it up, the other takes it down. */
export interface StartServiceSpec<Value = unknown> extends ServiceOptions<Value> {
  /** Brings the service up. Its result is handed to `stop`, to probes and to dependants. */
  start(ctx: ServiceContext): Value | Promise<Value>;
  /**
   * Takes down the value that `start` returned. Called once for each start that succeeded, also when the incarnation
   * failed afterwards.
   */
  stop?(value: Value, ctx: ServiceContext): unknown;
  /** A start is ready when it resolves. */
  readyOn?: undefined;
  run?: undefined;
  actor?: undefined;
  input?: undefined;
  stopEvent?: undefined;
  snapshot?: undefined;
}

/** A service that is an actor: `use` gives its dependants the actor, `input` has the type that the logic takes. */
export interface ActorServiceSpec<Logic extends AnyActorLogic = AnyActorLogic, Value = ActorRefFrom<Logic>>
  extends ServiceOptions<Value> {
  /** Any XState actor logic: the status of its snapshot is its life (done: completed, error: failed). */
  actor: Logic;
  /** Its input; a function is called with the `ServiceContext` for each incarnation. */
  input?: InputFrom<Logic> | ((ctx: ServiceContext) => InputFrom<Logic>) | undefined;
  /**
   * The event that asks the actor to stop, for a machine that drains: the incarnation ends when the actor is done or in
   * error, and at its stop deadline the actor is stopped by force, which counts as stopped. Without it a machine is
   * stopped at once; the promise of a `fromPromise` or of an async callback is waited for until the deadline.
   */
  stopEvent?: EventObject | ((ctx: ServiceContext) => EventObject) | undefined;
  /** A persisted snapshot to go on from. XState does not resume the timers (`after`) of a restored machine. */
  snapshot?: unknown;
  readyOn?: ReadyOn | undefined;
  run?: undefined;
  start?: undefined;
  stop?: undefined;
}

/**
 * When `run` and `actor` count as ready: "start", once begun; "signal", when `ctx.ready()` is called.
 *
 * @default "start"
 */
export type ReadyOn = "start" | "signal";

/** The options of every service. */
export interface ServiceOptions<Value = unknown> extends SupervisionOptions {
  services?: undefined;
  /** Readiness and liveness from one check. */
  health?: Probe<NoInfer<Value>> | undefined;
  /** Gates dependants and counts for the aggregate; never restarts. Not ready before the first result. */
  readiness?: Probe<NoInfer<Value>> | undefined;
  /** Fails the incarnation, which then restarts by its policy; never gates. Alive before the first result. */
  liveness?: Probe<NoInfer<Value>> | undefined;
  /** `ctx.heartbeat()` is called at least this often, in milliseconds, from ready on; or the incarnation fails. */
  watchdogMs?: number | undefined;
  /**
   * When its next run begins, after `now` (by the wall clock); null: never again. It starts at these times instead of with
   * its supervisor, which is up without it; between its runs it is `stopped`, `scheduled`. A run that is not over when the
   * next is due makes that one be skipped, which is logged. Within a run it restarts by its policy; a run that has failed
   * for good counts for health until the next one begins. Who starts it by hand starts a run at once. Nothing can depend
   * on it. `cron` of `statevisor/node` makes one.
   *
   * @default it starts with its supervisor
   */
  nextRun?: ((now: Date) => Date | null) | undefined;
}

/** One supervisor and its children. Nested, it is an ordinary child with the same options as a service. */
export interface SupervisorSpec extends SupervisionOptions {
  /** The children, in the order in which they start where nothing else orders them. May be empty. */
  services: readonly ChildSpec[];
  run?: undefined;
  start?: undefined;
  actor?: undefined;
  /**
   * The children that restart when one fails: only it, all of them, or it and those defined after it.
   *
   * @default "one-for-one"
   */
  strategy?: Strategy | undefined;
  /**
   * Automatic restarts allowed within a sliding window; one more, and the supervisor fails.
   *
   * @default no limit (the limits of each service hold)
   */
  intensity?: Intensity | undefined;
  /**
   * Whether the end of a `significant` child ends the supervisor.
   *
   * @default "never"
   */
  autoShutdown?: AutoShutdown | undefined;
  /**
   * How many children `addService` allows in all.
   *
   * @default Infinity
   */
  maxServices?: number | undefined;
}

export type ChildSpec = ServiceSpec | SupervisorSpec;

/** The options of services and nested supervisors alike. At the root only `name` and `meta` have a meaning. */
export interface SupervisionOptions {
  /** Unique among siblings; 1 to 128 of `A-Z a-z 0-9 _ . -`. "/" joins names to paths. */
  name: string;
  /**
   * Whether and how it comes back after an end that was not requested. Between the end of a completed run and the next one
   * it counts for health as in that run.
   *
   * @default "on-failure"
   */
  restart?: RestartPolicy | Optional<RestartOptions> | undefined;
  /** Siblings that must be up first. A name alone means condition "healthy", required, and the default of `onFailure`. */
  dependsOn?: readonly (string | ServiceSpec | SupervisorSpec | Dependency)[] | undefined;
  /**
   * A wait before the first start of each start of its supervisor, in milliseconds.
   *
   * @default 0
   */
  startDelayMs?: number | undefined;
  /**
   * How long a start may take from launching on, in milliseconds; not ready by then is a failed start. Waiting for
   * dependencies and the start delay do not count.
   *
   * @default 30_000 for a service, Infinity for a supervisor
   */
  startTimeoutMs?: number | undefined;
  /**
   * How long a stop may take, in milliseconds, from when its signal aborts. When it runs out the incarnation is
   * reported as `unstopped` and left behind: JavaScript cannot end a running function. 0 asks, waits one turn of the
   * event loop, and no longer.
   *
   * @default 10_000 for a service, Infinity for a supervisor (as OTP does for supervisors)
   */
  stopTimeoutMs?: number | undefined;
  /**
   * Whether its failure for good fails its supervisor, and its health decides its supervisor's.
   *
   * @default true, unless its restart policy is "never", or it has a `nextRun`
   */
  critical?: boolean | undefined;
  /**
   * Whether its own end counts for its supervisor's `autoShutdown`. Needs a policy other than "always".
   *
   * @default false
   */
  significant?: boolean | undefined;
  /** Your own data; the library only reports it. */
  meta?: Record<string, unknown> | undefined;
}

/** The same options; each may be left out or undefined. */
export type Optional<Options> = { [Key in keyof Options]?: Options[Key] | undefined };

export interface RestartOptions {
  /** @default "on-failure" */
  policy: RestartPolicy;
  /**
   * Consecutive failures that are retried; the next one is final. 0: none. Infinity: no limit.
   *
   * @default 5
   */
  maxRetries: number;
  /**
   * The wait after the first failure, in milliseconds. The n-th consecutive one waits
   * `min(maxBackoffMs, initialBackoffMs * multiplier^(n-1))`, then jitter.
   *
   * @default 1_000
   */
  initialBackoffMs: number;
  /** @default 60_000 */
  maxBackoffMs: number;
  /**
   * At least 1.
   *
   * @default 2
   */
  multiplier: number;
  /**
   * A share of the delay, 0 to 1, by which it varies both ways, never beyond `maxBackoffMs`. true means 0.25.
   *
   * @default true
   */
  jitter: boolean | number;
  /**
   * An incarnation that was ready this long, in milliseconds, clears the count of failures.
   *
   * @default the larger of maxBackoffMs and 1_000
   */
  resetAfterMs: number;
  /**
   * Called at every end that was not requested. `undefined` leaves it to the policy. It cannot go beyond `maxRetries`.
   * When it throws, the error is logged and the policy applies.
   */
  decide?(exit: Exit): Decision | undefined;
}

/** A dependency: the condition to wait for, and the reaction when it goes down later. */
export interface Dependency {
  service: string | ServiceSpec | SupervisorSpec;
  /**
   * started: it is up. healthy: up, and its readiness has not failed. completed: it has ended without error.
   *
   * @default "healthy"
   */
  condition?: Condition | undefined;
  /**
   * false: wait for it, but start anyway once it is hopeless.
   *
   * @default true
   */
  required?: boolean | undefined;
  /**
   * The reaction of a running dependant when this dependency goes down: by failure, completion, or by hand. A dependant
   * holds the value of a dependency when it called `use` before it was ready.
   *
   * @default "restart" while the dependant holds the value of the dependency, else "ignore"
   */
  onFailure?: OnFailure | undefined;
}
