// unit.ts: runs the user's code of one incarnation, and reports to its child when it is ready, failing or over.
// The first cause of an end wins. The subclasses in units.ts run the four kinds of code.
//
// It is a plain object and not an actor: the chart keeps its state, and an actor for each would double the price of a
// service. (A unit that is an actor, or a supervisor, holds that actor.)

import type { ActorEnded, Exit, FailureCause } from "../../machines/events.ts";
import { toError } from "../contract/errors.ts";
import { causeOf, textOf } from "../contract/wording.ts";
import type { Holding } from "./holdings.ts";
import type { Incarnation } from "./scope.ts";
import type { Child } from "./service.ts";
import { Watchdog } from "./watchdog.ts";

/** How long code that reads `forceSignal` may take to end by force after its stop deadline. */
const forceGraceMs = 2_000;

/** The codes of the errors of aborted operations: Node's, and those of HTTP clients. */
const abortCodes: ReadonlySet<string> = new Set(["ABORT_ERR", "ERR_CANCELED"]);

const noHoldings: readonly Holding[] = [];

/** How the user's code came to an end. */
export type Outcome =
  | { readonly kind: "completed"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error };

/** No method is `#private`: V8 keeps a mark of 8 bytes in each object of a class that has one. */
export abstract class Unit implements Incarnation {
  readonly child: Child;
  readonly incarnation: number;
  /** The value that dependants are given. */
  value: unknown = undefined;
  /** When it was asked to end. */
  askedAt: number | null = null;
  #stage: "pending" | "begun" | "ready" | "over" | "abandoned" = "pending";
  #failure: { readonly error: Error; readonly cause: FailureCause } | null = null;
  #controller: AbortController | null = null;
  /** Made for code that can be ended by force. */
  #force: { readonly controller: AbortController; timer: unknown } | null = null;
  #watch: Watchdog | null = null;
  #holdings: Holding[] | null = null;

  constructor(child: Child, incarnation: number) {
    this.child = child;
    this.incarnation = incarnation;
  }

  /** Runs the user's code. A throw is a failed end. */
  protected abstract execute(): void;
  /** Asks the user's code to end; called once. It calls `end` when it has. */
  protected abstract interrupt(): void;
  /** Ends the code if it can be ended from outside. Returns true if nothing of it is left. */
  protected endByForce(): boolean {
    return false;
  }
  /** The cause that its failures are reported with. */
  protected get ownCause(): FailureCause {
    return "error";
  }

  /** Made when it is first read: it would be most of a unit's memory. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.askedAt !== null) this.#controller.abort(this.child.tree.stopReason);
    }
    return this.#controller.signal;
  }

  /** Made when it is first read. Code that reads it is expected to end by force. */
  get forceSignal(): AbortSignal {
    if (this.#force === null) {
      this.#force = { controller: new AbortController(), timer: undefined };
      if (this.#stage === "abandoned") this.#force.controller.abort(this.child.tree.stopReason);
    }
    return this.#force.controller.signal;
  }

  /** Its code has begun, and it is not ready yet. */
  get isStarting(): boolean {
    return this.#stage === "begun";
  }

  /** The values of others that it holds. */
  get holdings(): readonly Holding[] {
    return this.#holdings ?? noHoldings;
  }

  /** Holds the value that a child gives now. */
  hold(of: Child): void {
    const unit = of.unit!;
    this.#holdings ??= [];
    if (this.#holdings.some((holding) => holding.unit === unit)) return;
    this.#holdings.push({ of, unit });
    of.addHolder(this);
  }

  get isOver(): boolean {
    return this.#stage === "over" || this.#stage === "abandoned";
  }

  /** It was left behind after its stop deadline, and has not ended since. */
  get isLeftBehind(): boolean {
    return this.#stage === "abandoned";
  }

  /** The reason to end it, if it failed while it was up or coming up. */
  get failure(): { readonly error: Error; readonly cause: FailureCause } | null {
    return this.#failure;
  }

  /** It was asked to end, or is to end because it failed. */
  get isEnding(): boolean {
    return this.askedAt !== null || this.#failure !== null || this.isOver;
  }

  /** Runs the user's code, unless a stop came first. */
  begin(): void {
    if (this.#stage !== "pending" || !this.child.isWanted) return;
    this.#stage = "begun";
    try {
      if (this.child.tree.scope === null) this.execute();
      else this.inside(() => this.execute());
    } catch (error) {
      this.end({ kind: "failed", error: toError(error) });
    }
  }

  /** Calls the user's code, in the scope of this incarnation where there are scopes. */
  inside<T>(code: () => T): T {
    const { scope } = this.child.tree;
    return scope === null ? code() : scope.inside(this, code);
  }

  /** Reports that it is up. `value` is given to dependants, unless the unit already has a value. */
  ready(value?: unknown): void {
    if (this.#stage !== "begun" || this.isEnding) return;
    this.#stage = "ready";
    if (this.value === undefined) this.value = value;
    const { watchdogMs } = this.child.plan.options;
    if (watchdogMs !== undefined) this.#watch = new Watchdog(this, watchdogMs);
    this.child.onReady(this);
  }

  heartbeat(): void {
    this.#watch?.feed();
  }

  /** Reports that it must be ended as failed. */
  fail(error: Error, cause: FailureCause = "error"): void {
    if (this.isEnding) {
      this.child.log.debug({ err: error, incarnation: this.incarnation }, "failed again while it was ending");
      return;
    }
    this.#failure = { error, cause };
    this.child.onFailing(this);
  }

  blame(error: Error): void {
    const { tree, path, log } = this.child;
    const { incarnation } = this;
    const report = () => {
      tree.updates.record(path, { type: "stray-error", error });
      log.error({ err: error, incarnation }, "an error escaped from its code into the host");
      this.fail(error);
    };
    // It may have escaped from work for a request, in that request's context.
    tree.inContext(() => tree.turns.enter(report));
  }

  /** Asks it to end. Code that has not begun will not begin. */
  ask(): void {
    if (this.askedAt !== null || this.isOver) return;
    this.askedAt = this.child.tree.clock.now();
    this.#watch?.stop();
    if (this.#stage === "pending") return this.end({ kind: "completed", value: undefined });
    this.inside(() => {
      this.#controller?.abort(this.child.tree.stopReason);
      if (!this.isOver) this.interrupt();
    });
  }

  /** Ends the code by force, after the stop deadline, if possible. Code that still runs after that is left behind. */
  abandon(): void {
    if (this.isOver || this.endByForce()) return;
    if (this.#force === null) return this.leaveBehind();
    const { controller } = this.#force;
    if (controller.signal.aborted) return;
    const { clock, turns, stopReason } = this.child.tree;
    this.#force.timer = clock.setTimeout(() => turns.enter(() => this.leaveBehind()), forceGraceMs);
    this.inside(() => controller.abort(stopReason));
  }

  private leaveBehind(): void {
    if (this.isOver) return;
    this.close("abandoned");
    this.child.onEnded(this, { kind: "unstopped" });
  }

  /** The user's code has ended. */
  end(outcome: Outcome): void {
    if (this.#stage === "over") return;
    if (this.#stage === "abandoned") {
      this.#stage = "over";
      this.child.onLate(this, outcome.kind === "failed" && !this.isAbort(outcome.error) ? outcome.error : null);
      return;
    }
    this.close("over");
    this.child.onEnded(this, this.toExit(outcome));
  }

  /** Takes XState's report that the unit's actor has ended. */
  relayActorEnd(_event: ActorEnded): void {}

  private close(stage: "over" | "abandoned"): void {
    this.#stage = stage;
    this.#watch?.stop();
    if (this.#force?.timer !== undefined) this.child.tree.clock.clearTimeout(this.#force.timer);
    this.value = undefined;
    if (this.#holdings !== null) for (const { of } of this.#holdings) of.dropHolder(this);
  }

  private toExit(outcome: Outcome): Exit {
    if (this.#failure !== null) return { kind: "failed", ...this.#failure };
    if (outcome.kind === "failed") {
      if (this.askedAt !== null && this.isAbort(outcome.error)) return { kind: "stopped" };
      return { kind: "failed", error: outcome.error, cause: this.ownCause };
    }
    return this.askedAt !== null ? { kind: "stopped" } : outcome;
  }

  /** Whether an error, or one of its causes, means that the code ended because it was asked to. */
  private isAbort(error: Error): boolean {
    const { stopReason } = this.child.tree;
    let cause: unknown = error;
    for (let depth = 0; depth < 10 && cause !== null && typeof cause === "object"; depth++) {
      if (cause === stopReason || textOf(cause, "name") === "AbortError") return true;
      if (abortCodes.has(textOf(cause, "code"))) return true;
      cause = causeOf(cause);
    }
    return false;
  }
}
