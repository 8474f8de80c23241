// service.ts: one child of a supervisor (a service or a nested supervisor) in a running tree.
// It is the port of the service's chart: it carries out the chart's requests after each transition, and reports each
// change to its supervisor, its dependants, its probes and the updates. What it is now is in child-state.ts.

import type { ActorRefFrom, SnapshotFrom } from "xstate";
import type { ActorEnded, By, Exit, ServiceEvent } from "../../machines/events.ts";
import { judgeGate } from "../../machines/policies/gate.ts";
import { type ServiceMachine, type ServicePort, serviceChart } from "../../machines/service.ts";
import type { ServiceState } from "../../machines/states.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { contextOf, RunnableChart } from "../engine/charts.ts";
import type { ChartHost } from "../engine/witness.ts";
import { stopActor } from "../engine/xstate.ts";
import { ChildState } from "./child-state.ts";
import { dependantsUp, judgeDependants, type Touch, touchDependants } from "./dependants.ts";
import { toGaveUp, toHopeless, toStartTimeout, toUnstopped } from "./failures.ts";
import { awaitsGiver } from "./holdings.ts";
import { toUnitEnded } from "./judgement.ts";
import { Prober } from "./probe.ts";
import { Schedule } from "./schedule.ts";
import { logFailure, placeOf, recordChange, recordLate, recordUnstopped, waitedMs } from "./service-change.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import type { Unit } from "./unit.ts";
import { createUnit } from "./units.ts";

type Snapshot = SnapshotFrom<ServiceMachine>;

const chart = new RunnableChart(serviceChart);

const noTouches: readonly Touch[] = [];

export class Child extends ChildState implements ServicePort, ChartHost {
  readonly actor: ActorRefFrom<ServiceMachine>;
  /** The nested supervisor; null for a service. */
  readonly supervisor: TreeSupervisor | null;
  readonly #probers: readonly Prober[] | null;
  readonly #schedule: Schedule | null;

  /** How often its chart has changed. */
  #changes = 0;
  #watchers: Set<() => void> | null = null;

  constructor(
    plan: ServicePlan,
    parent: TreeSupervisor,
    order: number,
    nest: (plan: SupervisorPlan, owner: Child) => TreeSupervisor,
  ) {
    super(plan, parent, order);
    this.actor = this.tree.charts.start(chart, parent.actor, null, { rule: plan.rule, port: this });
    this.context = contextOf(this.actor);
    this.supervisor = plan.supervisor === null ? null : nest(plan.supervisor, this);
    this.#probers =
      plan.options.probes.length === 0 ? null : plan.options.probes.map((probe) => new Prober(this, probe));
    this.#schedule = plan.options.nextRun === undefined ? null : new Schedule(this, plan.options.nextRun);
  }

  /** When its next run is due; null for a service without a schedule, and while it is down. */
  get nextRunAt(): number | null {
    return this.#schedule?.nextRunAt ?? null;
  }

  // Requests of its supervisor and of the verbs.

  send(event: ServiceEvent): void {
    this.tree.turns.send(this.actor, event);
  }

  start(by: By): void {
    this.#schedule?.prepare();
    if (by === "hand") this.parent.onAskedByHand(this, false);
    this.send({ type: "service.start", by });
    this.#onAsked();
  }

  restart(by: By): void {
    if (by === "hand") this.parent.onAskedByHand(this, false);
    this.send({ type: "service.restart", by });
    this.#onAsked();
  }

  /** Stops it because a dependency stops. `again`: it starts again with that dependency. */
  stopWithDependency(again: boolean): void {
    this.send({ type: "service.stop", by: "dependency", again });
    this.#onAsked();
  }

  stop(by: By, timeoutMs?: number): void {
    if (by === "hand") this.parent.onAskedByHand(this, true);
    this.send(timeoutMs === undefined ? { type: "service.stop", by } : { type: "service.stop", by, timeoutMs });
    this.#onAsked();
  }

  /** A request during a stop changes what follows the stop and not the state, so the rating is updated here. */
  #onAsked(): void {
    if (this.plan.options.significant) this.parent.rerate(this);
  }

  /** Calls back after each change, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
    return () => this.#watchers?.delete(watcher);
  }

  // Requests of its chart (ServicePort).

  consultGate(): void {
    this.tree.turns.later(() => this.offerGate());
  }

  launch(incarnation: number): void {
    const unit = createUnit(this, incarnation);
    this.unit = unit;
    if (this.#probers !== null) for (const prober of this.#probers) prober.launchedAt = this.tree.clock.now();
    this.tree.turns.later(() => unit.begin());
  }

  expireStart(): void {
    this.unit?.fail(toStartTimeout(this), "start-timeout");
  }

  askToStop(): void {
    const { unit } = this;
    this.tree.turns.later(() => unit?.ask());
  }

  abandon(): void {
    const { unit } = this;
    this.tree.turns.later(() => {
      unit?.ask();
      unit?.abandon();
    });
  }

  skipRun(): void {
    const { state, phase } = this;
    const forMs = Math.round(this.tree.clock.now() - this.since);
    this.log.warn({ state, phase, forMs }, "a run is due while the one before is not over: it is skipped");
  }

  relayActorEnd(event: ActorEnded): void {
    const { unit } = this;
    this.tree.turns.later(() => unit?.relayActorEnd(event));
  }

  // Reports of its units.

  onReady(unit: Unit): void {
    this.send({ type: "unit.ready", incarnation: unit.incarnation, at: this.tree.clock.now() });
  }

  onFailing(unit: Unit): void {
    this.send({ type: "unit.failing", incarnation: unit.incarnation });
  }

  onEnded(unit: Unit, exit: Exit): void {
    if (exit.kind === "unstopped") recordUnstopped(this, unit);
    this.send(toUnitEnded(this, unit, exit));
  }

  /** A unit that was left behind has ended. */
  onLate(unit: Unit, error: Error | null): void {
    recordLate(this, unit, error);
  }

  // Called inside each transition of its chart. It records the change, and acts on it after the transition.

  note(value: Snapshot["value"], context: Snapshot["context"]): void {
    this.context = context;
    const { place: before } = this;
    const { state: from, phase: fromPhase, standing } = before;
    const place = placeOf(value);
    const { state: to, phase } = place;
    const exit = context.exit === this.exit ? null : context.exit;
    if (from === to && fromPhase === phase && exit === null) return;
    if (to !== from) this.since = this.tree.clock.now();
    this.place = place;
    if (exit !== null) this.#setExit(exit);
    recordChange(this, before, exit);
    this.parent.recount(before, place);
    // Collected before refresh(), which may start dependants for which this one is optional: they must be left alone.
    const hasGone = standing.isServing && !this.standing.isServing;
    const touched = hasGone ? dependantsUp(this) : noTouches;
    this.refresh();
    const change = ++this.#changes;
    this.tree.turns.later(() => this.#act(from, to, exit, change, touched));
  }

  failInternally(error: unknown): void {
    this.tree.failInternally(error);
  }

  #setExit(exit: Exit): void {
    const { verdict, failures } = this.context;
    if (exit.kind !== "stopped") this.tree.rush.noteEnd();
    this.exit = exit;
    if (exit.kind === "failed") this.error = exit.error;
    if (exit.kind === "unstopped")
      this.error = toUnstopped(this, waitedMs(this, this.unit), this.unit?.failure?.error ?? null);
    if (verdict === "give-up") this.error = toGaveUp(this, failures, this.error);
    this.unhealthyError = null;
    if (exit.kind === "failed") logFailure(this, failures);
  }

  /** Updates its rating and the gates of its dependants, at a constant cost per dependant. */
  refresh(): void {
    this.parent.rerate(this);
    if (this.dependants.length > 0) judgeDependants(this);
  }

  #act(from: ServiceState, to: ServiceState, exit: Exit | null, change: number, touched: readonly Touch[]): void {
    const { parent } = this;
    if (this.#probers !== null && (from === "running") !== (to === "running")) {
      for (const prober of this.#probers) prober.follow(to === "running");
    }
    this.#schedule?.follow();
    // The supervisor first: it may stop everything in order because of this end, or restart a group.
    if (exit !== null) parent.onEnd(this, to, exit);
    if (touched.length > 0) touchDependants(this, touched);
    // Several changes may be queued before this runs. Each has reported its own exit; only the newest acts on the
    // current state.
    if (change !== this.#changes) return;
    parent.onChange(this);
    if (this.#watchers !== null) for (const watcher of [...this.#watchers]) watcher();
  }

  /** While it waits: sends its chart the current verdict of its gate. */
  offerGate(): void {
    if (this.phase !== "waiting") return;
    const verdict = judgeGate(this.links);
    if (verdict === "open" && !awaitsGiver(this)) this.send({ type: "gate.opened" });
    else if (verdict === "hopeless") this.send({ type: "gate.hopeless", error: toHopeless(this) });
  }

  /** Ends its actors, when it is removed from the tree. */
  dispose(): void {
    for (const prober of this.#probers ?? []) prober.dispose();
    this.#schedule?.dispose();
    if (this.#watchers !== null) for (const watcher of [...this.#watchers]) watcher();
    this.supervisor?.dispose();
    stopActor(this.actor);
  }
}
