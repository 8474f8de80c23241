// service.ts: one child of a supervisor (a service or a nested supervisor) in a running tree.
// It is the port of the service's chart: it carries out the chart's requests after each transition, and reports each
// change to its supervisor, its dependants, its probes and the updates. Longer than other files: the requests and the
// reports share every field of a child, and a second class beside it would cost memory for each service.

import type { ActorRefFrom, SnapshotFrom } from "xstate";
import type { ActorEnded, By, Exit, ServiceEvent } from "../../machines/events.ts";
import { judgeGate } from "../../machines/policies/gate.ts";
import type { Rating } from "../../machines/policies/health.ts";
import { isGrouping } from "../../machines/policies/strategy.ts";
import { type ServiceMachine, type ServicePort, serviceChart } from "../../machines/service.ts";
import { isStop } from "../../machines/service-parts.ts";
import type { Phase, ServiceState, Standing } from "../../machines/states.ts";
import type { Logger } from "../contract/spec.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { contextOf, RunnableChart } from "../engine/charts.ts";
import type { ChartHost, Witnesses } from "../engine/witness.ts";
import { stopActor } from "../engine/xstate.ts";
import { dependantsUp, judgeDependants, type Touch, touchDependants } from "./dependants.ts";
import { type Edge, Links, noLinks } from "./edge.ts";
import { toGaveUp, toHopeless, toStartTimeout, toUnstopped } from "./failures.ts";
import { awaitsGiver } from "./holdings.ts";
import { toUnitEnded } from "./judgement.ts";
import { Prober } from "./probe.ts";
import { Schedule } from "./schedule.ts";
import { logFailure, type Place, placeOf, toStatusUpdate } from "./service-change.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import type { Tree } from "./tree.ts";
import type { Unit } from "./unit.ts";
import { createUnit } from "./units.ts";

type Snapshot = SnapshotFrom<ServiceMachine>;

const chart = new RunnableChart(serviceChart);

const idle = placeOf({ stopped: "idle" });
const noTouches: readonly Touch[] = [];

export class Child implements ServicePort, ChartHost {
  readonly plan: ServicePlan;
  readonly parent: TreeSupervisor;
  /** Definition order among its siblings. */
  order: number;
  readonly actor: ActorRefFrom<ServiceMachine>;
  /** The nested supervisor; null for a service. */
  readonly supervisor: TreeSupervisor | null;
  readonly #probers: readonly Prober[] | null;
  readonly #schedule: Schedule | null;

  // The current status, as the chart last reported it. Inside a transition the actor's snapshot is still the old one.
  context: Snapshot["context"];
  place: Place = idle;
  since: number;
  exit: Exit | null = null;
  error: Error | null = null;
  unhealthyError: Error | null = null;
  unit: Unit | null = null;

  // Kept here for others: by its supervisor's aggregate, and by the edges between it and its siblings.
  rating: Rating = "unhealthy";
  links: Links = noLinks;

  /** How often its chart has changed. */
  #changes = 0;
  #watchers: Set<() => void> | null = null;
  /** Made when it is first read: a service that nobody observes needs none. */
  #path: string | null = null;

  constructor(
    plan: ServicePlan,
    parent: TreeSupervisor,
    order: number,
    nest: (plan: SupervisorPlan, owner: Child) => TreeSupervisor,
  ) {
    this.plan = plan;
    this.parent = parent;
    this.order = order;
    this.since = this.tree.clock.now();
    this.actor = this.tree.charts.start(chart, parent.actor, null, { rule: plan.rule, port: this });
    this.context = contextOf(this.actor);
    this.supervisor = plan.supervisor === null ? null : nest(plan.supervisor, this);
    this.#probers =
      plan.options.probes.length === 0 ? null : plan.options.probes.map((probe) => new Prober(this, probe));
    this.#schedule = plan.options.nextRun === undefined ? null : new Schedule(this, plan.options.nextRun);
  }

  /** Its path stands for it where a context of its chart is serialised. */
  toJSON(): string {
    return this.path;
  }

  get tree(): Tree {
    return this.parent.tree;
  }

  get path(): string {
    this.#path ??= `${this.parent.path}/${this.plan.name}`;
    return this.#path;
  }

  get role(): "service" {
    return "service";
  }

  get witnesses(): Witnesses {
    return this.tree.witnesses;
  }

  get log(): Logger {
    return this.tree.logger.child({ path: this.path });
  }

  // Questions about the current status.

  get state(): ServiceState {
    return this.place.state;
  }

  get phase(): Phase | null {
    return this.place.phase;
  }

  get standing(): Standing {
    return this.place.standing;
  }

  get isLive(): boolean {
    return this.standing.isLive;
  }

  get isHealthy(): boolean {
    return this.state === "running" && this.phase === "healthy";
  }

  /** Neither it nor any supervisor above it has been asked to stop. A request above it may not have reached it yet. */
  get isWanted(): boolean {
    return this.standing.isWanted && this.parent.isWanted;
  }

  /** Healthy, completed, or waiting for its next run. */
  get isUp(): boolean {
    return this.standing.isUp;
  }

  /** When its next run is due; null for a service without a schedule, and while it is down. */
  get nextRunAt(): number | null {
    return this.#schedule?.nextRunAt ?? null;
  }

  /** It runs, or is about to. */
  get isUpOrComing(): boolean {
    return this.standing.isServing || this.phase === "launching";
  }

  /** Added at run time, and never up yet: its failures do not affect its siblings or its supervisor. */
  get isNewcomer(): boolean {
    return this.parent.addedIn(this) !== null && !this.context.wasUp;
  }

  /** Whether its failure restarts others. */
  get isGrouping(): boolean {
    return isGrouping(this.parent.plan.strategy) && !this.isNewcomer;
  }

  /** Stopped with its group, and not to come back with it. */
  get isDismissedWithGroup(): boolean {
    return this.phase === "dismissed" && this.context.verdict !== "stop";
  }

  /** It has completed a run, and its policy begins the next one. It counts for health as in that run. */
  get isBetweenRuns(): boolean {
    const { exit, verdict } = this.context;
    if (exit?.kind !== "completed" || verdict !== "restart") return false;
    return this.state === "backoff" || this.phase === "waiting" || this.phase === "delaying";
  }

  /** Stopped by the user, or about to be. */
  get isStoppedByHand(): boolean {
    return this.phase === "byHand" || (this.standing.isEnding && this.context.intent === "byHand");
  }

  /** It is down, or will be once its stop is over. */
  get isDownOrGoing(): boolean {
    return !this.isLive || (this.standing.isEnding && isStop(this.context.intent));
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

  /** Takes a new place among its siblings, with no dependencies yet. */
  unlink(order: number): void {
    this.order = order;
    if (this.links !== noLinks) this.links.cut();
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

  // Its links to others.

  get dependencies(): readonly Edge[] {
    return this.links.dependencies;
  }

  get dependants(): readonly Edge[] {
    return this.links.dependants;
  }

  get holders(): Iterable<Unit> {
    return this.links.holders ?? [];
  }

  get isHeldByOthers(): boolean {
    return this.links.holders !== null && this.links.holders.size > 0;
  }

  addHolder(unit: Unit): void {
    const links = this.ownLinks;
    links.holders ??= new Set();
    links.holders.add(unit);
  }

  dropHolder(unit: Unit): void {
    this.links.holders?.delete(unit);
  }

  /** Its links, to be changed. */
  get ownLinks(): Links {
    if (this.links === noLinks) this.links = new Links();
    return this.links;
  }

  // Reports of its units.

  onReady(unit: Unit): void {
    this.send({ type: "unit.ready", incarnation: unit.incarnation, at: this.tree.clock.now() });
  }

  onFailing(unit: Unit): void {
    this.send({ type: "unit.failing", incarnation: unit.incarnation });
  }

  onEnded(unit: Unit, exit: Exit): void {
    if (exit.kind === "unstopped") this.#recordUnstopped(unit);
    this.send(toUnitEnded(this, unit, exit));
  }

  #recordUnstopped(unit: Unit): void {
    const waitedMs = this.#waitedMs(unit);
    this.tree.updates.record(this.path, { type: "unstopped", incarnation: unit.incarnation, waitedMs });
    this.log.error({ incarnation: unit.incarnation, waitedMs }, "still running after its stop deadline; left behind");
  }

  #waitedMs(unit: Unit | null): number {
    const now = this.tree.clock.now();
    return now - (unit?.askedAt ?? now);
  }

  /** A unit that was left behind has ended. */
  onLate(unit: Unit, error: Error | null): void {
    const outcome = error === null ? ("completed" as const) : ("failed" as const);
    this.tree.turns.enter(() =>
      this.tree.updates.record(this.path, {
        type: "late",
        incarnation: unit.incarnation,
        outcome,
        ...(error !== null && { error }),
      }),
    );
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
    this.#record(from, fromPhase, exit);
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
      this.error = toUnstopped(this, this.#waitedMs(this.unit), this.unit?.failure?.error ?? null);
    if (verdict === "give-up") this.error = toGaveUp(this, failures, this.error);
    this.unhealthyError = null;
    if (exit.kind === "failed") logFailure(this, failures);
  }

  #record(from: ServiceState, fromPhase: Phase | null, exit: Exit | null): void {
    const { state: to, phase } = this;
    const { updates } = this.tree;
    const seq = updates.next("status");
    if (seq !== null) updates.push(toStatusUpdate(this, from, exit, seq, to === from ? updates.now() : this.since));
    if (from === "running" && to === "running" && fromPhase !== phase) {
      const error = phase === "unhealthy" ? this.unhealthyError : null;
      updates.record(this.path, {
        type: "service-health",
        healthy: phase === "healthy",
        ...(error !== null && { error }),
      });
    }
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
