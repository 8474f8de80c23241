// host.ts: the interface between a supervisor and what runs it (the root, or the unit of a nested supervisor).

import type { Outcome } from "../../machines/supervisor.ts";
import type { SupervisorError } from "../contract/errors.ts";
import type { ServiceState } from "../contract/states.ts";

/** The calls that a supervisor makes back to its host. */
export interface Host {
  /** Every critical child is up, for the first time since the start. */
  up?(): void;
  /** All children are down. `error`: why it failed; `stopError`: what went wrong while they stopped. */
  ended(outcome: Outcome, error: SupervisorError | null, stopError: SupervisorError | null): void;
  /** Its state or its health changed. Called inside the transition. `outcome` and `error` are set when it ends. */
  changed?(from: ServiceState, outcome: Outcome | null, error: SupervisorError | null): void;
}
