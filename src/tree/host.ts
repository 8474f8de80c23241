// The interface between a supervisor and what runs it: the root, or the unit of the service that it is.

import type { Outcome } from "../../machines/supervisor.ts";
import type { SupervisorError } from "../contract/errors.ts";
import type { ServiceState } from "../contract/states.ts";

/** What a supervisor calls back. */
export interface Host {
  /** Every critical child is up, for the first time since the start. */
  up?(): void;
  /** All children are down. `error`: why it failed; `stopError`: what went wrong while they stopped. */
  ended(outcome: Outcome, error: SupervisorError | null, stopError: SupervisorError | null): void;
  /** Its state or its health changed, just now, inside the transition. `outcome` and `error`: with its end. */
  changed?(from: ServiceState, outcome: Outcome | null, error: SupervisorError | null): void;
}
