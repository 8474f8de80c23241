// A group restart: the children that a strategy restarts together with one that failed. They stop in order; when all
// are down the supervisor's chart waits the backoff, and they start together.

import { type Strategy, selectGroup } from "../../machines/policies/strategy.ts";
import type { Child } from "./service.ts";
import { StopOrder } from "./stop-order.ts";

export class GroupRestart {
  /** When it starts, once all of it is down. */
  startsAt: number | null = null;
  readonly #strategy: Strategy;
  /** The first, in definition order, of those whose failure it is. */
  readonly #failed: Child;
  #members: readonly Child[] = [];
  /** The incarnations that it stops. */
  #units: ReadonlyMap<Child, unknown> = new Map();
  #order: StopOrder | null = null;

  constructor(strategy: Strategy, failed: Child) {
    this.#strategy = strategy;
    this.#failed = failed;
  }

  /** Whether the failure of one more child belongs to this restart; if not, it widens it. */
  covers(child: Child): boolean {
    return this.#strategy === "one-for-all" || child.order >= this.#failed.order;
  }

  /** Stops all of it, except those that wait in their backoff already, or were part of a restart that this one widens. */
  stop(siblings: readonly Child[]): void {
    this.startsAt = null;
    const affected = selectGroup(this.#strategy, siblings, this.#failed);
    this.#members = affected.filter((child) => child.regrouping || (child.isLive && !child.newcomer));
    for (const child of this.#members) child.regrouping = true;
    const live = this.#members.filter((child) => child.isLive && !child.isHeld);
    this.#units = new Map(live.map((child) => [child, child.unit]));
    this.#order = new StopOrder(live, (child) => child.stop("group"));
    this.#order.begin();
  }

  /** Starts it in definition order: not what was stopped by hand meanwhile, nor what never restarts. */
  start(): void {
    for (const child of this.#members) {
      if (child.plan.rule.restart.policy === "never" && !child.isHeld) child.settled = true;
      child.leaveGroup();
    }
    for (const child of this.#members) {
      if (!child.byHand && !child.settled && (!child.isLive || child.isHeld)) child.start("group");
    }
  }

  noteChange(child: Child): void {
    if (child.isHeld || this.#isBack(child)) this.#order?.noteDown(child);
    else this.#order?.noteChange(child);
  }

  /** Started by hand before its stop was over: its old incarnation has ended, and the group goes on without it. */
  #isBack(child: Child): boolean {
    return this.#units.has(child) && this.#units.get(child) !== child.unit;
  }

  noteDown(child: Child): void {
    this.#order?.noteDown(child);
  }

  /** True once: all of it is down. */
  get isDown(): boolean {
    if (!this.#order?.isOver) return false;
    this.#order = null;
    return true;
  }
}
