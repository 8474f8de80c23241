// A unit: the user's code of one incarnation, from its begin to its end. It tells the service chart that it is ready,
// failing or over; the first cause of an end wins. What the code is (run, start, actor, services) is its subclasses'.
//
// It is a plain object and not an actor: the chart keeps its state, and an actor for each would double the price of a
// service. (A unit that is an actor, or a supervisor, holds that actor.)

import type { AnyActorRef } from "xstate";
import type { ActorEnded, Exit, FailureCause, ServiceEvent } from "../../machines/events.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import type { Decision, Logger, ServiceContext } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { describe, textOf } from "../contract/wording.ts";
import type { ServicePlan } from "../definition/plan.ts";
import { Context } from "./context.ts";
import type { Hosted } from "./host.ts";
import type { Incarnation } from "./scope.ts";
import type { Tree } from "./tree.ts";
import { Watchdog } from "./watchdog.ts";

/** How long what ends itself by force at its stop deadline may take for it. */
const forceGraceMs = 2_000;

/** How the user's code came to an end. */
export type Outcome =
  | { readonly kind: "completed"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error };

/** The child whose incarnation a unit is. */
export interface UnitOwner {
  readonly tree: Tree;
  readonly plan: ServicePlan;
  readonly path: string;
  readonly log: Logger;
  readonly actor: AnyActorRef;
  /** Of a nested supervisor. */
  readonly family: Hosted | null;
  /** Whether its failure restarts others. */
  readonly isGrouped: boolean;
  /** Neither it nor any supervisor above it has been asked to stop. */
  readonly isWanted: boolean;
  readonly use: ServiceContext["use"];
  send(event: ServiceEvent): void;
  noteUnstopped(unit: Unit): void;
  noteLate(unit: Unit, error: Error | null): void;
}

export abstract class Unit implements Incarnation {
  readonly child: UnitOwner;
  readonly incarnation: number;
  /** What dependants are given. */
  value: unknown = undefined;
  /** When it was asked to end. */
  askedAt: number | null = null;
  #stage: "pending" | "begun" | "ready" | "over" | "abandoned" = "pending";
  #failure: { readonly error: Error; readonly cause: FailureCause } | null = null;
  #controller: AbortController | null = null;
  /** Made for code that can be ended by force. */
  #force: { readonly controller: AbortController; timer: unknown } | null = null;
  #context: Context | null = null;
  #watch: Watchdog | null = null;

  constructor(child: UnitOwner, incarnation: number) {
    this.child = child;
    this.incarnation = incarnation;
  }

  /** Runs the user's code. A throw is a failed end. */
  protected abstract execute(): void;
  /** Asks the user's code to end; called once. It calls `end` when it has. */
  protected abstract interrupt(): void;
  /** What its failures are put down to. */
  protected get ownCause(): FailureCause {
    return "error";
  }

  get context(): Context {
    this.#context ??= new Context(this);
    return this.#context;
  }

  /** Made when somebody looks at it: most of a unit's memory is the signal. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.askedAt !== null) this.#controller.abort(this.child.tree.stopReason);
    }
    return this.#controller.signal;
  }

  /** Made when somebody looks at it: whoever does, says that it can end by force. */
  get forceSignal(): AbortSignal {
    if (this.#force === null) {
      this.#force = { controller: new AbortController(), timer: undefined };
      if (this.#stage === "abandoned") this.#force.controller.abort(this.child.tree.stopReason);
    }
    return this.#force.controller.signal;
  }

  get isOver(): boolean {
    return this.#stage === "over" || this.#stage === "abandoned";
  }

  /** Why it must be ended, if it failed while it was up or coming up. */
  get failure(): Error | null {
    return this.#failure?.error ?? null;
  }

  /** It was asked to end, or is to end because it failed. */
  get isEnding(): boolean {
    return this.askedAt !== null || this.#failure !== null || this.isOver;
  }

  /** Runs the user's code, unless a stop was faster. */
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

  /** It is up. `value`: what dependants are given, unless it has one. */
  ready(value?: unknown): void {
    if (this.#stage !== "begun" || this.isEnding) return;
    this.#stage = "ready";
    this.value ??= value;
    const { tree, plan } = this.child;
    if (plan.watchdogMs !== undefined) this.#watch = new Watchdog(this, plan.watchdogMs);
    this.child.send({ type: "unit.ready", incarnation: this.incarnation, at: tree.clock.now() });
  }

  heartbeat(): void {
    this.#watch?.feed();
  }

  /** It must be ended, as failed. */
  fail(error: Error, cause: FailureCause = "error"): void {
    if (this.isEnding) {
      this.child.log.debug({ err: error, incarnation: this.incarnation }, "failed again while it was ending");
      return;
    }
    this.#failure = { error, cause };
    this.child.send({ type: "unit.failing", incarnation: this.incarnation });
  }

  blame(error: Error): void {
    const { tree, path, log } = this.child;
    const { incarnation } = this;
    tree.turns.enter(() => {
      tree.updates.record(path, { type: "stray-error", error });
      log.error({ err: error, incarnation }, "an error escaped from its code into the host");
      this.fail(error);
    });
  }

  /** Asks it to end. Code that has not begun never does. */
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

  /** The deadline has passed. What can end by force, does; what is still there after that is left behind. */
  abandon(): void {
    if (this.isOver) return;
    if (this.#force === null) return this.#leaveBehind();
    const { controller } = this.#force;
    if (controller.signal.aborted) return;
    const { clock, turns, stopReason } = this.child.tree;
    this.#force.timer = clock.setTimeout(() => turns.enter(() => this.#leaveBehind()), forceGraceMs);
    this.inside(() => controller.abort(stopReason));
  }

  #leaveBehind(): void {
    if (this.isOver) return;
    this.#close("abandoned");
    this.child.noteUnstopped(this);
    this.#report({ kind: "unstopped" });
  }

  /** The user's code has ended. */
  end(outcome: Outcome): void {
    if (this.#stage === "over") return;
    if (this.#stage === "abandoned") {
      this.#stage = "over";
      this.child.noteLate(this, outcome.kind === "failed" && !this.#isAbort(outcome.error) ? outcome.error : null);
      return;
    }
    this.#close("over");
    this.#report(this.#toExit(outcome));
  }

  /** What XState tells of a unit's actor. */
  relayActorEnd(_event: ActorEnded): void {}

  #close(stage: "over" | "abandoned"): void {
    this.#stage = stage;
    this.#watch?.stop();
    if (this.#force?.timer !== undefined) this.child.tree.clock.clearTimeout(this.#force.timer);
    this.value = undefined;
  }

  #toExit(outcome: Outcome): Exit {
    if (this.#failure !== null) return { kind: "failed", ...this.#failure };
    if (outcome.kind === "failed") {
      if (this.askedAt !== null && this.#isAbort(outcome.error)) return { kind: "stopped" };
      return { kind: "failed", error: outcome.error, cause: this.ownCause };
    }
    return this.askedAt !== null ? { kind: "stopped" } : outcome;
  }

  /** Only an answer to the request counts: the abort of something else is a failure like any other. */
  #isAbort(error: Error): boolean {
    return textOf(error, "name") === "AbortError" || error === this.child.tree.stopReason;
  }

  #report(exit: Exit): void {
    const { tree, plan } = this.child;
    const own = this.askedAt === null || this.#failure !== null;
    const judged: Exit =
      exit.kind === "unstopped" && this.#failure !== null ? { kind: "failed", ...this.#failure } : exit;
    const wish = own && plan.decide ? this.#askDecide(plan.decide, judged) : undefined;
    const { incarnation } = this;
    const at = tree.clock.now();
    const chance = own && judged.kind === "failed" && plan.rule.restart.jitter > 0 ? tree.drawChance() : 0.5;
    const grouped = this.child.isGrouped;
    this.child.send(
      wish === undefined
        ? { type: "unit.ended", incarnation, exit, at, chance, grouped }
        : { type: "unit.ended", incarnation, exit, at, chance, grouped, wish },
    );
  }

  #askDecide(decide: (exit: Exit) => Decision | undefined, exit: Exit): Decision | undefined {
    try {
      const wish = this.inside(() => decide(exit));
      if (wish === undefined || decisions.has(wish)) return wish;
      // An async function's answer comes too late; its rejection must harm nobody.
      if (isThenable(wish)) Promise.resolve(wish).catch(() => {});
      throw new SupervisorError(
        "ERR_INVALID_SPEC",
        `${this.child.path}: restart.decide must return "restart", "stop", "fail", "escalate" or undefined; got ${describe(wish)}`,
        { path: this.child.path },
      );
    } catch (error) {
      this.child.log.error({ err: toError(error) }, "restart.decide failed; the restart policy applies");
      return undefined;
    }
  }
}

const decisions: ReadonlySet<string> = new Set(["restart", "stop", "fail", "escalate"]);
