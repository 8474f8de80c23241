// probe.ts: runs the health checks of one probe for its chart, and reports the verdict to the service's chart.

import type { ActorRefFrom } from "xstate";
import type { ProbeEvent } from "../../machines/events.ts";
import { type ProbeMachine, type ProbePort, probeChart } from "../../machines/probe.ts";
import { SupervisorError, toError } from "../contract/errors.ts";
import { isThenable } from "../contract/thenable.ts";
import { textOf } from "../contract/wording.ts";
import type { ProbePlan } from "../definition/plan.ts";
import { RunnableChart } from "../engine/charts.ts";
import type { ChartHost } from "../engine/witness.ts";
import { stopActor } from "../engine/xstate.ts";
import { toStartTimeout } from "./failures.ts";
import type { Child } from "./service.ts";
import type { Unit } from "./unit.ts";

interface Check {
  readonly check: number;
  readonly controller: AbortController;
  readonly unit: Unit;
}

const chart = new RunnableChart(probeChart);

/** Nobody watches the charts of probes: every check of every service would crowd out all other events. */
const nobody = { all: null };

export class Prober implements ProbePort, ChartHost {
  readonly #child: Child;
  readonly #plan: ProbePlan;
  readonly #actor: ActorRefFrom<ProbeMachine>;
  /** The incarnation that is probed. */
  #unit: Unit | null = null;
  /** The check in flight. */
  #current: Check | null = null;
  /** The incarnation whose last check has not settled in time. No other check of it begins before that one settles. */
  #overdue: Unit | null = null;
  /** For `health`, a start is over at the first pass. This timer fails the incarnation at the start timeout. */
  #firstPass: unknown = undefined;
  #hasPassed = false;
  /** When the newest incarnation was launched. */
  launchedAt = 0;

  constructor(child: Child, plan: ProbePlan) {
    this.#child = child;
    this.#plan = plan;
    this.#actor = child.tree.charts.start(chart, child.actor, null, { rule: plan.rule, port: this });
  }

  get path(): string {
    return `${this.#child.path}.${this.#plan.kind}`;
  }

  get role(): "service" {
    return "service";
  }

  get witnesses(): ChartHost["witnesses"] {
    return nobody;
  }

  toJSON(): string {
    return this.path;
  }

  note(): void {}

  failInternally(error: unknown): void {
    this.#child.tree.failInternally(error);
  }

  /** Probes while the service is up. */
  follow(up: boolean): void {
    this.#unit = up ? this.#child.unit : null;
    this.#hasPassed = false;
    this.#clearFirstPass();
    if (up && this.#plan.kind === "health") this.#limitFirstPass(this.#child.unit!);
    this.#send({ type: up ? "probe.start" : "probe.stop" });
  }

  /** The start timeout goes on until the first pass. */
  #limitFirstPass(unit: Unit): void {
    const { clock } = this.#child.tree;
    const { startTimeoutMs } = this.#child.plan.rule;
    if (startTimeoutMs === Number.POSITIVE_INFINITY) return;
    const leftMs = Math.max(0, this.launchedAt + startTimeoutMs - clock.now());
    this.#firstPass = clock.setTimeout(() => {
      this.#firstPass = undefined;
      this.#child.tree.turns.enter(() => unit.fail(toStartTimeout(this.#child), "start-timeout"));
    }, leftMs);
  }

  #clearFirstPass(): void {
    if (this.#firstPass !== undefined) this.#child.tree.clock.clearTimeout(this.#firstPass);
    this.#firstPass = undefined;
  }

  dispose(): void {
    this.#clearFirstPass();
    stopActor(this.#actor);
  }

  runCheck(check: number): void {
    this.#child.tree.turns.later(() => {
      const unit = this.#unit;
      if (unit === null) return;
      const current = { check, controller: new AbortController(), unit };
      this.#current = current;
      if (this.#overdue === unit) return this.#settle(current, this.#toOverdue());
      const { value } = unit;
      const context = { value, signal: current.controller.signal, path: this.#child.path };
      const settle = (error: Error | null) => this.#settle(current, error);
      try {
        const result = unit.inside(() => this.#plan.check(context));
        if (!isThenable(result)) return settle(judge(result));
        this.#overdue = unit;
        const settled = (error: Error | null) => {
          if (this.#overdue === unit) this.#overdue = null;
          settle(error);
        };
        Promise.resolve(result).then(
          (answer) => settled(judge(answer)),
          (error) => settled(toError(error)),
        );
      } catch (error) {
        settle(toError(error));
      }
    });
  }

  #toOverdue(): Error {
    return new Error(`${this.#child.path}: the ${this.#plan.kind} check before this one has not settled`);
  }

  expireCheck(): void {
    const current = this.#current;
    const message = `${this.#child.path}: ${this.#plan.kind} check took longer than ${this.#plan.rule.timeoutMs} ms (timeoutMs)`;
    this.#child.tree.turns.later(() => {
      if (current === null || current !== this.#current) return;
      const error = new Error(message);
      this.#settle(current, error);
      current.unit.inside(() => current.controller.abort(error));
    });
  }

  cancelCheck(): void {
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    const { turns, stopReason } = this.#child.tree;
    turns.later(() => current.unit.inside(() => current.controller.abort(stopReason)));
  }

  reportPassing(): void {
    this.#hasPassed = true;
    this.#clearFirstPass();
    if (this.#plan.kind === "liveness") return;
    this.#child.tree.turns.later(() => this.#child.send({ type: "readiness.passed" }));
  }

  reportFailing(error: Error): void {
    const { kind, rule } = this.#plan;
    const unit = this.#unit;
    this.#child.unhealthyError = error;
    this.#child.tree.turns.later(() => {
      if (kind !== "liveness") this.#reportUnready(error);
      // A start is not over until its health check has passed once: see limitFirstPass.
      if (kind === "readiness" || (kind === "health" && !this.#hasPassed)) return;
      const { path } = this.#child;
      const message = `${path}: ${kind} check failed ${rule.failureThreshold} times in a row: ${textOf(error)}`;
      unit?.fail(new SupervisorError("ERR_LIVENESS", message, { path, cause: error }), "liveness");
    });
  }

  // A service that is unhealthy from its start does not change phase, so its failure is recorded here.
  #reportUnready(error: Error): void {
    const { path, phase, tree } = this.#child;
    if (phase === "unhealthy") {
      tree.turns.enter(() => tree.updates.record(path, { type: "service-health", healthy: false, error }));
    }
    this.#child.send({ type: "readiness.failed" });
  }

  // The first answer of the check in flight counts. An answer of an earlier check is ignored.
  #settle(current: { readonly check: number }, error: Error | null): void {
    if (this.#current !== current) return;
    this.#current = null;
    const { check } = current;
    this.#send(error === null ? { type: "check.passed", check } : { type: "check.failed", check, error });
  }

  #send(event: ProbeEvent): void {
    this.#child.tree.turns.enter(() => this.#actor.send(event));
  }
}

function judge(answer: unknown): Error | null {
  return answer === false ? new Error("the check returned false") : null;
}
