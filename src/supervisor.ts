// createSupervisor: the handle of a running tree. It gives out what API users may do and see, and holds the rest.

import type { AnyActorRef, InspectionEvent } from "xstate";
import type { Exit } from "../machines/events.ts";
import type { Outcome } from "../machines/supervisor.ts";
import { removeByHand, restartByHand, startByHand, stopByHand, whenUp } from "./by-hand.ts";
import { checkKeys, invalid } from "./check.ts";
import { duplicateName, planChild, planRoot } from "./define.ts";
import { didYouMean, SupervisorError } from "./errors.ts";
import { type Explanation, explainChild, explainRoot } from "./explain.ts";
import type { Child } from "./runtime/child.ts";
import { systemClock } from "./runtime/clock.ts";
import { Family } from "./runtime/family.ts";
import { silent, Tree } from "./runtime/tree.ts";
import type { ChildSpec, Clock, Logger, SupervisorSpec } from "./spec.ts";
import {
  familyStatus,
  type HealthReport,
  type ServiceStatus,
  summarise,
  type TreeStatus,
  toHealthReport,
  toServiceStatus,
} from "./status.ts";
import type { Dropped, ServiceState, Update } from "./updates.ts";

/** How a run of the tree ended. */
export type TreeExit =
  | { readonly kind: "stopped" }
  | { readonly kind: "completed" }
  | { readonly kind: "failed"; readonly error: SupervisorError };

export interface SupervisorOptions {
  /**
   * Where time comes from.
   *
   * @default the host's monotonic clock and timers
   */
  clock?: Clock;
  /**
   * Where chance comes from, for the jitter: numbers of [0, 1).
   *
   * @default Math.random
   */
  random?: () => number;
  /**
   * Where the tree logs; a pino logger fits.
   *
   * @default silent
   */
  logger?: Logger;
  /** XState's inspection events of the whole tree. A throwing inspector never harms the tree. */
  inspect?: (event: InspectionEvent) => void;
}

/** The handle of one tree. Where a path is taken, the root's name may be left out. */
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
   * @throws SupervisorError what made the tree fail.
   */
  run(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** How the current run, or else the last one, ends. Never rejects. */
  readonly exit: Promise<TreeExit>;

  status(): TreeStatus;
  /** @throws SupervisorError ERR_UNKNOWN_SERVICE */
  status(path: string): ServiceStatus | TreeStatus;
  /** From what is known now; runs no check. */
  health(): HealthReport;
  /**
   * Why a service is in its state, what it waits for, when its next attempt comes, what budget is left.
   *
   * @throws SupervisorError ERR_UNKNOWN_SERVICE
   */
  explain(path: string): Explanation;

  /** Calls `listener` for each update of a type, in order. One that throws is logged and ignored. Returns the remover. */
  on<Type extends Update["type"]>(
    type: Type,
    listener: (update: Extract<Update, { type: Type }>) => unknown,
  ): () => void;
  /**
   * All updates from the call on, in order. A reader that falls behind by more than `bufferSize` (1_024) loses the
   * oldest and gets one `{ type: "dropped", count }` in their place. Ends when `signal` aborts.
   */
  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<Update | Dropped>;

  /**
   * Adds a service beside the others, or under a nested supervisor; resolves when it is up. Forgotten when that
   * supervisor starts anew.
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

/**
 * Checks a definition and makes a tree of it. Starts nothing.
 *
 * @throws SupervisorError ERR_INVALID_SPEC, ERR_DUPLICATE_NAME, ERR_UNKNOWN_DEPENDENCY, ERR_DEPENDENCY_CYCLE
 */
export function createSupervisor(spec: SupervisorSpec, options: SupervisorOptions = {}): Supervisor {
  return new Handle(spec, options);
}

/** One run of the tree, from a start to its end. */
class Run {
  readonly exit: Promise<TreeExit>;
  readonly started: Promise<void>;
  settleExit!: (exit: TreeExit) => void;
  settleStart!: (error: SupervisorError | null) => void;
  isUp = false;
  #stopped: Promise<void> | null = null;
  #settleStop: ((error: SupervisorError | null) => void) | null = null;

  constructor() {
    this.exit = new Promise((resolve) => {
      this.settleExit = resolve;
    });
    this.started = settled((settle) => {
      this.settleStart = settle;
    });
  }

  get stopped(): Promise<void> {
    this.#stopped ??= settled((settle) => {
      this.#settleStop = settle;
    });
    return this.#stopped;
  }

  settleStop(error: SupervisorError | null): void {
    this.#settleStop?.(error);
  }
}

/** A promise that nobody has to wait for. */
function settled(give: (settle: (error: SupervisorError | null) => void) => void): Promise<void> {
  const promise = new Promise<void>((resolve, reject) => {
    give((error) => (error === null ? resolve() : reject(error)));
  });
  promise.catch(() => {});
  return promise;
}

class Handle implements Supervisor {
  readonly name: string;
  readonly #tree: Tree;
  readonly #family: Family;
  #run = new Run();
  #isNew = true;
  #incarnation = 0;
  /** What the root last became. */
  readonly #last: {
    since: number;
    startedAt: number | null;
    phase: string | null;
    exit: ServiceStatus["exit"];
    error: SupervisorError | null;
  };

  constructor(spec: SupervisorSpec, options: SupervisorOptions) {
    checkOptions(options);
    const plan = planRoot(spec);
    this.name = plan.name;
    this.#tree = new Tree({
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      logger: options.logger ?? silent,
    });
    this.#last = { since: this.#tree.clock.now(), startedAt: null, phase: null, exit: null, error: null };
    this.#family = new Family(
      plan,
      plan.name,
      this.#tree,
      null,
      options.inspect && guarded(options.inspect, this.#tree),
    );
  }

  get actor(): AnyActorRef {
    return this.#family.actor;
  }

  get exit(): Promise<TreeExit> {
    return this.#run.exit;
  }

  // Lifecycle

  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const family = this.#family;
    if (family.state !== "stopped" && family.state !== "failed") {
      const message = `${this.name}: cannot start: it is ${family.state} already; stop it first`;
      throw new SupervisorError("ERR_ALREADY_RUNNING", message, { path: this.name });
    }
    const run = this.#nextRun();
    if (signal?.aborted) {
      run.settleExit({ kind: "stopped" });
      throw this.#toAborted("its signal had aborted before it began", signal.reason);
    }
    let abortReason: unknown;
    const onAbort = () => {
      abortReason = signal?.reason;
      this.#family.requestStop();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#incarnation++;
    family.begin({
      up: () => this.#noteUp(run),
      ended: (outcome) => this.#noteEnded(run, outcome, abortReason),
      changed: (from, outcome, error) => this.#noteChange(run, from, outcome, error),
    });
    try {
      await run.started;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #nextRun(): Run {
    if (!this.#isNew) this.#run = new Run();
    this.#isNew = false;
    return this.#run;
  }

  #noteUp(run: Run): void {
    run.isUp = true;
    run.settleStart(null);
  }

  #noteEnded(run: Run, outcome: Outcome, abortReason: unknown): void {
    const { error } = this.#last;
    const { stopErrors } = this.#family;
    run.settleStop(stopErrors.length > 0 ? this.#family.toStopError() : null);
    if (error !== null) run.settleStart(error);
    else if (outcome.kind === "completed") run.settleStart(null);
    else run.settleStart(this.#toAborted("a stop came first", abortReason));
    run.settleExit(error ? { kind: "failed", error } : { kind: outcome.kind as "stopped" | "completed" });
  }

  #toStartFailed(failure: SupervisorError): SupervisorError {
    const cause = failure.code === "ERR_SERVICE_FAILED" && failure.cause ? failure.cause : failure;
    const message = `${this.name}: start failed: ${failure.message}`;
    const path = failure.path ?? this.name;
    return new SupervisorError("ERR_START_FAILED", message, { path, cause, errors: this.#family.stopErrors });
  }

  #toAborted(why: string, cause: unknown): SupervisorError {
    const { stopErrors: errors } = this.#family;
    return new SupervisorError("ERR_START_ABORTED", `${this.name}: start aborted: ${why}`, {
      path: this.name,
      ...(cause !== undefined && { cause }),
      ...(errors.length > 0 && { errors }),
    });
  }

  async stop({ timeoutMs }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
      throw invalid(this.name, "stop({ timeoutMs })", "a non-negative number of milliseconds, or Infinity", timeoutMs);
    }
    const { state } = this.#family;
    if (state === "stopped" || state === "failed") return;
    const { stopped } = this.#run;
    this.#family.requestStop(timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs);
    await stopped;
  }

  async run({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    try {
      await this.start({ signal });
    } catch (error) {
      if (signal?.aborted && (error as SupervisorError).code === "ERR_START_ABORTED") return;
      throw error;
    }
    const onAbort = () => this.#family.requestStop();
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const exit = await this.exit;
    signal?.removeEventListener("abort", onAbort);
    if (exit.kind === "failed") throw exit.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // Inside the transition: what the update says, the status says.
  #noteChange(run: Run, from: ServiceState, outcome: Outcome | null, error: SupervisorError | null): void {
    const { state: to } = this.#family;
    const last = this.#last;
    const phase = this.#phase;
    if (from === to && phase === last.phase) return;
    last.phase = phase;
    const now = this.#tree.clock.now();
    if (from !== to) last.since = now;
    if (to !== "running") last.startedAt = null;
    else if (from !== "running") last.startedAt = now;
    const exit = outcome === null ? null : this.#toExit(run, outcome, error);
    if (exit !== null) {
      last.exit = exit.kind as ServiceStatus["exit"];
      last.error = exit.kind === "failed" ? (exit.error as SupervisorError) : null;
    }
    this.#tree.updates.record(this.name, {
      type: "status",
      from,
      to,
      phase,
      incarnation: this.#incarnation,
      ...(exit !== null && { exit }),
    });
  }

  #toExit(run: Run, outcome: Outcome, error: SupervisorError | null): Exit {
    if (error === null)
      return outcome.kind === "completed" ? { kind: "completed", value: undefined } : { kind: "stopped" };
    const isStart = !run.isUp && outcome.kind === "failed" && outcome.because !== "stop";
    return { kind: "failed", error: isStart ? this.#toStartFailed(error) : error, cause: "supervisor" };
  }

  get #phase(): string | null {
    const { state, health } = this.#family;
    if (state === "starting") return "launching";
    return state === "running" ? (health === "unhealthy" ? "unhealthy" : "healthy") : null;
  }

  // Observation

  status(): TreeStatus;
  status(path: string): ServiceStatus | TreeStatus;
  status(path?: string): ServiceStatus | TreeStatus {
    const child = path === undefined ? null : this.#find(path);
    return child === null ? this.#rootStatus() : toServiceStatus(child);
  }

  #rootStatus(): TreeStatus {
    const family = this.#family;
    const phase = this.#phase;
    const last = this.#last;
    return {
      path: this.name,
      name: this.name,
      kind: "supervisor",
      state: family.state,
      phase,
      healthy: phase === "healthy",
      incarnation: this.#incarnation,
      restarts: 0,
      failures: 0,
      since: last.since,
      startedAt: last.startedAt,
      waitingFor: [],
      nextAttemptAt: null,
      error: summarise(last.error ?? family.failure),
      exit: last.exit,
      ...familyStatus(family),
    };
  }

  health(): HealthReport {
    return toHealthReport(this.#family);
  }

  explain(path: string): Explanation {
    const child = this.#find(path);
    return child === null ? explainRoot(this.#family) : explainChild(child);
  }

  on<Type extends Update["type"]>(
    type: Type,
    listener: (update: Extract<Update, { type: Type }>) => unknown,
  ): () => void {
    return this.#tree.updates.on(type, listener as (update: Update) => unknown);
  }

  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<Update | Dropped> {
    return this.#tree.updates.read(options);
  }

  // Services by hand

  async addService(spec: ChildSpec, { under }: { under?: string | undefined } = {}): Promise<void> {
    const family = this.#findFamily(under);
    const { path, plan } = family;
    const siblings = new Set(family.children.keys());
    const child = planChild(spec, path, plan.rule, siblings);
    if (siblings.has(child.name)) throw duplicateName(path, child.name);
    this.#requireSupervising(family);
    if (siblings.size >= plan.maxServices) {
      const message = `${path}: cannot add "${child.name}": maxServices is ${plan.maxServices}; remove a service first`;
      throw new SupervisorError("ERR_MAX_SERVICES", message, { path });
    }
    const added = this.#tree.turns.enter(() => family.add(child));
    try {
      await whenUp(added, () => added.start("hand"));
    } catch (error) {
      this.#tree.turns.enter(() => added.isLive || family.remove(added));
      throw error;
    }
  }

  async removeService(path: string): Promise<void> {
    await removeByHand(this.#findService(path, "removeService"));
  }

  async startService(path: string): Promise<void> {
    await startByHand(this.#findService(path, "startService"));
  }

  async stopService(path: string): Promise<void> {
    await stopByHand(this.#findService(path, "stopService"));
  }

  async restartService(path: string): Promise<void> {
    await restartByHand(this.#findService(path, "restartService"));
  }

  // Paths

  /** The child of a path; null for the root. */
  #find(path: string): Child | null {
    if (path === this.name) return null;
    const prefix = `${this.name}/`;
    const child =
      (typeof path === "string" &&
        ((path.startsWith(prefix) && this.#walk(path.slice(prefix.length))) || this.#walk(path))) ||
      undefined;
    if (child !== undefined) return child;
    const known = [...allPaths(this.#family)];
    const short = known.map((one) => one.slice(prefix.length));
    const hint = didYouMean(String(path), short) || didYouMean(String(path), known);
    const message = `${this.name}: no service has the path "${String(path)}"${hint || `; known are ${known.slice(0, 20).join(", ") || "none"}`}`;
    throw new SupervisorError("ERR_UNKNOWN_SERVICE", message, { path: String(path) });
  }

  #walk(path: string): Child | undefined {
    let family: Family | null = this.#family;
    let child: Child | undefined;
    for (const name of path.split("/")) {
      child = family?.children.get(name);
      if (child === undefined) return undefined;
      family = child.family;
    }
    return child;
  }

  #findService(path: string, verb: string): Child {
    const child = this.#find(path);
    if (child === null) {
      const message = `${this.name}: ${verb} is for services, not for the root; use start() and stop()`;
      throw new SupervisorError("ERR_INVALID_SPEC", message, { path: this.name });
    }
    this.#requireSupervising(child.parent);
    return child;
  }

  #findFamily(under: string | undefined): Family {
    const child = under === undefined ? null : this.#find(under);
    if (child === null) return this.#family;
    if (child.family === null) throw invalid(this.name, "under", "the path of a supervisor", under);
    return child.family;
  }

  #requireSupervising(family: Family): void {
    if (family.isSupervising) return;
    const { path, state } = family;
    throw new SupervisorError(
      "ERR_NOT_RUNNING",
      `${path}: it is ${state}; services are changed while it is starting or running`,
      { path },
    );
  }
}

function* allPaths(family: Family): Iterable<string> {
  for (const child of family.children.values()) {
    yield child.path;
    if (child.family !== null) yield* allPaths(child.family);
  }
}

function checkOptions(options: SupervisorOptions): void {
  checkKeys("createSupervisor", options, ["clock", "random", "logger", "inspect"]);
  const { clock, random, logger, inspect } = options;
  for (const verb of ["now", "setTimeout", "clearTimeout"] as const) {
    if (clock !== undefined && typeof clock?.[verb] !== "function")
      throw invalid("createSupervisor", `clock.${verb}`, "a function", clock?.[verb]);
  }
  for (const level of ["debug", "info", "warn", "error", "child"] as const) {
    if (logger !== undefined && typeof logger?.[level] !== "function")
      throw invalid("createSupervisor", `logger.${level}`, "a function", logger?.[level]);
  }
  if (random !== undefined && typeof random !== "function")
    throw invalid("createSupervisor", "random", "a function", random);
  if (inspect !== undefined && typeof inspect !== "function")
    throw invalid("createSupervisor", "inspect", "a function", inspect);
}

/** An inspector of the user's that can throw without harm: XState would lose an actor to it. */
function guarded(inspect: (event: InspectionEvent) => void, tree: Tree): (event: InspectionEvent) => void {
  return (event) => {
    try {
      inspect(event);
    } catch (error) {
      tree.logger.error({ err: error }, "the inspector failed");
    }
  };
}
