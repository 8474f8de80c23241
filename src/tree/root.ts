// The root: the runs of a tree, one after the other, each from its start to its end, and what the root itself is now.

import type { InspectionEvent } from "xstate";
import type { Exit } from "../../machines/events.ts";
import type { Outcome } from "../../machines/supervisor.ts";
import { check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { ServiceState } from "../contract/states.ts";
import type { ServiceStatus, TreeStatus } from "../contract/status.ts";
import type { SupervisorPlan } from "../definition/plan.ts";
import { familyStatus, summarise } from "../observation/status.ts";
import { Family } from "./supervisor.ts";
import type { Tree } from "./tree.ts";

/** How a run of the tree ended. */
export type TreeExit =
  | { readonly kind: "stopped" }
  | { readonly kind: "completed" }
  | { readonly kind: "failed"; readonly error: SupervisorError };

/** One run of the tree, from a start to its end. */
class Run {
  readonly exit: Promise<TreeExit>;
  readonly started: Promise<void>;
  settleExit!: (exit: TreeExit) => void;
  settleStart!: (error: SupervisorError | null) => void;
  isUp = false;
  abortReason: unknown = undefined;
  unlisten: () => void = () => {};
  hasEnded = false;
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

export class Root {
  readonly name: string;
  readonly tree: Tree;
  readonly family: Family;
  #run = new Run();
  #incarnation = 0;
  /** What it last became. */
  readonly #last: {
    since: number;
    startedAt: number | null;
    phase: string | null;
    exit: ServiceStatus["exit"];
    error: SupervisorError | null;
  };

  constructor(plan: SupervisorPlan, name: string, tree: Tree, inspect?: (event: InspectionEvent) => void) {
    this.name = name;
    this.tree = tree;
    this.#last = { since: tree.clock.now(), startedAt: null, phase: null, exit: null, error: null };
    this.family = new Family(plan, name, tree, null, inspect);
  }

  get exit(): Promise<TreeExit> {
    return this.#run.exit;
  }

  async start(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    check.options(this.name, "start()", options, ["signal"]);
    const { signal } = options;
    const family = this.family;
    if (family.state !== "stopped" && family.state !== "failed") {
      const message = `${this.name}: cannot start: it is ${family.state} already; stop it first`;
      throw new SupervisorError("ERR_ALREADY_RUNNING", message, { path: this.name });
    }
    const run = this.#nextRun();
    if (signal?.aborted) {
      run.hasEnded = true;
      run.settleExit({ kind: "stopped" });
      throw this.#toAborted("its signal had aborted before it began", signal.reason);
    }
    const onAbort = () => {
      run.abortReason = signal?.reason;
      this.family.requestStop();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    // Once it is up, its start is over, and so is what the signal can do to it.
    run.unlisten = () => {
      run.unlisten = () => {};
      signal?.removeEventListener("abort", onAbort);
    };
    this.#incarnation++;
    family.begin({
      ended: (outcome, _error, stopError) => this.#noteEnded(run, outcome, stopError),
      changed: (from, outcome, error) => this.#noteChange(run, from, outcome, error),
    });
    await run.started;
  }

  #nextRun(): Run {
    // The first run is there before it starts, so that its exit can be awaited.
    if (this.#run.hasEnded) this.#run = new Run();
    return this.#run;
  }

  #noteEnded(run: Run, outcome: Outcome, stopError: SupervisorError | null): void {
    const { error } = this.#last;
    run.unlisten();
    run.settleStop(stopError);
    const isAborted = outcome.kind === "stopped" || (outcome.kind === "failed" && outcome.because === "stop");
    run.settleStart(
      isAborted
        ? this.#toAborted(run.abortReason === undefined ? "a stop came first" : "its signal aborted", run.abortReason)
        : error,
    );
    run.hasEnded = true;
    run.settleExit(error ? { kind: "failed", error } : { kind: outcome.kind as "stopped" | "completed" });
  }

  #toStartFailed(failure: SupervisorError): SupervisorError {
    const cause = failure.code === "ERR_SERVICE_FAILED" && failure.cause ? failure.cause : failure;
    const message = `${this.name}: start failed: ${failure.message}`;
    const path = failure.path ?? this.name;
    return new SupervisorError("ERR_START_FAILED", message, { path, cause, errors: this.family.stopErrors });
  }

  #toAborted(why: string, cause: unknown): SupervisorError {
    const { stopErrors: errors } = this.family;
    return new SupervisorError("ERR_START_ABORTED", `${this.name}: start aborted: ${why}`, {
      path: this.name,
      ...(cause !== undefined && { cause }),
      ...(errors.length > 0 && { errors }),
    });
  }

  async stop(options: { timeoutMs?: number | undefined } = {}): Promise<void> {
    check.options(this.name, "stop()", options, ["timeoutMs"]);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
      throw invalid(this.name, "stop({ timeoutMs })", "a non-negative number of milliseconds, or Infinity", timeoutMs);
    }
    const { state } = this.family;
    if (state === "stopped" || state === "failed") return;
    const { stopped } = this.#run;
    this.family.requestStop(timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs);
    await stopped;
  }

  async run(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    check.options(this.name, "run()", options, ["signal"]);
    const { signal } = options;
    try {
      await this.start({ signal });
    } catch (error) {
      // A start that somebody called off has not failed; how its stop went, its exit says.
      if ((error as SupervisorError).code !== "ERR_START_ABORTED") throw error;
    }
    const onAbort = () => this.family.requestStop();
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const exit = await this.exit;
    signal?.removeEventListener("abort", onAbort);
    if (exit.kind === "failed") throw exit.error;
  }

  // Inside the transition: what the update says, the status says.
  #noteChange(run: Run, from: ServiceState, outcome: Outcome | null, error: SupervisorError | null): void {
    const { state: to } = this.family;
    const last = this.#last;
    const phase = this.#phase;
    if (from === to && phase === last.phase) return;
    last.phase = phase;
    const now = this.tree.clock.now();
    if (from !== to) last.since = now;
    if (to === "running" && !run.isUp) {
      run.isUp = true;
      run.unlisten();
      run.settleStart(null);
    }
    if (to !== "running") last.startedAt = null;
    else if (from !== "running") last.startedAt = now;
    const exit = outcome === null ? null : this.#toExit(run, outcome, error);
    if (exit !== null) {
      last.exit = exit.kind as ServiceStatus["exit"];
      last.error = exit.kind === "failed" ? (exit.error as SupervisorError) : null;
    }
    this.tree.updates.record(this.name, {
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
    const { state, health } = this.family;
    if (state === "starting") return "launching";
    return state === "running" ? (health === "unhealthy" ? "unhealthy" : "healthy") : null;
  }

  status(): TreeStatus {
    const family = this.family;
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
}
