// A group restart: the children that a strategy restarts together with one that failed. They stop in order; when all
// are down the supervisor's chart waits the backoff, and they start together.

import { groupContains, type Strategy } from "../../machines/policies/strategy.ts";
import type { Child } from "./service.ts";
import { StopOrder } from "./stop-order.ts";
import type { Unit } from "./unit.ts";

export class GroupRestart {
  /** When it starts, once all of it is down. */
  startsAt: number | null = null;
  readonly #strategy: Strategy;
  /** The place, in definition order, of the first whose failure it is. It may have been removed meanwhile. */
  readonly #failed: number;
  readonly #members = new Set<Child>();
  /** The incarnations that it stops. */
  #units: ReadonlyMap<Child, Unit | null> = new Map();
  #order: StopOrder | null = null;

  constructor(strategy: Strategy, failed: Child) {
    this.#strategy = strategy;
    this.#failed = failed.order;
    this.#members.add(failed);
  }

  /** Whether the failure of one more child belongs to this restart; if not, it widens it. */
  covers(child: Child): boolean {
    return groupContains(this.#strategy, this.#failed, child.order);
  }

  join(child: Child): void {
    this.#members.add(child);
  }

  has(child: Child): boolean {
    return this.#members.has(child);
  }

  /** Stops all of it, except those that wait in their backoff already, or were part of a restart that this one widens. */
  stop(siblings: readonly Child[]): void {
    this.startsAt = null;
    const live = siblings.filter((child) => this.covers(child) && child.isLive && !child.isNewcomer);
    for (const child of live) this.#members.add(child);
    const toStop = live.filter((child) => child.phase !== "held");
    this.#units = new Map(toStop.map((child) => [child, child.unit]));
    this.#order = new StopOrder(toStop, (child) => child.stop("group"));
    this.#order.begin();
  }

  onChange(child: Child): void {
    if (!child.isLive || child.phase === "held" || this.#isBack(child)) this.#order?.noteDown(child);
    else this.#order?.noteChange(child);
  }

  /** Started by hand before its stop was over: its old incarnation has ended, and the group goes on without it. */
  #isBack(child: Child): boolean {
    return this.#units.has(child) && this.#units.get(child) !== child.unit;
  }

  /** True once: all of it is down. */
  get isDown(): boolean {
    if (!this.#order?.isOver) return false;
    this.#order = null;
    return true;
  }
}
