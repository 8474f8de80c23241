// A family: one supervisor and the table of its children. It is the port of the supervisor's chart: it starts and stops
// children in order, keeps the counts of them by difference, and tells the chart what concerns it. No step of it costs
// more than the children it names; a child's change costs the same among ten siblings and among a hundred thousand.

import { type ActorRefFrom, createActor, type InspectionEvent, type SnapshotFrom } from "xstate";
import type { Exit, SupervisorEvent } from "../../machines/events.ts";
import { once } from "../../machines/once.ts";
import type { Health } from "../../machines/policies/health.ts";
import {
  type Failure,
  type Outcome,
  type SupervisorMachine,
  type SupervisorPort,
  supervisorChart,
} from "../../machines/supervisor.ts";
import { supervisorParts } from "../../machines/supervisor-parts.ts";
import type { SupervisorError } from "../contract/errors.ts";
import type { ServiceState } from "../contract/states.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";
import { compiled } from "../engine/compile.ts";
import { installScheduler } from "../engine/scheduler.ts";
import { reporting } from "../engine/witness.ts";
import { Aggregate } from "./aggregate.ts";
import { link, unlink } from "./dependants.ts";
import { toServiceFailed, toStopErrors, toStopFailed, toTooIntense } from "./failures.ts";
import { GroupRestart } from "./group-restart.ts";
import type { Host } from "./host.ts";
import { Child, type Table } from "./service.ts";
import { StopOrder } from "./stop-order.ts";
import type { Tree } from "./tree.ts";

type Snapshot = SnapshotFrom<SupervisorMachine>;
type Lifecycle = "stopped" | "starting" | "running" | "regrouping" | "stopping" | "failed";

/** The one machine of all supervisors; as XState runs it where somebody inspects each microstep. */
const supervisorLogic = once(() => reporting(compiled(supervisorChart(), supervisorParts.updates)));
const inspectedLogic = once(() => reporting(supervisorChart()));

export class Family implements SupervisorPort, Table {
  readonly plan: SupervisorPlan;
  readonly path: string;
  readonly tree: Tree;
  /** The service whose unit this supervisor is; null at the root. */
  readonly owner: Child | null;
  readonly actor: ActorRefFrom<SupervisorMachine>;
  readonly children = new Map<string, Child>();
  state: ServiceState = "stopped";
  health: Health = "unhealthy";
  isSupervising = false;
  /** Why it gave up, in this start or the last. */
  failure: SupervisorError | null = null;
  /** One error for each service that failed to stop, or not in time, in this start or the last. */
  stopErrors: SupervisorError[] = [];
  #host: Host | null = null;
  readonly #aggregate = new Aggregate();
  /** The aggregate health that its chart was told last. */
  #rated: Health = "healthy";
  #nextOrder = 0;
  /** Starts so far: what was added in an earlier one is forgotten. */
  #starts = 0;
  /** The path of the child that was last to restart automatically. */
  #lastRestart = "";
  /** While all children stop. */
  #stopAll: StopOrder | null = null;
  /** While a group restarts. */
  #group: GroupRestart | null = null;

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
    this.actor = createActor(tree.isInspected ? inspectedLogic() : supervisorLogic(), {
      id: owner === null ? path : `${path}.services`,
      input: { rule: plan.rule, port: this },
      ...(owner === null ? { clock: tree.clock, ...(inspect && { inspect }) } : { parent: owner.actor }),
    }) as ActorRefFrom<SupervisorMachine>;
    if (owner === null) {
      tree.turns.onEnd = installScheduler(this.actor.system, tree.clock, tree.turns);
      this.actor.subscribe({
        error: (error) => tree.logger.error({ err: error, path }, "the root actor failed; please report it"),
      });
    }
    this.actor.start();
    for (const child of plan.services) this.#admit(child);
    link(this.children, plan.services);
  }

  get counts(): Readonly<Record<ServiceState, number>> {
    return this.#aggregate.counts;
  }

  get groupStartsAt(): number | null {
    return this.#group?.startsAt ?? null;
  }

  get isWanted(): boolean {
    return this.isSupervising && (this.owner === null || this.owner.isWanted);
  }

  /** For whoever serialises a context of the chart. */
  toJSON(): string {
    return this.path;
  }

  get role(): "supervisor" {
    return "supervisor";
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
    this.tree.turns.send(this.actor, event);
  }

  // The table.

  /** Adds a child at run time; it is started by whoever adds it. */
  add(plan: ServicePlan): Child {
    const child = this.#admit(plan);
    child.addedIn = this.#starts;
    child.newcomer = true;
    link(this.children, [plan]);
    return child;
  }

  #admit(plan: ServicePlan): Child {
    const child = new Child(plan, this, this.#nextOrder++, nest);
    this.children.set(plan.name, child);
    this.#aggregate.admit(child);
    this.#noteRating();
    return child;
  }

  /** What was added at run time is gone, what was removed is back. */
  #restoreDefinition(): void {
    const isOld = ({ addedIn }: Child) => addedIn !== null && addedIn < this.#starts;
    for (const child of [...this.children.values()].filter(isOld)) this.remove(child);
    const missing = this.plan.services.filter(({ name }) => !this.children.has(name));
    if (missing.length === 0) return;
    for (const plan of missing) this.#admit(plan);
    const newcomers = [...this.children.values()].filter(({ addedIn }) => addedIn !== null);
    const children = [...this.plan.services.map(({ name }) => this.children.get(name)!), ...newcomers];
    this.children.clear();
    for (const [order, child] of children.entries()) {
      child.unlink(order);
      this.children.set(child.plan.name, child);
    }
    link(
      this.children,
      children.map(({ plan }) => plan),
    );
  }

  /** Forgets a child that is down. */
  remove(child: Child): void {
    if (this.children.get(child.plan.name) !== child) return;
    // Whoever waits for it, waits no longer.
    child.leaveGroup();
    this.children.delete(child.plan.name);
    this.#aggregate.drop(child);
    this.#noteRating();
    unlink(child);
    child.dispose();
    this.tree.updates.record(child.path, { type: "removed" });
  }

  dispose(): void {
    for (const child of this.children.values()) child.dispose();
    this.actor.send({ type: "xstate.stop" } as never);
  }

  // What its chart asks for.

  startChildren(): void {
    this.#starts++;
    this.failure = null;
    this.stopErrors = [];
    this.tree.turns.later(() => {
      if (!this.isSupervising) return;
      this.#restoreDefinition();
      for (const child of this.children.values()) child.freshen();
      for (const child of this.children.values()) child.start("supervisor");
      this.#rate();
    });
  }

  stopChildren(): void {
    this.tree.turns.later(() => {
      if (this.#stopAll !== null) return;
      this.#group = null;
      for (const child of this.children.values()) if (child.regrouping) child.leaveGroup();
      const live = [...this.children.values()].filter((child) => child.isLive);
      this.#stopAll = new StopOrder(live, (child) => child.stop("supervisor"));
      this.#stopAll.begin();
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
    // At once, so that a failure from here on begins a restart of its own.
    const group = this.#group;
    this.#group = null;
    this.tree.turns.later(() => {
      if (this.isSupervising) group?.start();
      this.#rate();
    });
  }

  escalate({ error, because }: Failure): void {
    const { path } = this;
    this.failure = because === "intensity" ? toTooIntense(this, this.#lastRestart, error) : (error as SupervisorError);
    this.tree.updates.record(path, { type: "escalation", error: this.failure });
    this.tree.logger.error({ err: this.failure, path }, "supervisor gives up");
  }

  // What its children tell.

  recount(from: ServiceState, to: ServiceState): void {
    this.#aggregate.recount(from, to);
  }

  rerate(child: Child): void {
    this.#aggregate.rerate(child);
    this.#noteRating();
  }

  #noteRating(): void {
    if (this.#aggregate.health !== this.#rated) this.tree.turns.later(() => this.#rateAgain());
  }

  #rateAgain(): void {
    if (this.#aggregate.health !== this.#rated) this.#rate();
  }

  #rate(): void {
    const { health, tally } = this.#aggregate;
    this.#rated = health;
    this.#send({ type: "children.rated", tally });
  }

  /** An incarnation of a child ended, or its start was given up. */
  noteEnd(child: Child, state: ServiceState, exit: Exit): void {
    const isOwn = child.context.verdict !== null;
    if (this.#stopAll !== null && state === "failed" && !isOwn) this.#noteStopFailure(child, exit);
    if (!this.isSupervising || child.newcomer) return;
    if (state === "backoff") return this.#noteRestarting(child, exit);
    if (!isOwn || (state !== "failed" && state !== "stopped")) return;
    const { path } = child;
    const error = state === "failed" ? toServiceFailed(child) : null;
    const fatal = child.plan.critical || child.context.verdict === "escalate";
    if (error !== null) this.#send({ type: "child.failed", path, error, fatal });
    const significantLeft = this.#aggregate.awaited;
    if (child.plan.significant) this.#send({ type: "child.finished", path, error, significantLeft });
  }

  #noteRestarting(child: Child, exit: Exit): void {
    const { rule, strategy } = this.plan;
    if (rule.intensity === null && strategy === "one-for-one") return;
    const { delayMs } = child.context;
    const error = exit.kind === "completed" ? null : child.error;
    const scope = child.isHeld ? this.#regroup(child) : "alone";
    const { path } = child;
    this.#lastRestart = path;
    this.#send({ type: "child.restarting", path, at: this.tree.clock.now(), delayMs, error, scope });
  }

  #regroup(child: Child): "group" | "joins" {
    const covered = this.#group?.covers(child) ?? false;
    if (!covered) this.#group = new GroupRestart(this.plan.strategy, child);
    child.regrouping = true;
    return covered ? "joins" : "group";
  }

  #noteStopFailure(child: Child, exit: Exit): void {
    const nested = child.family?.stopErrors ?? [];
    // One that nobody wanted to wait for did what was expected of it.
    if (exit.kind === "unstopped" && child.plan.rule.stopTimeoutMs === 0) return;
    if (exit.kind === "unstopped") this.stopErrors.push(child.error as SupervisorError);
    else if (nested.length > 0) this.stopErrors.push(...nested);
    else this.stopErrors.push(toStopFailed(child));
  }

  /** A child has changed, and is not down. While siblings stop, one that comes back by itself is stopped, too. */
  noteChange(child: Child): void {
    this.#stopAll?.noteChange(child);
    this.#group?.noteChange(child);
    this.#checkStopped();
  }

  /** A child is down. */
  noteDown(child: Child): void {
    this.#stopAll?.noteDown(child);
    this.#group?.noteDown(child);
    this.#checkStopped();
  }

  #checkStopped(): void {
    if (this.#stopAll?.isOver) {
      this.#stopAll = null;
      this.#send({ type: "children.stopped", error: this.#stopError });
    } else if (this.#group?.isDown) {
      this.#send({ type: "group.stopped" });
    }
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
    if (after.context.wasUp && !before.context.wasUp) this.tree.turns.later(() => this.#host?.up?.());
    if (outcome !== null) this.tree.turns.later(() => this.#host?.ended(outcome, error, this.#stopError));
  }

  #toError(outcome: Outcome): SupervisorError | null {
    if (outcome.kind !== "failed") return null;
    return outcome.because === "stop" ? this.#stopError : this.failure;
  }

  get #stopError(): SupervisorError | null {
    return this.stopErrors.length > 0 ? toStopErrors(this) : null;
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

function nest(plan: SupervisorPlan, owner: Child): Family {
  return new Family(plan, owner.path, owner.tree, owner);
}

function toLifecycle({ value }: Snapshot): Lifecycle {
  return (typeof value.lifecycle === "string" ? value.lifecycle : "regrouping") as Lifecycle;
}

/** The public state. A group that restarts before the first time up is still part of the start. */
function toState(lifecycle: Lifecycle, wasUp: boolean): ServiceState {
  if (lifecycle !== "regrouping") return lifecycle;
  return wasUp ? "running" : "starting";
}
