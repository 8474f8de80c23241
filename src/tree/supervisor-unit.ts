// supervisor-unit.ts: the unit of a nested supervisor.

import type { FailureCause } from "../../machines/events.ts";
import { Unit } from "./unit.ts";

/** `services`: a supervisor of its own. */
export class SupervisorUnit extends Unit {
  protected override get ownCause(): FailureCause {
    return "supervisor";
  }

  protected execute(): void {
    this.child.supervisor!.begin({
      up: () => this.onFamilyUp(),
      // A supervisor that is asked to stop while it is failing reports only the errors of its stop, as a service does.
      ended: (_outcome, error, stopError) => this.onFamilyEnded(this.askedAt === null ? error : stopError),
    });
  }

  protected onFamilyUp(): void {
    this.ready();
  }

  protected onFamilyEnded(error: Error | null): void {
    this.end(error ? { kind: "failed", error } : { kind: "completed", value: undefined });
  }

  protected interrupt(): void {
    this.child.supervisor!.requestStop();
  }

  // The supervisor ends as soon as its services have ended or been left behind. Each reports that under its own path.
  override abandon(): void {
    this.child.supervisor!.requestStop(0);
  }
}
