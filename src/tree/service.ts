// A child: one service (or nested supervisor) in its supervisor's table. It is the port of the service's chart: it
// does what the chart asks for, after the transition, and tells everybody concerned what the chart has become.

import { type ActorRefFrom, createActor, type SnapshotFrom } from "xstate";
import type { ActorEnded, By, Exit, ServiceEvent } from "../../machines/events.ts";
import { once } from "../../machines/once.ts";
import { judgeGate } from "../../machines/policies/gate.ts";
import type { Health, Rating } from "../../machines/policies/health.ts";
import { type ServiceMachine, type ServicePort, serviceChart } from "../../machines/service.ts";
import { serviceParts } from "../../machines/service-parts.ts";
import type { SupervisorMachine } from "../../machines/supervisor.ts";
import type { SupervisorError } from "../contract/errors.ts";
import type { Logger, ServiceContext, ServiceSpec } from "../contract/spec.ts";
import type { ServiceState } from "../contract/states.ts";
import { describe } from "../contract/wording.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { compiled } from "../engine/compile.ts";
import { reporting } from "../engine/witness.ts";
import { dependantsUp, tellDependants, touchDependants, valueOfDependency } from "./dependants.ts";
import type { Edge, EdgeEnd } from "./edge.ts";
import { toGaveUp, toHopeless, toStartTimeout, toUnstopped } from "./failures.ts";
import type { Hosted } from "./host.ts";
import { type Probed, Prober } from "./probe.ts";
import { logFailure, toState, toStatusUpdate } from "./service-facts.ts";
import type { Tree } from "./tree.ts";
import type { Unit } from "./unit.ts";
import { createUnit } from "./units.ts";

type Snapshot = SnapshotFrom<ServiceMachine>;

/** The one machine of all services; as XState runs it where somebody inspects each microstep. */
const serviceLogic = once(() => reporting(compiled(serviceChart(), serviceParts.updates)));
const inspectedLogic = once(() => reporting(serviceChart()));

const noEdges: readonly Edge<Child>[] = [];

/** A supervisor's table, as its children and those who look at it see it. */
export interface Table extends Hosted {
  readonly plan: SupervisorPlan;
  readonly path: string;
  readonly tree: Tree;
  readonly actor: ActorRefFrom<SupervisorMachine>;
  readonly children: ReadonlyMap<string, Child>;
  readonly counts: Readonly<Record<ServiceState, number>>;
  readonly state: ServiceState;
  readonly health: Health;
  readonly isSupervising: boolean;
  /** It supervises, and no supervisor above it has been asked to stop. */
  readonly isWanted: boolean;
  /** Why it gave up, in this start or the last. */
  readonly failure: SupervisorError | null;
  /** One error for each service that failed to stop, or not in time, in this start or the last. */
  readonly stopErrors: readonly SupervisorError[];
  /** While a group waits for its backoff: when it starts. */
  readonly groupStartsAt: number | null;
  recount(from: ServiceState, to: ServiceState): void;
  rerate(child: Child): void;
  noteEnd(child: Child, state: ServiceState, exit: Exit): void;
  noteChange(child: Child): void;
  noteDown(child: Child): void;
  /** Adds a child at run time; it is started by whoever adds it. */
  add(plan: ServicePlan): Child;
  /** Forgets a child that is down. */
  remove(child: Child): void;
  dispose(): void;
}

export class Child implements ServicePort, EdgeEnd, Probed {
  readonly plan: ServicePlan;
  readonly parent: Table;
  readonly tree: Tree;
  readonly path: string;
  /** Definition order among its siblings. */
  order: number;
  readonly actor: ActorRefFrom<ServiceMachine>;
  /** Of a nested supervisor: its own children. */
  readonly family: Table | null;
  readonly #probers: readonly Prober[] | null;

  // What it is now, as its chart last reported.
  state: ServiceState = "stopped";
  phase: string | null = null;
  /** In backoff until its supervisor restarts it with its group. */
  isHeld = false;
  since: number;
  exit: Exit | null = null;
  error: Error | null = null;
  unhealthyError: Error | null = null;
  rating: Rating = "unhealthy";
  unit: Unit | null = null;

  /** Added at run time, and never up yet: its failures concern nobody else. */
  newcomer = false;
  /** Added at run time, in this start of its supervisor: forgotten when that starts anew. */
  addedIn: number | null = null;
  /** Stopped by hand: nobody but a hand or a new start of its supervisor starts it. */
  byHand = false;
  /** Ended for good by itself, in this start of its supervisor. */
  settled = false;
  /** Part of a group that is being restarted. */
  regrouping = false;

  /** What it depends on, and what depends on it. */
  dependencies: readonly Edge<Child>[] = noEdges;
  dependants: readonly Edge<Child>[] = noEdges;
  closedEdges = 0;
  hopelessEdges = 0;
  /** Whether its own end is still to come, as autoShutdown counts. */
  isAwaited = false;

  /** How often its chart has reported. */
  #notes = 0;
  #watchers: Set<() => void> | null = null;
  /** The restart by hand that others may share, until a stop overtakes it. */
  restartInProgress: Promise<void> | null = null;

  constructor(plan: ServicePlan, parent: Table, order: number, nest: (plan: SupervisorPlan, owner: Child) => Table) {
    this.plan = plan;
    this.parent = parent;
    this.tree = parent.tree;
    this.path = `${parent.path}/${plan.name}`;
    this.order = order;
    this.since = this.tree.clock.now();
    this.actor = createActor(this.tree.isInspected ? inspectedLogic() : serviceLogic(), {
      parent: parent.actor,
      id: this.path,
      input: { rule: plan.rule, port: this },
    }) as ActorRefFrom<ServiceMachine>;
    this.actor.start();
    this.family = plan.supervisor === null ? null : nest(plan.supervisor, this);
    this.#probers = plan.probes.length === 0 ? null : plan.probes.map((probe) => new Prober(this, probe));
  }

  /** For whoever serialises a context of the chart. */
  toJSON(): string {
    return this.path;
  }

  get role(): "service" {
    return "service";
  }

  get log(): Logger {
    return this.tree.logger.child({ path: this.path });
  }

  get context(): Snapshot["context"] {
    return this.actor.getSnapshot().context;
  }

  get isLive(): boolean {
    return this.state !== "stopped" && this.state !== "failed";
  }

  get isHealthy(): boolean {
    return this.state === "running" && this.phase === "healthy";
  }

  /** Neither it nor any supervisor above it has been asked to stop, though that may not have come down to it yet. */
  get isWanted(): boolean {
    return (this.state === "starting" || this.state === "running") && this.parent.isWanted;
  }

  /** Up, or done with what it was for. */
  get isUp(): boolean {
    return this.isHealthy || this.hasCompleted;
  }

  get hasCompleted(): boolean {
    return this.state === "stopped" && this.settled && this.exit?.kind === "completed";
  }

  /** Whether its failure restarts others. */
  get isGrouped(): boolean {
    return this.parent.plan.strategy !== "one-for-one" && !this.newcomer;
  }

  // What its supervisor and its users ask of it.

  send(event: ServiceEvent): void {
    this.tree.turns.send(this.actor, event);
  }

  start(by: By): void {
    this.#forgive();
    this.send({ type: "service.start", by });
  }

  restart(by: By): void {
    this.#forgive();
    this.send({ type: "service.restart", by });
  }

  stop(by: By, timeoutMs?: number): void {
    if (by === "hand" || by === "dependency") this.#setByHand();
    this.restartInProgress = null;
    this.send(timeoutMs === undefined ? { type: "service.stop" } : { type: "service.stop", timeoutMs });
  }

  /** Forgets how it ended, before its supervisor starts anew. */
  freshen(): void {
    if (this.regrouping) this.leaveGroup();
    this.#forgive();
  }

  #forgive(): void {
    if (!this.byHand && !this.settled) return;
    this.byHand = false;
    this.settled = false;
    this.refresh();
  }

  #setByHand(): void {
    this.byHand = true;
    this.refresh();
  }

  /** Its group starts, or will not: what it looks like now is what it is. */
  leaveGroup(): void {
    this.regrouping = false;
    this.refresh();
    this.tree.turns.later(() => this.#tellWatchers());
  }

  /** Takes a new place among its siblings, with no dependencies yet. */
  unlink(order: number): void {
    this.order = order;
    this.dependencies = noEdges;
    this.dependants = noEdges;
    this.closedEdges = 0;
    this.hopelessEdges = 0;
  }

  /** Calls back after each change, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
    return () => this.#watchers?.delete(watcher);
  }

  // What its chart asks for.

  consultGate(): void {
    this.tree.turns.later(() => this.offerGate());
  }

  launch(incarnation: number): void {
    const unit = createUnit(this, incarnation);
    this.unit = unit;
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

  relayActorEnd(event: ActorEnded): void {
    const { unit } = this;
    this.tree.turns.later(() => unit?.relayActorEnd(event));
  }

  // What its units tell beside the chart.

  noteUnstopped(unit: Unit): void {
    const waitedMs = this.#waitedMs(unit);
    this.tree.updates.record(this.path, { type: "unstopped", incarnation: unit.incarnation, waitedMs });
    this.log.error({ incarnation: unit.incarnation, waitedMs }, "still running after its stop deadline; left behind");
  }

  #waitedMs(unit: Unit | null): number {
    const now = this.tree.clock.now();
    return now - (unit?.askedAt ?? now);
  }

  noteLate(unit: Unit, error: Error | null): void {
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

  // What its chart has become. This runs inside the transition: it records, and leaves the acting for later.

  note(before: Snapshot, after: Snapshot): void {
    const { state: from, phase: fromPhase } = this;
    const [to, phase] = toState(after.value);
    const exit = after.context.exit === before.context.exit ? null : after.context.exit;
    if (from === to && fromPhase === phase && exit === null) return;
    this.#become(to, phase);
    this.isHeld = to === "backoff" && (after.value as { backoff?: string }).backoff === "held";
    if (exit !== null) this.#noteExit(after, exit);
    this.#record(from, fromPhase, after, exit);
    this.parent.recount(from, to);
    // Those that its going down lets in (it is beyond hope, and not required) are not those that it touches.
    const touched = from === "running" && to !== "running" ? dependantsUp(this.dependants) : noEdges;
    this.refresh();
    const note = ++this.#notes;
    this.tree.turns.later(() => this.#act(from, to, exit, note, touched));
  }

  #become(to: ServiceState, phase: string | null): void {
    if (to !== this.state) this.since = this.tree.clock.now();
    this.state = to;
    this.phase = phase;
  }

  #noteExit(after: Snapshot, exit: Exit): void {
    const { verdict, failures } = after.context;
    this.exit = exit;
    this.settled = verdict !== null && !this.isLive;
    if (exit.kind === "failed") this.error = exit.error;
    if (exit.kind === "unstopped")
      this.error = toUnstopped(this, this.#waitedMs(this.unit), this.unit?.failure ?? null);
    if (verdict === "give-up") this.error = toGaveUp(this, failures, this.error);
    this.unhealthyError = null;
    if (exit.kind === "failed") logFailure(this, failures);
  }

  #record(from: ServiceState, fromPhase: string | null, after: Snapshot, exit: Exit | null): void {
    const { state: to, phase } = this;
    const { updates } = this.tree;
    if (updates.number("status")) updates.add(toStatusUpdate(this, from, after.context, exit));
    if (from === "running" && to === "running" && fromPhase !== phase) {
      const error = phase === "unhealthy" ? this.unhealthyError : null;
      updates.record(this.path, {
        type: "service-health",
        healthy: phase === "healthy",
        ...(error !== null && { error }),
      });
    }
  }

  /** Brings up to date what others make of it: its rating, and the gates of its dependants. Constant per dependant. */
  refresh(): void {
    this.parent.rerate(this);
    if (this.dependants.length > 0) tellDependants(this);
  }

  #act(from: ServiceState, to: ServiceState, exit: Exit | null, note: number, touched: readonly Edge<Child>[]): void {
    const { parent } = this;
    if (this.#probers !== null && (from === "running") !== (to === "running")) {
      for (const prober of this.#probers) prober.follow(to === "running");
    }
    if (touched.length > 0) touchDependants(this, touched);
    if (exit !== null) parent.noteEnd(this, to, exit);
    // What it is by now is for the last of its notes to act on: those before may still have an end to tell.
    if (note !== this.#notes) return;
    if (this.isUp) this.newcomer = false;
    if (this.isLive) parent.noteChange(this);
    else parent.noteDown(this);
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    if (this.#watchers !== null) for (const watcher of [...this.#watchers]) watcher();
  }

  /** It runs, or is about to. */
  get isUpOrComing(): boolean {
    return this.state === "running" || this.phase === "launching";
  }

  /** While it waits: tells its chart whether it may start, as of now. */
  offerGate(): void {
    if (this.phase !== "waiting") return;
    const verdict = judgeGate({ closed: this.closedEdges, hopeless: this.hopelessEdges });
    if (verdict === "open") this.send({ type: "gate.opened" });
    else if (verdict === "hopeless") this.send({ type: "gate.hopeless", error: toHopeless(this) });
  }

  /** The live value of a dependency. Needs no `this`: it is handed out as it is. */
  get use(): ServiceContext["use"] {
    return (service: string | ServiceSpec | undefined) =>
      valueOfDependency(this, typeof service === "string" ? service : (service?.name ?? describe(service))) as never;
  }

  /** Ends its actors: it is forgotten. */
  dispose(): void {
    for (const prober of this.#probers ?? []) prober.dispose();
    this.family?.dispose();
    this.actor.send({ type: "xstate.stop" } as never);
  }
}
