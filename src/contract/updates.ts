// Updates: what can be observed of a tree, as one closed set of facts.

import type { Exit } from "../../machines/events.ts";
import type { Health } from "../../machines/policies/health.ts";
import type { SupervisorError } from "./errors.ts";
import type { ServiceState } from "./states.ts";

/** A fact as it happened. */
export type Fact =
  /** A service, a supervisor or the root changed state, or only phase (then `from` equals `to`). */
  | {
      type: "status";
      from: ServiceState;
      to: ServiceState;
      phase: string | null;
      incarnation: number;
      /** With the update that leaves an incarnation. */
      exit?: Exit;
      /** With `to: "backoff"`. */
      delayMs?: number;
      /** With `to: "backoff"` and `"failed"`: consecutive failures. */
      failures?: number;
    }
  /** The aggregate health of a supervisor changed. */
  | { type: "health"; from: Health; to: Health }
  /** The readiness of a running service changed. */
  | { type: "service-health"; healthy: boolean; error?: Error }
  /** A supervisor gave up. */
  | { type: "escalation"; error: SupervisorError }
  /** A service still runs after its stop deadline. */
  | { type: "unstopped"; incarnation: number; waitedMs: number }
  /** An unstopped incarnation ended at last. */
  | { type: "late"; incarnation: number; outcome: "completed" | "failed"; error?: Error }
  /** An error that escaped into the host was given to the service it came from. */
  | { type: "stray-error"; error: Error }
  /** A service was removed from the tree, and with it all that was in it. Code of it that ran on may still be `late` or stray. */
  | { type: "removed" };

/** A fact with its place in the history: `seq` counts 1, 2, 3, … without a gap; `at` is clock.now(). */
export type Update = Fact & { seq: number; at: number; path: string };

/** In the stream of a reader that fell behind: so many of the oldest updates were dropped. */
export interface Dropped {
  type: "dropped";
  count: number;
}

/** Every type of update. */
export const updateTypes: readonly Update["type"][] = [
  "status",
  "health",
  "service-health",
  "escalation",
  "unstopped",
  "late",
  "stray-error",
  "removed",
];
