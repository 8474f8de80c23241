// description.ts: the types of a tree's definition as plain data, with every default filled in.

import type { AutoShutdown, Condition, Intensity, OnFailure, RestartPolicy, Strategy } from "./spec.ts";

/** A supervisor as it is defined, with every default. A nested supervisor has the fields of ServiceDescription, too. */
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
  /** The user's own data, unchanged: the only part that need not be JSON-serialisable. */
  readonly meta: Readonly<Record<string, unknown>> | null;
  /** In definition order; those added at run time come last. */
  readonly services: readonly ChildDescription[];
  /**
   * The paths of the direct children in the order of a start. The children of one list start side by side, each as soon
   * as its dependencies meet their conditions. Its dependencies are all in earlier lists.
   */
  readonly startOrder: readonly (readonly string[])[];
  /** The same for a stop: the dependants of a service are all in earlier lists. */
  readonly stopOrder: readonly (readonly string[])[];
}

/** A service as it is defined, with every default. */
export interface ServiceDescription {
  readonly path: string;
  readonly name: string;
  readonly kind: "service" | "supervisor";
  /** The kind of code that it runs. */
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
  /** It is a role of a cluster: its children are where it is held, on this node or another. */
  readonly isRole?: true;
  /** It has a `nextRun`: its runs begin when they are due. */
  readonly isScheduled: boolean;
  readonly startDelayMs: number;
  /** null: no limit. */
  readonly startTimeoutMs: number | null;
  /** null: no limit. */
  readonly stopTimeoutMs: number | null;
  readonly probes: readonly ("health" | "readiness" | "liveness")[];
  /** null: no watchdog. */
  readonly watchdogMs: number | null;
  /** The user's own data, unchanged: the only part that need not be JSON-serialisable. */
  readonly meta: Readonly<Record<string, unknown>> | null;
}

/** A service, or a nested supervisor, which has the fields of both. `kind` narrows. */
export type ChildDescription =
  | (ServiceDescription & { readonly kind: "service"; readonly services?: never })
  | (ServiceDescription & TreeDescription);

export interface DependencyDescription {
  /** The path of the sibling that it waits for. */
  readonly path: string;
  readonly condition: Condition;
  readonly required: boolean;
  /** null: "restart" while the dependant holds the value of the dependency, else "ignore". */
  readonly onFailure: OnFailure | null;
}
