// updates.ts: the updates that a tree publishes, as one closed set of facts.

import type { Exit } from "../../machines/events.ts";
import type { Health } from "../../machines/policies/health.ts";
import type { MemberChange, RoleChange } from "./cluster-facts.ts";
import type { SupervisorError } from "./errors.ts";
import type { Phase, ServiceState } from "./states.ts";

/** A change of state; its fields depend on the new state. */
type StatusFact = {
  readonly type: "status";
  readonly from: ServiceState;
  readonly phase: Phase | null;
  readonly incarnation: number;
} & (
  | {
      readonly to: "backoff";
      readonly exit: Exit;
      readonly delayMs: number;
      /** Consecutive failures. */
      readonly failures: number;
    }
  | { readonly to: "failed"; readonly exit?: Exit; readonly failures?: number; readonly delayMs?: undefined }
  | {
      readonly to: Exclude<ServiceState, "backoff" | "failed">;
      /** With the update that leaves an incarnation. */
      readonly exit?: Exit;
      readonly failures?: undefined;
      readonly delayMs?: undefined;
    }
);

/** A fact as it happened. */
export type Fact =
  /** A service, a supervisor or the root changed state, or only phase (then `from` equals `to`). */
  | StatusFact
  /** The aggregate health of a supervisor changed. */
  | { readonly type: "health"; readonly from: Health; readonly to: Health }
  /** The readiness of a running service changed. */
  | { readonly type: "service-health"; readonly healthy: boolean; readonly error?: Error }
  /** A supervisor gave up. */
  | { readonly type: "escalation"; readonly error: SupervisorError }
  /** A service still runs after its stop deadline. */
  | { readonly type: "unstopped"; readonly incarnation: number; readonly waitedMs: number }
  /** An unstopped incarnation ended at last. */
  | {
      readonly type: "late";
      readonly incarnation: number;
      readonly outcome: "completed" | "failed";
      readonly error?: Error;
    }
  /** An error that escaped into the host was given to the service it came from. */
  | { readonly type: "stray-error"; readonly error: Error }
  /**
   * A service was removed from the tree with everything inside it. Code that runs on may still be `late` or stray.
   */
  | { readonly type: "removed" }
  /**
   * A role of the cluster, or a shard of it, changed, on whichever node. `path` is that of what stands for it here; of the
   * cluster service, if nothing does. Of changes that follow each other at once, the last may be the only one seen.
   */
  | RoleChange
  /** A member of the cluster changed; `path` is that of the cluster service. */
  | MemberChange;

/** A fact's place in the history: `seq` counts 1, 2, 3, … without a gap; `at` is clock.now(). */
interface Place {
  readonly seq: number;
  readonly at: number;
  readonly path: string;
}

export type Update = Fact & Place;
export type StatusUpdate = StatusFact & Place;

/** A notice in the stream of a reader that fell behind: `count` of the oldest updates were dropped. */
export interface Dropped {
  readonly type: "dropped";
  readonly count: number;
}

/** Every type of update. */
const typeTable = {
  status: true,
  health: true,
  "service-health": true,
  escalation: true,
  unstopped: true,
  late: true,
  "stray-error": true,
  removed: true,
  role: true,
  member: true,
} as const satisfies Record<Update["type"], true>;

export const updateTypes = Object.keys(typeTable) as readonly Update["type"][];
