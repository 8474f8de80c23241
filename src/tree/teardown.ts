// The stop of all children of one supervisor, in order, with what goes wrong in it.

import type { Exit } from "../../machines/events.ts";
import type { SupervisorError } from "../contract/errors.ts";
import { toStopErrors, toStopFailed } from "./failures.ts";
import type { Child } from "./service.ts";
import { StopOrder } from "./stop-order.ts";

export class Teardown {
  /** One error for each service that failed to stop, or not in time, in this start of the supervisor or the last. */
  errors: readonly SupervisorError[] = [];
  #order: StopOrder | null = null;

  get isUnderWay(): boolean {
    return this.#order !== null;
  }

  clear(): void {
    this.errors = [];
  }

  begin(children: readonly Child[]): void {
    for (const child of children) if (child.phase === "grouped") child.stop("supervisor");
    const live = children.filter((child) => child.isLive);
    this.#order = new StopOrder(live, (child) => child.stop("supervisor"));
    this.#order.begin();
  }

  /** A child has changed. One that comes back by itself while its siblings stop is stopped, too. */
  onChange(child: Child): void {
    if (child.isLive) this.#order?.noteChange(child);
    else this.#order?.noteDown(child);
  }

  /** True once: all children are down. */
  get isDone(): boolean {
    if (!this.#order?.isOver) return false;
    this.#order = null;
    return true;
  }

  /** A child ended, while all of them were stopping, in a way that was not its own. */
  onFailedStop(child: Child, exit: Exit): void {
    // stopTimeoutMs 0 means that it is left behind on purpose: not an error.
    if (exit.kind === "unstopped" && child.plan.rule.stopTimeoutMs === 0) return;
    const nested = child.supervisor?.stopErrors ?? [];
    if (exit.kind === "unstopped") this.errors = [...this.errors, child.error as SupervisorError];
    else this.errors = [...this.errors, ...(nested.length > 0 ? nested : [toStopFailed(child)])];
  }

  toError(path: string): SupervisorError | null {
    return this.errors.length > 0 ? toStopErrors(path, this.errors) : null;
  }
}
