// Status and health of a tree, as plain data.

import type { Health } from "../../machines/policies/health.ts";
import type { ServiceState } from "./states.ts";

/** One service, or one supervisor, as it is now. JSON-serialisable. */
export interface ServiceStatus {
  path: string;
  name: string;
  kind: "service" | "supervisor";
  state: ServiceState;
  /** Inside starting: "waiting", "delaying", "launching"; inside running: "healthy", "unhealthy". */
  phase: string | null;
  /** Running, ready, and readiness not failed. */
  healthy: boolean;
  /** Starts so far. */
  incarnation: number;
  /** Automatic restarts so far. */
  restarts: number;
  /** Consecutive failures, as counted against maxRetries. */
  failures: number;
  /** clock.now() when this state was entered. */
  since: number;
  /** clock.now() when this incarnation became ready. */
  startedAt: number | null;
  /** Paths, while the phase is "waiting". */
  waitingFor: string[];
  /** While in backoff, once the delay has begun: clock.now() of the next start. */
  nextAttemptAt: number | null;
  /** The last failure. */
  error: { name: string; message: string; code?: string; stack?: string } | null;
  /** How the last incarnation ended. */
  exit: "completed" | "failed" | "stopped" | "unstopped" | null;
}

export interface TreeStatus extends ServiceStatus {
  strategy: string;
  /** Of the direct children. */
  counts: Record<ServiceState, number>;
  services: (ServiceStatus | TreeStatus)[];
}

export interface HealthReport {
  status: Health;
  /** `status` is "healthy". */
  healthy: boolean;
  /** By path, in definition order, the whole tree. */
  services: Record<string, ServiceHealth>;
}

export interface ServiceHealth {
  healthy: boolean;
  running: boolean;
  critical: boolean;
  state: ServiceState;
  error?: string;
}
