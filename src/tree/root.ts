// root.ts: the root of a tree: its start, stop and run, what their promises settle with, and the root's own status.

import type { Exit } from "../../machines/events.ts";
import type { Outcome } from "../../machines/supervisor.ts";
import { check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Phase, ServiceState } from "../contract/states.ts";
import { textOf } from "../contract/wording.ts";
import type { SupervisorPlan } from "../definition/plan.ts";
import { askAll } from "./ask-all.ts";
import { Run, type TreeExit } from "./run.ts";
import { toStartAborted, toStartError, toStartFailed } from "./start-errors.ts";
import { TreeSupervisor } from "./supervisor.ts";
import type { Tree } from "./tree.ts";
import { laterTurn } from "./waiting.ts";

export class Root {
  readonly name: string;
  readonly tree: Tree;
  readonly supervisor: TreeSupervisor;
  #run = new Run();
  /** How often a stop was asked for. */
  #stops = 0;
  // The root's own status, in the same fields as a child's (service.ts).
  incarnation = 0;
  phase: Phase | null = "idle";
  since: number;
  startedAt: number | null = null;
  exitKind: Exit["kind"] | null = null;
  error: SupervisorError | null = null;

  constructor(plan: SupervisorPlan, name: string, tree: Tree) {
    this.name = name;
    this.tree = tree;
    this.since = tree.clock.now();
    this.supervisor = new TreeSupervisor(plan, name, tree, null);
    tree.onInternalError((error) => this.#onInternalError(error));
  }

  get exit(): Promise<TreeExit> {
    return this.#run.exit;
  }

  async start(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    check.options(this.name, "start()", options, ["signal"]);
    const { signal } = options;
    const turn = laterTurn(this.tree);
    const run = turn === null ? this.#begin(signal) : await this.#beginLater(turn, signal);
    await run.started;
  }

  /**
   * Begins a run that a listener has asked for, in a later turn of the event loop: a listener that starts the tree again
   * whenever it fails cannot starve timers, and the run before is over by then. A stop in between calls it off.
   */
  async #beginLater(turn: Promise<void>, signal: AbortSignal | undefined): Promise<Run> {
    const stops = this.#stops;
    await turn;
    if (this.#stops !== stops) throw toStartAborted(this.supervisor, "a stop came first");
    return this.#begin(signal);
  }

  /** Begins a run. Its promises and its signal are its own: a later run does not affect them. */
  #begin(signal: AbortSignal | undefined): Run {
    const { state } = this.supervisor;
    if (this.tree.internalError !== null) throw this.tree.internalError;
    if (state !== "stopped" && state !== "failed") {
      const message = `${this.name}: cannot start: it is ${state} already; stop it first`;
      throw new SupervisorError("ERR_ALREADY_RUNNING", message, { path: this.name });
    }
    const run = this.#nextRun();
    if (signal?.aborted) {
      const why = "its signal had aborted before it began";
      this.#endRun(run, { kind: "stopped" }, toStartAborted(this.supervisor, why, signal.reason));
      return run;
    }
    const onAbort = () => {
      run.abortReason = signal?.reason;
      this.#requestStop(run);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    // Once the tree is up, the start is over and its signal has no effect any more.
    run.unlisten = () => {
      run.unlisten = () => {};
      signal?.removeEventListener("abort", onAbort);
    };
    this.incarnation++;
    this.supervisor.begin({
      ended: (outcome, _error, stopError) => this.#onEnded(run, outcome, stopError),
      changed: (from, outcome, error) => this.#onChanged(run, from, outcome, error),
    });
    return run;
  }

  #nextRun(): Run {
    // The first run exists before it starts, so that the user can await its exit.
    if (this.#run.hasEnded) this.#run = new Run();
    return this.#run;
  }

  #requestStop(run: Run): void {
    // Whoever aborts a signal does so in a context of their own.
    if (run === this.#run && !run.hasEnded) this.tree.inContext(() => this.supervisor.requestStop());
  }

  #endRun(
    run: Run,
    exit: TreeExit,
    startError: SupervisorError | null,
    stopError: SupervisorError | null = null,
  ): void {
    run.unlisten();
    run.hasEnded = true;
    run.settleStop(stopError);
    run.settleStart(startError);
    run.settleExit(exit);
  }

  /** An internal error ends the run: every running service is asked to stop, and nothing waits for it. */
  #onInternalError(error: SupervisorError): void {
    const run = this.#run;
    if (run.hasEnded) return;
    this.error = error;
    this.exitKind = "failed";
    this.#endRun(run, { kind: "failed", error }, error, error);
    askAll(this.supervisor);
  }

  #onEnded(run: Run, outcome: Outcome, stopError: SupervisorError | null): void {
    if (run.hasEnded) return;
    const { error } = this;
    this.#endRun(
      run,
      error ? { kind: "failed", error } : { kind: outcome.kind as "stopped" | "completed" },
      toStartError(this.supervisor, run, outcome, error),
      stopError,
    );
  }

  async stop(options: { timeoutMs?: number | undefined } = {}): Promise<void> {
    check.options(this.name, "stop()", options, ["timeoutMs"]);
    const { timeoutMs } = options;
    if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
      throw invalid(this.name, "stop({ timeoutMs })", "a non-negative number of milliseconds, or Infinity", timeoutMs);
    }
    this.#stops++;
    const { state } = this.supervisor;
    if (state === "stopped" || state === "failed" || this.#run.hasEnded) return;
    const { stopped } = this.#run;
    this.supervisor.requestStop(timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs);
    await stopped;
  }

  async run(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    check.options(this.name, "run()", options, ["signal"]);
    const { signal } = options;
    const turn = laterTurn(this.tree);
    let run: Run | undefined;
    try {
      run = turn === null ? this.#begin(signal) : await this.#beginLater(turn, signal);
      await run.started;
    } catch (error) {
      // A start that was called off has not failed; the exit says how its stop went.
      if (textOf(error, "code") !== "ERR_START_ABORTED") throw error;
    }
    if (run === undefined) return;
    const onAbort = () => this.#requestStop(run);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const exit = await run.exit;
    signal?.removeEventListener("abort", onAbort);
    if (exit.kind === "failed") throw exit.error;
  }

  // Runs inside the transition, so that the status agrees with the update when a listener reads it.
  #onChanged(run: Run, from: ServiceState, outcome: Outcome | null, error: SupervisorError | null): void {
    const { state: to } = this.supervisor;
    const exit = outcome === null ? null : this.#toExit(run, outcome, error);
    if (exit !== null) {
      this.exitKind = exit.kind;
      this.error = exit.kind === "failed" ? (exit.error as SupervisorError) : null;
    }
    const phase = this.#toPhase();
    if (from === to && phase === this.phase) return;
    this.phase = phase;
    const now = this.tree.clock.now();
    if (from !== to) this.since = now;
    if (to === "running" && !run.isUp) {
      run.isUp = true;
      run.unlisten();
      run.settleStart(null);
    }
    if (to !== "running") this.startedAt = null;
    else if (from !== "running") this.startedAt = now;
    const { incarnation } = this;
    const fact = { type: "status", from, phase, incarnation, ...(exit !== null && { exit }) } as const;
    if (to === "failed") this.tree.updates.record(this.name, { ...fact, to });
    else if (to !== "backoff") this.tree.updates.record(this.name, { ...fact, to }); // a root has no backoff
  }

  #toPhase(): Phase | null {
    const { state, health } = this.supervisor;
    if (state === "starting") return "launching";
    if (state === "running") return health === "unhealthy" ? "unhealthy" : "healthy";
    if (state === "stopped") return this.exitKind === "completed" ? "completed" : "idle";
    return null;
  }

  #toExit(run: Run, outcome: Outcome, error: SupervisorError | null): Exit {
    if (error === null)
      return outcome.kind === "completed" ? { kind: "completed", value: undefined } : { kind: "stopped" };
    const isStart = !run.isUp && outcome.kind === "failed" && outcome.because !== "stop";
    return { kind: "failed", error: isStart ? toStartFailed(this.supervisor, error) : error, cause: "supervisor" };
  }
}
