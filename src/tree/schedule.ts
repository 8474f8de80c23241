// schedule.ts: tells the chart of a service when its next run is due, as the user's `nextRun` says.

import { invalid } from "../contract/check.ts";
import { toError } from "../contract/errors.ts";
import type { Child } from "./service.ts";

/**
 * The longest wait without a look at the wall clock, in milliseconds: it may be set, and the monotonic clock stands still
 * while the machine sleeps.
 */
const longestWaitMs = 60_000;

export class Schedule {
  readonly #child: Child;
  readonly #nextRun: (now: Date) => Date | null;
  /** When the next run is due, by the wall clock; null while the service is down. */
  #dueAt: number | null = null;
  #timer: unknown;

  constructor(child: Child, nextRun: (now: Date) => Date | null) {
    this.#child = child;
    this.#nextRun = nextRun;
  }

  /** When the next run is due, by the clock of the tree. */
  get nextRunAt(): number | null {
    return this.#dueAt === null ? null : this.#child.tree.clock.now() + this.#dueAt - this.#wallNow();
  }

  #wallNow(): number {
    const { clock } = this.#child.tree;
    return clock.wallNow?.() ?? clock.now();
  }

  /** To be called before a start: who hears that the service waits for its next run reads when that is. */
  prepare(): void {
    if (this.#dueAt !== null) return;
    try {
      this.#plan();
    } catch {
      // follow() asks again, and reports it.
    }
  }

  /** To be called after each change of the service. */
  follow(): void {
    const child = this.#child;
    if (!child.isLive) return this.dispose();
    if (this.#dueAt !== null) return;
    try {
      this.#plan();
    } catch (error) {
      return child.send({ type: "schedule.failed", error: toError(error) });
    }
    if (this.#dueAt === null) child.send({ type: "schedule.over" });
  }

  dispose(): void {
    this.#child.tree.clock.clearTimeout(this.#timer);
    this.#dueAt = null;
  }

  #plan(): void {
    const { plan, path } = this.#child;
    const now = new Date(this.#wallNow());
    const next: unknown = this.#nextRun.call(plan.spec, new Date(now));
    if (next === null) return;
    if (!(next instanceof Date && next > now)) {
      throw invalid(path, "nextRun", `a Date after ${now.toISOString()}, or null`, next);
    }
    this.#dueAt = next.getTime();
    this.#wait();
  }

  #wait(): void {
    const { clock } = this.#child.tree;
    const ms = Math.min(this.#dueAt! - this.#wallNow(), longestWaitMs);
    this.#timer = clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    if (this.#dueAt === null) return;
    if (this.#wallNow() < this.#dueAt) return this.#wait();
    this.#dueAt = null;
    this.#child.send({ type: "run.due" });
    this.follow();
  }
}
