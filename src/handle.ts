/// <reference lib="esnext.disposable" preserve="true" />

// handle.ts: the interface of the handle of a tree, and the options that a tree is created with.

import type { ActorRefFrom, AnyActorRef, InspectionEvent } from "xstate";
import type { ServiceMachine } from "../machines/service.ts";
import type { SupervisorMachine } from "../machines/supervisor.ts";
import type { TreeDescription } from "./contract/description.ts";
import type { ChildSpec, Clock, Logger, ServiceSpec, SupervisorSpec } from "./contract/spec.ts";
import type { HealthReport, ServiceStatus, TreeStatus } from "./contract/status.ts";
import type { Dropped, Update } from "./contract/updates.ts";
import type { IsSame } from "./definition/same-spec.ts";
import type { Witness } from "./engine/witness.ts";
import type { Explanation } from "./observation/explain.ts";
import type { StatusView } from "./observation/view.ts";
import type { LogExtra, LogListener } from "./tree/log-watch.ts";
import type { Redefinition } from "./tree/redefine.ts";
import type { TreeExit } from "./tree/run.ts";

export type Inspect = (event: InspectionEvent) => void;

export interface SupervisorOptions {
  /**
   * The source of time.
   *
   * @default the host's monotonic clock and timers
   */
  clock?: Clock;
  /**
   * The source of random numbers of [0, 1), for the jitter.
   *
   * @default Math.random
   */
  random?: () => number;
  /**
   * The logger of the tree; a pino logger fits.
   *
   * @default silent
   */
  logger?: Logger;
  /**
   * A function or an observer that receives XState's inspection events of the whole tree, as in `createActor`. An error
   * that it throws is logged and does not affect the tree.
   */
  inspect?: Inspect | { next?: Inspect };
}

/** The actors behind one path. */
export interface ServiceActors {
  /** The actor of `serviceMachine`: the service over all its incarnations. null for the root. */
  readonly service: ActorRefFrom<ServiceMachine> | null;
  /** The actor of `supervisorMachine`. null for a service. */
  readonly supervisor: ActorRefFrom<SupervisorMachine> | null;
  /** The user's actor in the current incarnation of an `actor` service. null while there is none. */
  readonly actor: AnyActorRef | null;
}

export interface RedefineOptions {
  isSame?: IsSame | undefined;
  /** @default false */
  dryRun?: boolean | undefined;
}

/** The handle of one tree. Every path may be given without the root's name. */
export interface Supervisor extends AsyncDisposable {
  readonly name: string;
  /** The root XState actor. */
  readonly actor: AnyActorRef;
  /**
   * Starts the tree; resolves when every critical service is up (healthy, or completed) at once.
   *
   * @throws SupervisorError ERR_START_FAILED when a critical service failed for good, after the roll-back (`cause` is
   * that service's error, `errors` those of the roll-back); ERR_START_ABORTED when `signal` aborted, before or during,
   * or `stop()` was called; ERR_ALREADY_RUNNING unless the tree is stopped or has failed.
   */
  start(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Stops the tree, dependants first, and waits for all of it; a start in progress is cancelled. Idempotent, and
   * concurrent calls share one stop. `timeoutMs` is a deadline for the whole, on top of the services' own; a later
   * call can shorten it.
   *
   * @throws SupervisorError ERR_STOP_FAILED, at the end, with one error for each service that failed to stop, or not
   * in time, in `errors`.
   */
  stop(options?: { timeoutMs?: number | undefined }): Promise<void>;
  /**
   * Starts, waits for the signal or for the tree's own end, and stops. Resolves when it was stopped or completed.
   *
   * @throws SupervisorError the error that made the tree fail.
   */
  run(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** How the current run, or else the last one, ends. Never rejects. */
  readonly exit: Promise<TreeExit>;

  /**
   * The live value of a service anywhere in the tree, by its definition or its path: for code outside of the tree, such
   * as routes and tests. Call it at each use, and the value is never an old one.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE; ERR_NOT_RUNNING while the service is down.
   */
  use<T>(service: ServiceSpec<T>): T;
  use(path: string): unknown;

  status(): TreeStatus;
  /** @throws SupervisorError ERR_UNKNOWN_SERVICE */
  status(path: string): ServiceStatus | TreeStatus;
  /**
   * The status for a UI framework, which asks for it at each drawing and compares by identity:
   * `useSyncExternalStore(view.subscribe, view.getSnapshot)`. The same view for the same path. A service
   * that was removed is shown as stopped.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE
   */
  view(): StatusView<TreeStatus>;
  view(path: string): StatusView;
  /** The health as last checked; runs no check. */
  health(): HealthReport;
  /**
   * Explains why a service is in its state: its dependencies that are not ready, its next attempt, its budget left.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE
   */
  explain(path: string): Explanation;
  /** The definition of the tree with its current children: added services included, removed ones left out. */
  describe(): TreeDescription;
  /** The clock of the tree, in milliseconds, to compare with `at`, `since`, `startedAt` and `nextAttemptAt`. */
  now(): number;
  /**
   * The XState actors behind a path, for reading their snapshots and their machines (`logic`). Sending events to the
   * service's or the supervisor's actor is at your own risk.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE
   */
  actorsOf(path: string): ServiceActors;
  /**
   * Reports to a witness, from now on, each event that a chart of the tree is sent and each step that a chart takes:
   * for inspectors. An error that the witness throws is logged and has no other effect. Returns the remover.
   */
  watchCharts(witness: Witness): () => void;
  /**
   * Calls `listener`, from now on, with each entry that a service logs by `ctx.log`; the lines of processes are among
   * them. An error that the listener throws is logged and has no other effect. Returns the remover.
   */
  watchLog(listener: LogListener): () => void;
  /**
   * Adds what `extra` returns to the data of each entry that a service logs by `ctx.log`, from now on; what the service gives
   * itself wins. An error that it throws is logged, and adds nothing. Returns the remover.
   */
  extendLog(extra: LogExtra): () => void;

  /** Calls `listener` for each update of a type, in order. One that throws is logged and ignored. Returns the remover. */
  on<Type extends Update["type"]>(
    type: Type,
    listener: (update: Extract<Update, { type: Type }>) => unknown,
  ): () => void;
  /** Calls `listener` for every update, in order. */
  on(type: "*", listener: (update: Update) => unknown): () => void;
  /**
   * All updates from the call on, in order. A reader that falls behind by more than `bufferSize` (1_024) loses the
   * oldest and gets one `{ type: "dropped", count }` in their place. Ends when `signal` aborts.
   */
  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<Update | Dropped>;

  /**
   * Adds a service to the root, or under a nested supervisor; resolves when it is up. The service is forgotten when
   * that supervisor starts anew.
   *
   * @throws SupervisorError as createSupervisor for a bad spec; ERR_MAX_SERVICES; ERR_NOT_RUNNING; ERR_START_FAILED if
   * it never came up (it is forgotten then); ERR_START_ABORTED if a stop came first.
   */
  addService(spec: ChildSpec, options?: { under?: string | undefined }): Promise<void>;
  /**
   * Stops a service and forgets it; one that is part of the definition is back when its supervisor starts anew.
   *
   * @throws SupervisorError ERR_INVALID_SPEC if others require it; ERR_STOP_FAILED if it failed to stop: then it stays,
   * and a second call forgets it.
   */
  removeService(path: string): Promise<void>;
  /**
   * Takes a new definition of the same tree, as a config that was read again: what is gone is stopped and removed, dependants
   * first; what has changed is stopped, takes its new form and place, and starts (its dependants stop or restart as their
   * `onFailure` says); what is new is added; the rest is not touched. A supervisor whose own options have changed is
   * replaced as a whole. What a user has stopped stays stopped. What is new or changed fails without effect on the rest
   * until it has been up once; in a tree that is starting it is part of that start. Resolves when all of it is up. A tree that is down takes the definition without a start.
   * Calls are done one after another: one that waits comes after what is asked meanwhile.
   *
   * Specs are compared by what is in them, dependencies by their names, functions and machines by identity; `isSame` can
   * judge otherwise. The options of supervisors are compared apart from their `services`. `dryRun` only returns the
   * difference.
   *
   * @throws SupervisorError as createSupervisor for a bad definition, before anything changes; ERR_INVALID_SPEC also for
   * another name, strategy, intensity, autoShutdown or maxServices of the root, and for the removal of what an added service
   * requires; ERR_STOP_FAILED and ERR_START_FAILED with an error for each service in `errors`, when the rest is done.
   */
  redefine(spec: SupervisorSpec, options?: RedefineOptions): Promise<Redefinition>;
  /**
   * Starts a stopped, completed or failed service, with a fresh budget of retries; one in backoff starts now.
   *
   * @throws SupervisorError ERR_START_FAILED if it fails for good; ERR_START_ABORTED if a stop came first.
   */
  startService(path: string): Promise<void>;
  /**
   * Stops a service until startService, restartService, or a new start of its supervisor.
   *
   * @throws SupervisorError ERR_STOP_FAILED if it failed to stop, or not in time.
   */
  stopService(path: string): Promise<void>;
  /**
   * Stops a service if it runs, and starts it, in any state. Concurrent calls share one restart.
   *
   * @throws SupervisorError as startService.
   */
  restartService(path: string): Promise<void>;
}
