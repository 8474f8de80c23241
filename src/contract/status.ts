// status.ts: the types of the status and the health of a tree, as plain data.

import type { Health } from "../../machines/policies/health.ts";
import type { Strategy } from "../../machines/policies/strategy.ts";
import type { RoleStatus } from "./cluster-facts.ts";
import type { Phase, ServiceState } from "./states.ts";

/** The fields of the status of services and supervisors alike. */
interface CommonStatus {
  readonly path: string;
  readonly name: string;
  readonly state: ServiceState;
  /** The phase of its state: see `servicePhases`. null in a state without phases. */
  readonly phase: Phase | null;
  /** Running, ready, and readiness not failed. */
  readonly healthy: boolean;
  /** Starts so far. */
  readonly incarnation: number;
  /** Automatic restarts so far. */
  readonly restarts: number;
  /** Consecutive failures, as counted against maxRetries. */
  readonly failures: number;
  /** clock.now() when this state was entered. */
  readonly since: number;
  /** clock.now() when this incarnation became ready. */
  readonly startedAt: number | null;
  /** Paths, while the phase is "waiting". */
  readonly waitingFor: readonly string[];
  /** While in backoff, once the delay has begun: clock.now() of the next start. */
  readonly nextAttemptAt: number | null;
  /** With a `nextRun`, while it is not down: clock.now() of its next run. */
  readonly nextRunAt: number | null;
  /** The values of other services that it holds: it took them before it was ready. */
  readonly holds: readonly HeldValue[];
  /** The last failure. */
  readonly error: ErrorSummary | null;
  /** The role of a cluster that this service stands for, while this node is a member: where it is held, and how it is. */
  readonly role?: RoleStatus;
  /** How the last incarnation ended. */
  readonly exit: "completed" | "failed" | "stopped" | "unstopped" | null;
}

/** A value that a service holds. */
export interface HeldValue {
  /** The path of the service that gave it, and the number of the incarnation that did. */
  readonly path: string;
  readonly incarnation: number;
  /** false: that incarnation is gone, and the value with it. */
  readonly isAlive: boolean;
}

export interface ErrorSummary {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

/** One service, or one supervisor with everything inside it, as it is now. JSON-serialisable. `kind` narrows. */
export type ServiceStatus = (CommonStatus & { readonly kind: "service" }) | TreeStatus;

/** One supervisor, or the root, as it is now. */
export interface TreeStatus extends CommonStatus {
  readonly kind: "supervisor";
  readonly strategy: Strategy;
  /** The direct children, by state. */
  readonly counts: Readonly<Record<ServiceState, number>>;
  readonly services: readonly ServiceStatus[];
}

export interface HealthReport {
  readonly status: Health;
  /** `status` is "healthy". */
  readonly healthy: boolean;
  /** By path, in definition order, the whole tree. */
  readonly services: Readonly<Record<string, ServiceHealth>>;
}

export interface ServiceHealth {
  readonly healthy: boolean;
  readonly running: boolean;
  readonly critical: boolean;
  readonly state: ServiceState;
  readonly error?: string;
}
