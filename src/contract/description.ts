// What a tree is defined to be, as plain data.

import type { AutoShutdown, Condition, Intensity, OnFailure, RestartPolicy, Strategy } from "./spec.ts";

/** A supervisor as it is defined, with every default: the root, or with ServiceDescription a nested one. */
export interface TreeDescription {
  readonly path: string;
  readonly name: string;
  readonly kind: "supervisor";
  readonly strategy: Strategy;
  /** null: no limit. */
  readonly intensity: Intensity | null;
  readonly autoShutdown: AutoShutdown;
  /** null: no limit. */
  readonly maxServices: number | null;
  /** As it was given: the only part that need not be JSON-serialisable. */
  readonly meta: Readonly<Record<string, unknown>> | null;
  /** In definition order; those added at run time come last. */
  readonly services: readonly ChildDescription[];
  /**
   * The paths of the direct children in the order of a start: those of one list start side by side, each as soon as
   * what it depends on is as it wants it. All of that is in the lists before its own.
   */
  readonly startOrder: readonly (readonly string[])[];
  /** The same for a stop: what depends on a service is in the lists before its own. */
  readonly stopOrder: readonly (readonly string[])[];
}

/** A service as it is defined, with every default. */
export interface ServiceDescription {
  readonly path: string;
  readonly name: string;
  readonly kind: "service" | "supervisor";
  /** Which of the four it has. */
  readonly body: "run" | "start" | "actor" | "services";
  readonly critical: boolean;
  readonly significant: boolean;
  readonly restart: {
    readonly policy: RestartPolicy;
    /** null: no limit. */
    readonly maxRetries: number | null;
    readonly initialBackoffMs: number;
    readonly maxBackoffMs: number;
    readonly multiplier: number;
    readonly jitter: number;
    /** null: never. */
    readonly resetAfterMs: number | null;
  };
  /** In the order in which they were written. */
  readonly dependsOn: readonly DependencyDescription[];
  readonly startDelayMs: number;
  /** null: no limit. */
  readonly startTimeoutMs: number | null;
  /** null: no limit. */
  readonly stopTimeoutMs: number | null;
  readonly probes: readonly ("health" | "readiness" | "liveness")[];
  /** null: no watchdog. */
  readonly watchdogMs: number | null;
  /** As it was given: the only part that need not be JSON-serialisable. */
  readonly meta: Readonly<Record<string, unknown>> | null;
}

/** A service, or a nested supervisor (`kind` and `services` tell), which is both. */
export type ChildDescription =
  | (ServiceDescription & { readonly kind: "service"; readonly services?: never })
  | (ServiceDescription & TreeDescription);

export interface DependencyDescription {
  /** Of the sibling that it waits for. */
  readonly path: string;
  readonly condition: Condition;
  readonly required: boolean;
  /** null: "restart" while the dependant holds the value of the dependency, else "ignore". */
  readonly onFailure: OnFailure | null;
}
