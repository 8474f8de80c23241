// What a tree is defined to be, as plain data.

import type { AutoShutdown, Condition, Intensity, OnFailure, RestartPolicy, Strategy } from "./spec.ts";

/** A supervisor as it is defined, with every default: the root, or with ServiceDescription a nested one. */
export interface TreeDescription {
  path: string;
  name: string;
  kind: "supervisor";
  strategy: Strategy;
  /** null: no limit. */
  intensity: Intensity | null;
  autoShutdown: AutoShutdown;
  /** null: no limit. */
  maxServices: number | null;
  /** As it was given: the only part that need not be JSON-serialisable. */
  meta: Record<string, unknown> | null;
  /** In definition order; those added at run time come last. */
  services: ChildDescription[];
  /**
   * The paths of the direct children in the order of a start: those of one list start side by side, each as soon as
   * what it depends on is as it wants it. All of that is in the lists before its own.
   */
  startOrder: string[][];
  /** The same for a stop: what depends on a service is in the lists before its own. */
  stopOrder: string[][];
}

/** A service as it is defined, with every default. */
export interface ServiceDescription {
  path: string;
  name: string;
  kind: "service" | "supervisor";
  /** Which of the four it has. */
  body: "run" | "start" | "actor" | "services";
  critical: boolean;
  significant: boolean;
  restart: {
    policy: RestartPolicy;
    /** null: no limit. */
    maxRetries: number | null;
    initialBackoffMs: number;
    maxBackoffMs: number;
    multiplier: number;
    jitter: number;
    /** null: never. */
    resetAfterMs: number | null;
  };
  /** In the order in which they were written. */
  dependsOn: DependencyDescription[];
  startDelayMs: number;
  /** null: no limit. */
  startTimeoutMs: number | null;
  /** null: no limit. */
  stopTimeoutMs: number | null;
  probes: ("health" | "readiness" | "liveness")[];
  /** null: no watchdog. */
  watchdogMs: number | null;
  /** As it was given: the only part that need not be JSON-serialisable. */
  meta: Record<string, unknown> | null;
}

/** A service, or a nested supervisor (`kind` and `services` tell), which is both. */
export type ChildDescription =
  | (ServiceDescription & { kind: "service"; services?: never })
  | (ServiceDescription & TreeDescription);

export interface DependencyDescription {
  /** Of the sibling that it waits for. */
  path: string;
  condition: Condition;
  required: boolean;
  onFailure: OnFailure;
}
