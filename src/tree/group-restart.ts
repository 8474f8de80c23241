// group-restart.ts: the stop of the children that a strategy restarts together with a failed one. They stop in order.
// When all are down, the supervisor's chart waits for the backoff and starts them together.

import { groupContains, type Strategy } from "../../machines/policies/strategy.ts";
import type { Child } from "./service.ts";
import { StopOrder } from "./stop-order.ts";
import type { Unit } from "./unit.ts";

export class GroupRestart {
  /** When the group starts again; null until all of it is down. */
  startsAt: number | null = null;
  readonly #strategy: Strategy;
  /** The index, in definition order, of the child whose failure began it. That child may have been removed since. */
  #failed: number;
  readonly #members = new Set<Child>();
  /** The incarnations that it stops. */
  #units: ReadonlyMap<Child, Unit | null> = new Map();
  #order: StopOrder | null = null;

  constructor(strategy: Strategy, failed: Child) {
    this.#strategy = strategy;
    this.#failed = failed.order;
    this.#members.add(failed);
  }

  /** Whether the failure of one more child is part of this restart. If not, a wider restart replaces this one. */
  covers(child: Child): boolean {
    return groupContains(this.#strategy, this.#failed, child.order);
  }

  /** The siblings have new places: `before` are the old ones, in order. */
  follow(before: readonly { name: string; order: number }[], siblings: ReadonlyMap<string, Child>): void {
    const first = before.find(({ name, order }) => order >= this.#failed && siblings.has(name));
    this.#failed = first === undefined ? siblings.size : siblings.get(first.name)!.order;
  }

  join(child: Child): void {
    this.#members.add(child);
  }

  has(child: Child): boolean {
    return this.#members.has(child);
  }

  /** Stops the group, except children that are already held in backoff. */
  stop(siblings: readonly Child[]): void {
    this.startsAt = null;
    // It waits for every child that it stops already, wherever a new definition has put that child.
    const isMeant = (child: Child) => this.#members.has(child) || (this.covers(child) && !child.isNewcomer);
    const live = siblings.filter((child) => child.isLive && isMeant(child));
    for (const child of live) this.#members.add(child);
    const toStop = live.filter((child) => child.phase !== "held");
    this.#units = new Map(toStop.map((child) => [child, child.unit]));
    this.#order = new StopOrder(toStop, (child) => child.stop("group"));
    this.#order.begin();
  }

  onChange(child: Child): void {
    const isBack = this.#isBack(child);
    // From here on it goes with its dependencies, as a service outside the group does.
    if (isBack) this.#members.delete(child);
    if (!child.isLive || child.phase === "held" || isBack) this.#order?.noteDown(child);
    else this.#order?.noteChange(child);
  }

  /** The user started it before the group did: its old incarnation has ended, and the group goes on without it. */
  #isBack(child: Child): boolean {
    if (this.#units.has(child)) return this.#units.get(child) !== child.unit;
    return this.#members.has(child) && child.isUpOrComing;
  }

  /** True when the whole group is down, and only the first time that it is read then. */
  get isDown(): boolean {
    if (!this.#order?.isOver) return false;
    this.#order = null;
    return true;
  }
}
