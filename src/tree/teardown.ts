// teardown.ts: stops all children of one supervisor in order, and collects the errors of the stop.

import type { Exit } from "../../machines/events.ts";
import type { SupervisorError } from "../contract/errors.ts";
import { toStopErrors, toStopFailed } from "./failures.ts";
import type { Child } from "./service.ts";
import { StopOrder } from "./stop-order.ts";

export class Teardown {
  /** One error for each service that failed to stop, or did not stop in time, since the last start. */
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

  /** To be called when a child has changed. A child that comes back while its siblings stop is stopped again. */
  onChange(child: Child): void {
    if (child.isLive) this.#order?.noteChange(child);
    else this.#order?.noteDown(child);
  }

  /** True when all children are down, and only the first time that it is read then. */
  get isDone(): boolean {
    if (!this.#order?.isOver) return false;
    this.#order = null;
    return true;
  }

  /** Records the error of a child that failed to stop while all children were stopping. */
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
