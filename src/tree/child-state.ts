// child-state.ts: what a child of a supervisor is now: its place in its chart, how its incarnations ended, its links to
// others, and the questions that they ask. What it does is in service.ts.

import type { SnapshotFrom } from "xstate";
import type { Exit } from "../../machines/events.ts";
import type { Rating } from "../../machines/policies/health.ts";
import { isGrouping } from "../../machines/policies/strategy.ts";
import type { ServiceMachine } from "../../machines/service.ts";
import { isStop } from "../../machines/service-parts.ts";
import type { Phase, ServiceState, Standing } from "../../machines/states.ts";
import type { Logger } from "../contract/spec.ts";
import type { ServicePlan } from "../definition/plan.ts";
import type { Witnesses } from "../engine/witness.ts";
import { type Edge, Links, noLinks } from "./edge.ts";
import { type Place, placeOf } from "./service-change.ts";
import type { TreeSupervisor } from "./supervisor.ts";
import type { Tree } from "./tree.ts";
import type { Unit } from "./unit.ts";

const idle = placeOf({ stopped: "idle" });

export abstract class ChildState {
  readonly plan: ServicePlan;
  readonly parent: TreeSupervisor;
  /** Definition order among its siblings. */
  order: number;

  // The current status, as the chart last reported it. Inside a transition the actor's snapshot is still the old one.
  context!: SnapshotFrom<ServiceMachine>["context"];
  place: Place = idle;
  since: number;
  exit: Exit | null = null;
  error: Error | null = null;
  unhealthyError: Error | null = null;
  unit: Unit | null = null;

  // Kept here for others: by its supervisor's aggregate, and by the edges between it and its siblings.
  rating: Rating = "unhealthy";
  links: Links = noLinks;

  /** Made when it is first read: a service that nobody observes needs none. */
  #path: string | null = null;

  constructor(plan: ServicePlan, parent: TreeSupervisor, order: number) {
    this.plan = plan;
    this.parent = parent;
    this.order = order;
    this.since = this.tree.clock.now();
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

  /** It runs, or is about to. */
  get isUpOrComing(): boolean {
    return this.standing.isServing || this.phase === "launching";
  }

  /** Added at run time, and never up yet: its failures do not affect its siblings or its supervisor. */
  get isNewcomer(): boolean {
    return (this.parent.addedIn(this) ?? 0) > 0 && !this.context.wasUp;
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

  /** Takes a new place among its siblings, with no dependencies yet. */
  unlink(order: number): void {
    this.order = order;
    if (this.links !== noLinks) this.links.cut();
  }
}
