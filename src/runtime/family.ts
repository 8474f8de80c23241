// A family: one supervisor and the table of its children. It is the port of the supervisor's chart: it starts and stops
// children in order, keeps the counts of them by difference, and tells the chart what concerns it. No step of it costs
// more than the children it names; a child's change costs the same among ten siblings and among a hundred thousand.

import { type ActorRefFrom, createActor, type InspectionEvent, type SnapshotFrom } from "xstate";
import type { Exit, SupervisorEvent } from "../../machines/events.ts";
import {
  adjustTally,
  emptyTally,
  type Health,
  type HealthTally,
  judgeHealth,
  type Rating,
} from "../../machines/policies/health.ts";
import { selectGroup } from "../../machines/policies/strategy.ts";
import { type Failure, type Outcome, type SupervisorPort, supervisorMachine } from "../../machines/supervisor.ts";
import { SupervisorError } from "../errors.ts";
import type { ServiceState } from "../updates.ts";
import { Child, type Table } from "./child.ts";
import { installScheduler } from "./clock.ts";
import { createEdge, dropEdge, type Edge } from "./edge.ts";
import type { Host } from "./host.ts";
import type { ServicePlan, SupervisorPlan } from "./plan.ts";
import { reporting, type Tree } from "./tree.ts";

type Snapshot = SnapshotFrom<typeof supervisorMachine>;
type Lifecycle = "stopped" | "starting" | "running" | "regrouping" | "stopping" | "failed";

/** The one machine of all supervisors. */
const supervisorLogic = reporting(supervisorMachine, (before, after) =>
  (after.context.port as Family).note(before, after),
);

export class Family implements SupervisorPort, Table {
  readonly plan: SupervisorPlan;
  readonly path: string;
  readonly tree: Tree;
  /** The service whose unit this supervisor is; null at the root. */
  readonly owner: Child | null;
  readonly actor: ActorRefFrom<typeof supervisorMachine>;
  readonly children = new Map<string, Child>();
  readonly counts: Record<ServiceState, number> = {
    stopped: 0,
    starting: 0,
    running: 0,
    stopping: 0,
    backoff: 0,
    failed: 0,
  };

  state: ServiceState = "stopped";
  health: Health = "unhealthy";
  isSupervising = false;
  /** Why it gave up, in this start or the last. */
  failure: SupervisorError | null = null;
  /** One error for each service that failed to stop, or not in time, in this start or the last. */
  stopErrors: SupervisorError[] = [];
  /** While a group waits for its backoff: when it starts. */
  groupStartsAt: number | null = null;

  #host: Host | null = null;
  #tally: HealthTally = emptyTally;
  #rated: Health = "healthy";
  #awaited = 0;
  #nextOrder = 0;
  #stopRun = 0;
  #stopScope: "none" | "group" | "all" = "none";
  /** While a group restarts: the first, in definition order, of those whose failure it is. */
  #firstFailed: Child | null = null;
  #groupPending = new Set<Child>();

  constructor(
    plan: SupervisorPlan,
    path: string,
    tree: Tree,
    owner: Child | null,
    inspect?: (event: InspectionEvent) => void,
  ) {
    this.plan = plan;
    this.path = path;
    this.tree = tree;
    this.owner = owner;
    this.actor = createActor(supervisorLogic, {
      id: owner === null ? path : `${path}.services`,
      input: { rule: plan.rule, port: this },
      ...(owner === null ? { clock: tree.clock, ...(inspect && { inspect }) } : { parent: owner.actor }),
    }) as ActorRefFrom<typeof supervisorMachine>;
    if (owner === null) {
      installScheduler(this.actor.system, tree.clock, tree.turns.enter);
      this.actor.subscribe({
        error: (error) => tree.logger.error({ err: error, path }, "the root actor failed; please report it"),
      });
    }
    this.actor.start();
    for (const child of plan.services) this.#admit(child);
    this.#link(plan.services);
  }

  /** For whoever serialises a context of the chart. */
  toJSON(): string {
    return this.path;
  }

  // What its host asks of it.

  begin(host: Host): void {
    this.#host = host;
    this.#send({ type: "supervisor.start" });
  }

  requestStop(timeoutMs?: number): void {
    const at = this.tree.clock.now();
    this.#send(timeoutMs === undefined ? { type: "supervisor.stop" } : { type: "supervisor.stop", at, timeoutMs });
  }

  #send(event: SupervisorEvent): void {
    this.tree.turns.enter(() => this.actor.send(event));
  }

  // The table.

  /** Adds a child at run time; it is started by whoever adds it. */
  add(plan: ServicePlan): Child {
    const child = this.#admit(plan);
    child.added = true;
    child.newcomer = true;
    this.#link([plan]);
    return child;
  }

  #admit(plan: ServicePlan): Child {
    const nest = (nested: SupervisorPlan, owner: Child) => new Family(nested, owner.path, this.tree, owner);
    const child = new Child(plan, this, this.#nextOrder++, nest);
    this.children.set(plan.name, child);
    this.counts.stopped++;
    this.#tally = adjustTally(this.#tally, child.rating, plan.critical, 1);
    this.rerate(child);
    return child;
  }

  #link(plans: readonly ServicePlan[]): void {
    for (const plan of plans) {
      if (plan.dependencies.length === 0) continue;
      const dependant = this.children.get(plan.name)!;
      dependant.dependencies = plan.dependencies.map((dependency) => {
        const edge = createEdge(dependant, this.children.get(dependency.name)!, dependency);
        if (edge.dependency.dependants.length === 0) edge.dependency.dependants = [edge];
        else (edge.dependency.dependants as Edge<Child>[]).push(edge);
        return edge;
      });
    }
  }

  /** What was added at run time is gone, what was removed is back. */
  #restoreDefinition(): void {
    for (const child of [...this.children.values()]) if (child.added) this.remove(child);
    const missing = this.plan.services.filter(({ name }) => !this.children.has(name));
    if (missing.length === 0) return;
    for (const plan of missing) this.#admit(plan);
    const children = this.plan.services.map(({ name }) => this.children.get(name)!);
    this.children.clear();
    for (const [order, child] of children.entries()) {
      child.unlink(order);
      this.children.set(child.plan.name, child);
    }
    this.#link(this.plan.services);
  }

  /** Forgets a child that is down. */
  remove(child: Child): void {
    if (this.children.get(child.plan.name) !== child) return;
    this.children.delete(child.plan.name);
    this.counts[child.state]--;
    this.#setTally(adjustTally(this.#tally, child.rating, child.plan.critical, -1));
    if (child.isAwaited) this.#awaited--;
    for (const edge of child.dependencies) {
      edge.dependency.dependants = edge.dependency.dependants.filter((other) => other !== edge);
    }
    for (const edge of child.dependants) {
      dropEdge(edge);
      edge.dependant.dependencies = edge.dependant.dependencies.filter((other) => other !== edge);
      this.tree.turns.later(() => edge.dependant.offerGate());
    }
    child.dispose();
  }

  dispose(): void {
    for (const child of this.children.values()) child.dispose();
    this.actor.send({ type: "xstate.stop" } as never);
  }

  // What its chart asks for.

  startChildren(): void {
    this.tree.turns.later(() => {
      this.#restoreDefinition();
      this.failure = null;
      this.stopErrors = [];
      this.#endStopRun();
      for (const child of this.children.values()) child.freshen();
      for (const child of this.children.values()) child.start("supervisor");
      this.#rate();
    });
  }

  stopChildren(): void {
    this.tree.turns.later(() => {
      if (this.#stopScope === "all") return;
      for (const child of this.children.values()) child.regrouping = false;
      this.#groupPending.clear();
      this.#firstFailed = null;
      this.groupStartsAt = null;
      this.#stopInOrder(
        "all",
        [...this.children.values()].filter((child) => child.isLive),
      );
    });
  }

  hurryChildren(): void {
    this.tree.turns.later(() => {
      for (const child of this.#reversed()) if (child.isLive) child.stop("supervisor", 0);
    });
  }

  stopGroup(): void {
    this.tree.turns.later(() => {
      if (!this.isSupervising) return;
      this.groupStartsAt = null;
      for (const child of selectGroup(this.plan.strategy, [...this.children.values()], this.#firstFailed!)) {
        if (child.isLive && !child.newcomer) child.regrouping = true;
      }
      const members = [...this.children.values()].filter((child) => child.regrouping && child.isLive && !child.isHeld);
      this.#groupPending = new Set(members);
      this.#stopInOrder("group", members);
    });
  }

  announceGroupStart(delayMs: number): void {
    this.groupStartsAt = this.tree.clock.now() + delayMs;
  }

  startGroup(): void {
    this.tree.turns.later(() => {
      if (!this.isSupervising) return;
      this.#endStopRun();
      this.#firstFailed = null;
      this.groupStartsAt = null;
      const members = [...this.children.values()].filter((child) => child.regrouping);
      for (const child of members) {
        child.regrouping = false;
        if (child.plan.rule.restart.policy === "never" && !child.isHeld) child.settled = true;
        child.refresh();
      }
      for (const child of members) {
        if (!child.byHand && !child.settled && (!child.isLive || child.isHeld)) child.start("group");
      }
      this.#rate();
    });
  }

  escalate({ error, because }: Failure): void {
    const { path, plan } = this;
    this.failure = because === "intensity" ? toIntensityError(path, plan, error) : (error as SupervisorError);
    this.tree.updates.record(path, { type: "escalation", error: this.failure });
    this.tree.logger.error({ err: this.failure, path }, "supervisor gives up");
  }

  // Stopping in order.

  #reversed(): Child[] {
    return [...this.children.values()].reverse();
  }

  /**
   * Stops children side by side, last defined first, but each only after those of them that depend on it. One that is
   * not up is of no use to its dependants: it is stopped at once, so that it does not come up in between.
   */
  #stopInOrder(scope: "group" | "all", children: readonly Child[]): void {
    this.#stopScope = scope;
    this.#stopRun++;
    for (const child of children) {
      child.stopRun = this.#stopRun;
      child.blockers = 0;
    }
    for (const child of children) {
      for (const { dependency } of child.dependencies) if (dependency.stopRun === this.#stopRun) dependency.blockers++;
    }
    for (const child of [...children].reverse()) if (child.blockers === 0 || !isUsed(child)) this.#stopChild(child);
    this.#checkStopped();
  }

  #stopChild(child: Child): void {
    if (child.isLive) child.stop(this.#stopScope === "all" ? "supervisor" : "group");
  }

  /** While siblings stop, one that comes back by itself is stopped at once. */
  noteChange(child: Child): void {
    const isPartOfStop = this.#stopScope !== "none" && child.stopRun === this.#stopRun;
    const isComing = child.state === "starting" || (child.state === "backoff" && !(this.isSupervising && child.isHeld));
    if (isPartOfStop && isComing) this.#stopChild(child);
  }

  /** A child is down: what it depends on may stop now. */
  #unblock(child: Child): void {
    if (child.stopRun !== this.#stopRun) return;
    child.stopRun = 0;
    const freed: Child[] = [];
    for (const { dependency } of child.dependencies) {
      if (dependency.stopRun === this.#stopRun && --dependency.blockers === 0) freed.push(dependency);
    }
    freed.sort((a, b) => b.order - a.order);
    for (const dependency of freed) this.#stopChild(dependency);
  }

  #checkStopped(): void {
    if (this.#stopScope === "group" && this.#groupPending.size === 0) {
      this.#stopScope = "none";
      this.#send({ type: "group.stopped" });
    } else if (this.#stopScope === "all" && this.liveCount === 0) {
      this.#endStopRun();
      this.#send({ type: "children.stopped", error: this.stopErrors.length > 0 ? this.toStopError() : null });
    }
  }

  #endStopRun(): void {
    this.#stopScope = "none";
    this.#stopRun++;
  }

  get liveCount(): number {
    return this.children.size - this.counts.stopped - this.counts.failed;
  }

  // What its children tell.

  recount(from: ServiceState, to: ServiceState): void {
    this.counts[from]--;
    this.counts[to]++;
  }

  /** Brings a child's part in the aggregates up to date. */
  rerate(child: Child): void {
    const awaited = child.plan.significant && (child.isLive || !(child.settled || child.byHand));
    if (awaited !== child.isAwaited) {
      child.isAwaited = awaited;
      this.#awaited += awaited ? 1 : -1;
    }
    const rating = rate(child);
    if (rating === child.rating) return;
    const { critical } = child.plan;
    this.#setTally(adjustTally(adjustTally(this.#tally, child.rating, critical, -1), rating, critical, 1));
    child.rating = rating;
  }

  #setTally(tally: HealthTally): void {
    this.#tally = tally;
    if (judgeHealth(tally) !== this.#rated) this.tree.turns.later(() => this.#rateIfChanged());
  }

  #rateIfChanged(): void {
    if (judgeHealth(this.#tally) !== this.#rated) this.#rate();
  }

  #rate(): void {
    this.#rated = judgeHealth(this.#tally);
    this.#send({ type: "children.rated", tally: this.#tally });
  }

  /** An incarnation of a child ended, or its start was given up. */
  noteEnd(child: Child, exit: Exit): void {
    if (this.#stopScope === "all" && child.state === "failed" && !child.settled) this.#noteStopFailure(child, exit);
    if (!this.isSupervising || child.newcomer) return;
    if (child.state === "backoff") return this.#noteRestarting(child, exit);
    if (!child.settled) return;
    if (child.state === "failed") {
      const { verdict } = child.context;
      const fatal = child.plan.critical || verdict === "escalate";
      this.#send({ type: "child.failed", error: toServiceFailure(child), fatal });
    }
    if (child.plan.significant) {
      const error = child.state === "failed" ? toServiceFailure(child) : null;
      this.#send({ type: "child.finished", error, significantLeft: this.#awaited });
    }
  }

  #noteRestarting(child: Child, exit: Exit): void {
    const { rule, strategy } = this.plan;
    if (rule.intensity === null && strategy === "one-for-one") return;
    const { delayMs } = child.context;
    const scope = child.isHeld ? this.#scopeOf(child) : "alone";
    const error = exit.kind === "completed" ? null : child.error;
    this.#send({ type: "child.restarting", at: this.tree.clock.now(), delayMs, error, scope });
  }

  /** Whether a child's failure begins or widens a group restart, or belongs to the one under way. */
  #scopeOf(child: Child): "group" | "joins" {
    child.regrouping = true;
    const first = this.#firstFailed;
    if (first !== null && (this.plan.strategy === "one-for-all" || child.order > first.order)) return "joins";
    this.#firstFailed = child;
    return "group";
  }

  #noteStopFailure(child: Child, exit: Exit): void {
    const { error } = child;
    if (exit.kind === "unstopped") {
      // One that nobody wanted to wait for did what was expected of it.
      if (child.plan.rule.stopTimeoutMs > 0) this.stopErrors.push(error as SupervisorError);
    } else if (child.family !== null && child.family.stopErrors.length > 0) {
      this.stopErrors.push(...child.family.stopErrors);
    } else {
      this.stopErrors.push(toStopFailure(child));
    }
  }

  /** A child is down. */
  noteDown(child: Child): void {
    if (this.#stopScope === "none") return;
    this.#groupPending.delete(child);
    this.#unblock(child);
    this.#checkStopped();
  }

  toStopError(): SupervisorError {
    const { path, stopErrors: errors } = this;
    const many = errors.length === 1 ? "1 service" : `${errors.length} services`;
    const message = `${path}: ${many} failed to stop: ${errors.map((error) => error.message).join("; ")}`;
    return new SupervisorError("ERR_STOP_FAILED", message, { path, errors, cause: errors[0] });
  }

  // What its chart has become. This runs inside the transition: it records, and leaves the acting for later.

  note(before: Snapshot, after: Snapshot): void {
    const lifecycle = toLifecycle(after);
    const { state: from, health: healthBefore } = this;
    const to = toState(lifecycle, after.context.wasUp);
    this.state = to;
    this.health = after.value.health as Health;
    this.isSupervising = lifecycle === "starting" || lifecycle === "running" || lifecycle === "regrouping";
    const outcome = from === "stopping" && from !== to ? after.context.outcome : null;
    const error = outcome === null ? null : this.#toError(outcome);
    if (this.health !== healthBefore) this.#noteHealth(healthBefore);
    if (from !== to || this.health !== healthBefore) this.#host?.changed?.(from, outcome, error);
    if (after.context.wasUp && !before.context.wasUp) this.tree.turns.later(() => this.#host?.up());
    if (outcome !== null) this.tree.turns.later(() => this.#host?.ended(outcome, error));
  }

  #toError(outcome: Outcome): SupervisorError | null {
    if (outcome.kind !== "failed") return null;
    return outcome.because === "stop" ? this.toStopError() : this.failure;
  }

  #noteHealth(from: Health): void {
    this.tree.updates.record(this.path, { type: "health", from, to: this.health });
    const { owner } = this;
    if (owner === null) return;
    this.tree.turns.later(() => {
      owner.send({ type: this.health === "unhealthy" ? "readiness.failed" : "readiness.passed" });
      owner.refresh();
    });
  }
}

function toLifecycle({ value }: Snapshot): Lifecycle {
  return (typeof value.lifecycle === "string" ? value.lifecycle : "regrouping") as Lifecycle;
}

/** The public state. A group that restarts before the first time up is still part of the start. */
function toState(lifecycle: Lifecycle, wasUp: boolean): ServiceState {
  if (lifecycle !== "regrouping") return lifecycle;
  return wasUp ? "running" : "starting";
}

/** Whether its dependants may be using it. */
function isUsed(child: Child): boolean {
  return child.state === "running";
}

function rate(child: Child): Rating {
  if (child.state === "running") {
    if (child.phase !== "healthy") return "unhealthy";
    return child.family?.health === "degraded" ? "degraded" : "healthy";
  }
  return child.state === "stopped" && (child.byHand || child.settled) ? "excused" : "unhealthy";
}

/** The error of a supervisor that a child's failure for good fails. */
function toServiceFailure({ error, path }: Child): SupervisorError {
  if (error instanceof SupervisorError && error.code === "ERR_GAVE_UP" && error.path === path) return error;
  const message = `${path}: failed for good${error ? `: ${error.message}` : ""}`;
  return new SupervisorError("ERR_SERVICE_FAILED", message, { path, cause: error });
}

function toStopFailure({ error, path }: Child): SupervisorError {
  return new SupervisorError("ERR_STOP_FAILED", `${path}: failed while stopping: ${error?.message}`, {
    path,
    cause: error,
  });
}

function toIntensityError(path: string, plan: SupervisorPlan, cause: Error | null): SupervisorError {
  const { maxRestarts, withinMs } = plan.rule.intensity!;
  const message = `${path}: more than ${maxRestarts} automatic restarts within ${withinMs} ms${cause ? `; the last one after: ${cause.message}` : ""}`;
  return new SupervisorError("ERR_INTENSITY", message, { path, ...(cause && { cause }) });
}
