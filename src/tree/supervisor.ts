// supervisor.ts: one supervisor in a running tree, the port of its chart. It starts and stops children in order, and
// sends the chart the events of its children. A step costs no more than the children that it names; a change of one
// child costs the same among ten siblings and among a hundred thousand. Longer than other files: the port of the chart
// and the reports of the children read and write the same state (table, teardown, group).

import type { ActorRefFrom, SnapshotFrom } from "xstate";
import type { Exit, SupervisorEvent } from "../../machines/events.ts";
import type { Health } from "../../machines/policies/health.ts";
import type { ServiceState } from "../../machines/states.ts";
import {
  type Failure,
  type Outcome,
  type SupervisorMachine,
  type SupervisorPort,
  supervisorChart,
} from "../../machines/supervisor.ts";
import type { SupervisorError } from "../contract/errors.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { RunnableChart } from "../engine/charts.ts";
import type { ChartHost, Witnesses } from "../engine/witness.ts";
import { stopActor } from "../engine/xstate.ts";
import { toDismissed, toServiceFailed, toTooIntense } from "./failures.ts";
import { isThere } from "./find.ts";
import { GroupRestart } from "./group-restart.ts";
import type { Host } from "./host.ts";
import { replacements } from "./replacing.ts";
import { Child } from "./service.ts";
import type { Place } from "./service-change.ts";
import { Table } from "./table.ts";
import { Teardown } from "./teardown.ts";
import type { Tree } from "./tree.ts";

type Snapshot = SnapshotFrom<SupervisorMachine>;
type Lifecycle = "stopped" | "starting" | "running" | "regrouping" | "stopping" | "failed";

const chart = new RunnableChart(supervisorChart);

export class TreeSupervisor implements SupervisorPort, ChartHost {
  readonly plan: SupervisorPlan;
  readonly path: string;
  readonly tree: Tree;
  /** The child whose unit this supervisor is; null at the root. */
  readonly owner: Child | null;
  readonly actor: ActorRefFrom<SupervisorMachine>;
  state: ServiceState = "stopped";
  health: Health = "unhealthy";
  isSupervising = false;
  /** Why it gave up, in this start or the last. */
  failure: SupervisorError | null = null;
  #host: Host | null = null;
  readonly #table: Table;
  readonly #teardown = new Teardown();
  /** While a group restarts. */
  #group: GroupRestart | null = null;
  /** The aggregate health that its chart was sent last. */
  #rated: Health = "healthy";
  /** Every critical child has been up at once since the start, by the last report of its chart. */
  #wasUp = false;
  /** From a start on, until it begins with the children: the names of those that the user has asked to stop meanwhile. */
  #stoppedMeanwhile: Set<string> | null = null;
  /** The children that are being removed. */
  readonly #leaving = new Set<Child>();
  /** The names of the children that a redefinition under way makes when the stops are over. */
  coming: ReadonlySet<string> = new Set();
  #hasWarned = false;
  /** The path of the child that restarted automatically last. */
  #lastRestart = "";

  constructor(plan: SupervisorPlan, path: string, tree: Tree, owner: Child | null) {
    this.plan = plan;
    this.path = path;
    this.tree = tree;
    this.owner = owner;
    const input = { rule: plan.rule, port: this };
    if (owner === null) {
      this.actor = tree.charts.startRoot(chart, path, input);
      this.actor.subscribe({ error: (error) => tree.failInternally(error) });
    } else {
      this.actor = tree.charts.start(chart, owner.actor, `${path}.services`, input);
    }
    this.#table = new Table(plan, (child, order) => new Child(child, this, order, nest));
    this.#table.fill();
    this.#noteRating();
  }

  get children(): ReadonlyMap<string, Child> {
    return this.#table.children;
  }

  get counts(): Readonly<Record<ServiceState, number>> {
    return this.#table.aggregate.counts;
  }

  /** How often it was started: what was asked for before a start does not act after it. */
  get starts(): number {
    return this.#table.starts;
  }

  /** One error for each service that failed to stop, or did not stop in time, since the last start. */
  get stopErrors(): readonly SupervisorError[] {
    return this.#teardown.errors;
  }

  /** While a group waits for its backoff: when it starts. */
  get groupStartsAt(): number | null {
    return this.#group?.startsAt ?? null;
  }

  /** It supervises, and no supervisor above it has been asked to stop. */
  get isWanted(): boolean {
    return this.tree.internalError === null && this.isSupervising && (this.owner === null || this.owner.isWanted);
  }

  /** The start during which a child was added; null if it is part of the definition. */
  addedIn(child: object): number | null {
    return this.#table.addedIn(child);
  }

  /** The children that depend on a name which no child has now. */
  bereavedOf(name: string): readonly Child[] {
    return this.#table.bereavedOf(name);
  }

  /** Whether a child is part of the group that restarts. */
  isRegrouping(child: Child): boolean {
    return this.#group?.has(child) ?? false;
  }

  /** Whether a child is being removed: it counts as gone. */
  isLeaving(child: Child | undefined): boolean {
    return child !== undefined && this.#leaving.has(child);
  }

  setLeaving(child: Child, isLeaving: boolean): void {
    if (isLeaving) this.#leaving.add(child);
    else this.#leaving.delete(child);
  }

  /** Its path stands for it where a context of its chart is serialised. */
  toJSON(): string {
    return this.path;
  }

  get role(): "supervisor" {
    return "supervisor";
  }

  get witnesses(): Witnesses {
    return this.tree.witnesses;
  }

  // Requests of its host.

  begin(host: Host): void {
    this.#host = host;
    this.#send({ type: "supervisor.start" });
  }

  requestStop(timeoutMs?: number): void {
    const at = this.tree.clock.now();
    this.#send(timeoutMs === undefined ? { type: "supervisor.stop" } : { type: "supervisor.stop", at, timeoutMs });
  }

  #send(event: SupervisorEvent): void {
    this.tree.turns.send(this.actor, event);
  }

  /** Adds a child at run time; the caller starts it. */
  add(plan: ServicePlan): Child {
    const child = this.#table.add(plan);
    this.#noteRating();
    return child;
  }

  /** Forgets a child that is down. */
  remove(child: Child): void {
    // This supervisor may have been removed since, and another one have its path.
    if (!isThere(child)) return;
    this.#table.remove(child);
    this.#noteRating();
    this.tree.updates.record(child.path, { type: "removed" });
    if (this.isSupervising) this.#warnOfIdleness();
  }

  /** Keeps a child that has failed while it was added: a start of the supervisor, which waits for it, has failed. */
  keep(child: Child): void {
    if (this.state === "starting" && child.state === "failed") this.#failFor(child, toServiceFailed(child));
  }

  /** Takes a new definition, which the next start applies where `applyDefinition` has not. */
  define(plans: readonly ServicePlan[]): void {
    // Before it was up, what the definition names is part of its start: it would wait for ever for one that failed without
    // effect.
    this.#table.define(plans, this.#wasUp);
  }

  /**
   * Takes away what a definition has removed, and puts the children of the definition in the place of those that have another
   * plan; what runs, or is to stay, stays. `added`: the new names. Returns the children that it made; the caller starts them.
   */
  applyDefinition(removed: readonly Child[], added: readonly string[], staying: ReadonlySet<Child>): readonly Child[] {
    const before = [...this.children.values()].map(({ plan, order }) => ({ name: plan.name, order }));
    const names = new Set(added);
    const goes = (child: Child) => !child.isLive && !staying.has(child);
    for (const child of [...this.children.values()]) {
      if (!this.#table.isRedefined(child) || !goes(child)) continue;
      names.add(child.plan.name);
      this.remove(child);
    }
    for (const child of removed) if (goes(child)) this.remove(child);
    const made = this.#table.completeDefinition(names, this.#wasUp);
    this.#group?.follow(before, this.children);
    for (const child of this.children.values()) this.tree.turns.later(() => child.offerGate());
    this.#noteRating();
    return made;
  }

  dispose(): void {
    for (const child of this.children.values()) child.dispose();
    stopActor(this.actor);
  }

  // Requests of its chart (SupervisorPort).

  startChildren(): void {
    this.#table.beginStart();
    this.failure = null;
    this.#teardown.clear();
    this.#hasWarned = false;
    // A listener that hears of this start can stop a service before it is started: that holds. A stop of before does not.
    const stopped = new Set<string>();
    this.#stoppedMeanwhile = stopped;
    this.tree.turns.later(() => {
      this.#stoppedMeanwhile = null;
      if (!this.isSupervising) return;
      // One that the user is removing is not made again.
      const isGoing = (child: Child) => this.isLeaving(child) && !replacements.has(child);
      for (const child of this.#table.outdated) if (!isGoing(child)) this.remove(child);
      this.#table.completeDefinition();
      for (const child of this.children.values()) this.#startFirst(child, stopped.has(child.plan.name));
      this.#rate();
    });
  }

  /** A start and a stop in one turn run no code. */
  #startFirst(child: Child, isStopped: boolean): void {
    if (isStopped && child.phase === "byHand") return;
    child.start("supervisor");
    if (isStopped) child.stop("hand");
  }

  /** The user asks for a child to start or to stop. */
  onAskedByHand({ plan }: Child, isStop: boolean): void {
    if (isStop) this.#stoppedMeanwhile?.add(plan.name);
    else this.#stoppedMeanwhile?.delete(plan.name);
  }

  stopChildren(): void {
    this.tree.turns.later(() => {
      if (this.#teardown.isUnderWay) return;
      this.#group = null;
      this.#teardown.begin([...this.children.values()]);
      this.#checkStopped();
    });
  }

  hurryChildren(): void {
    this.tree.turns.later(() => {
      for (const child of [...this.children.values()].reverse()) if (child.isLive) child.stop("supervisor", 0);
    });
  }

  stopGroup(): void {
    this.tree.turns.later(() => {
      this.#group?.stop([...this.children.values()]);
      this.#checkStopped();
    });
  }

  announceGroupStart(delayMs: number): void {
    if (this.#group !== null) this.#group.startsAt = this.tree.clock.now() + delayMs;
  }

  startGroup(): void {
    // Cleared at once, so that a failure from here on begins a new group restart.
    this.#group = null;
    this.tree.turns.later(() => {
      if (this.isSupervising) this.#startGrouped();
      this.#rate();
    });
  }

  /** Starts the children that are down with their group, in definition order. */
  #startGrouped(): void {
    for (const child of this.children.values()) {
      if (child.phase === "grouped" || child.phase === "held") child.start("group");
    }
  }

  escalate({ error, because }: Failure): void {
    const { path } = this;
    this.failure = because === "intensity" ? toTooIntense(this, this.#lastRestart, error) : (error as SupervisorError);
    this.tree.updates.record(path, { type: "escalation", error: this.failure });
    this.tree.logger.error({ err: this.failure, path }, "supervisor gives up");
  }

  // Reports of its children.

  recount(from: Place, to: Place): void {
    this.#table.aggregate.recount(from, to);
  }

  rerate(child: Child): void {
    this.#table.aggregate.rerate(child);
    this.#noteRating();
  }

  #noteRating(): void {
    if (this.#table.aggregate.health !== this.#rated) this.tree.turns.later(() => this.#rateAgain());
  }

  #rateAgain(): void {
    if (this.#table.aggregate.health !== this.#rated) this.#rate();
  }

  #rate(): void {
    const { health, tally } = this.#table.aggregate;
    this.#rated = health;
    this.#send({ type: "children.rated", tally });
  }

  /** An incarnation of a child ended, or its start was given up. `state` is the child's state after that. */
  onEnd(child: Child, state: ServiceState, exit: Exit): void {
    const isOwn = child.context.verdict !== null;
    if (this.#teardown.isUnderWay && state === "failed" && !isOwn) this.#teardown.onFailedStop(child, exit);
    if (!this.isSupervising || child.isNewcomer) return;
    if (state === "backoff") return this.#onRestarting(child, exit);
    if (!isOwn) return;
    if (state !== "failed" && state !== "stopped") return;
    const { path } = child;
    const error = state === "failed" ? toServiceFailed(child) : null;
    const fatal = child.plan.options.critical || child.context.verdict === "escalate";
    if (error !== null) this.#send({ type: "child.failed", path, error, fatal });
    const significantLeft = this.#table.aggregate.awaited;
    if (child.plan.options.significant) this.#send({ type: "child.finished", path, error, significantLeft });
  }

  /** A critical one was stopped by hand before the supervisor was up, and that failed: it will not come up. */
  #isLostAtStart(child: Child): boolean {
    if (child.state !== "failed" || child.phase !== null || this.state !== "starting") return false;
    return child.context.verdict === null && !child.isNewcomer;
  }

  /** It fails because a critical child will not come up. */
  #failFor({ path, plan }: Child, error: SupervisorError): void {
    if (plan.options.critical) this.#send({ type: "child.failed", path, error, fatal: true });
  }

  #onRestarting(child: Child, exit: Exit): void {
    const { delayMs } = child.context;
    const error = exit.kind === "completed" ? null : child.error;
    const scope = child.phase === "held" ? this.#regroup(child) : "alone";
    if (scope === "alone" && this.plan.rule.intensity === null) return;
    const { path } = child;
    this.#lastRestart = path;
    this.#send({ type: "child.restarting", path, at: this.tree.clock.now(), delayMs, error, scope });
  }

  #regroup(child: Child): "group" | "joins" {
    if (this.#group?.covers(child)) {
      this.#group.join(child);
      return "joins";
    }
    this.#group = new GroupRestart(this.plan.strategy, child);
    return "group";
  }

  onChange(child: Child): void {
    this.#teardown.onChange(child);
    this.#group?.onChange(child);
    this.#checkStopped();
    if (!this.isSupervising) return;
    if (child.isDismissedWithGroup) this.#failFor(child, toDismissed(child));
    else if (this.#isLostAtStart(child)) this.#failFor(child, toServiceFailed(child));
    if (child.phase === "completed") this.#warnOfIdleness();
  }

  /** Warns once when all services have completed and the tree goes on with nothing to do. */
  #warnOfIdleness(): void {
    if (this.#hasWarned || this.plan.rule.autoShutdown !== "never") return;
    if (this.counts.stopped < this.children.size) return;
    if ([...this.children.values()].some(({ phase }) => phase !== "completed")) return;
    this.#hasWarned = true;
    this.tree.logger.warn(
      { path: this.path },
      "all services have completed and nothing will run again, but the tree goes on; set autoShutdown and significant to let it end, or stop it",
    );
  }

  #checkStopped(): void {
    if (this.#teardown.isDone) {
      this.#send({ type: "children.stopped", error: this.#stopError });
    } else if (this.#group?.isDown) {
      this.#send({ type: "group.stopped" });
    }
  }

  // Called inside each transition of its chart. It records the change, and acts on it after the transition.

  note(value: Snapshot["value"], { wasUp, outcome: why }: Snapshot["context"]): void {
    const lifecycle = toLifecycle(value);
    const { state: from, health: healthBefore } = this;
    const to = toState(lifecycle, wasUp);
    this.state = to;
    this.health = value.health;
    this.isSupervising = lifecycle === "starting" || lifecycle === "running" || lifecycle === "regrouping";
    const outcome = from === "stopping" && from !== to ? why : null;
    const error = outcome === null ? null : this.#toError(outcome);
    if (this.health !== healthBefore) this.#recordHealth(healthBefore);
    if (from !== to || this.health !== healthBefore) this.#host?.changed?.(from, outcome, error);
    if (wasUp && !this.#wasUp) this.tree.turns.later(() => this.#host?.up?.());
    this.#wasUp = wasUp;
    if (outcome !== null) this.tree.turns.later(() => this.#host?.ended(outcome, error, this.#stopError));
  }

  failInternally(error: unknown): void {
    this.tree.failInternally(error);
  }

  #toError(outcome: Outcome): SupervisorError | null {
    if (outcome.kind !== "failed") return null;
    return outcome.because === "stop" ? this.#stopError : this.failure;
  }

  get #stopError(): SupervisorError | null {
    return this.#teardown.toError(this.path);
  }

  #recordHealth(from: Health): void {
    this.tree.updates.record(this.path, { type: "health", from, to: this.health });
    const { owner } = this;
    if (owner === null) return;
    this.tree.turns.later(() => {
      if (this.plan.director === undefined)
        owner.send({ type: this.health === "unhealthy" ? "readiness.failed" : "readiness.passed" });
      owner.refresh();
    });
  }
}

function nest(plan: SupervisorPlan, owner: Child): TreeSupervisor {
  return new TreeSupervisor(plan, owner.path, owner.tree, owner);
}

function toLifecycle({ lifecycle }: Snapshot["value"]): Lifecycle {
  return typeof lifecycle === "string" ? lifecycle : "regrouping";
}

/** The public state. A group that restarts before the first time up is still part of the start. */
function toState(lifecycle: Lifecycle, wasUp: boolean): ServiceState {
  if (lifecycle !== "regrouping") return lifecycle;
  return wasUp ? "running" : "starting";
}
