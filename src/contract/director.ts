// director.ts: the interface between a nested supervisor and what directs it: code of this package that adds, removes and
// rates its children, as a cluster does. Nothing else of the runtime knows of clusters.

import type { AnyActorRef } from "xstate";
import type { Chart } from "../../machines/chart.ts";
import type { MemberChange, RoleChange, RoleStatus } from "./cluster-facts.ts";
import type { Lease } from "./lease.ts";
import type { ChildSpec, Clock, Logger, ServiceSpec } from "./spec.ts";
import type { HealthReport, ServiceStatus } from "./status.ts";
import type { Dropped, Update } from "./updates.ts";

/** The key of a supervisor's director in its spec. Shared by all copies of the package. */
export const directorKey = Symbol.for("statevisor.director");

/** The key of the inside of a tree in the context of a service. */
export const insideKey = Symbol.for("statevisor.inside");

/** The handle of the whole tree, as far as code inside it may use it. */
export interface WholeTree {
  readonly name: string;
  now(): number;
  status(path: string): ServiceStatus;
  health(): HealthReport;
  explain(path: string): object;
  updates(): AsyncIterableIterator<Update | Dropped>;
  startService(path: string): Promise<void>;
  stopService(path: string): Promise<void>;
  restartService(path: string): Promise<void>;
}

/** What code of this package gets from the tree that it runs in. */
export interface Inside {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  tree(): WholeTree;
  /** What one incarnation leaves to the next. */
  readonly memory: Map<string, unknown>;
  /** Sets what `explain` adds about the service; null while there is nothing to add. */
  setSummary(summarise: () => string | null): void;
  /** Sets what the status says about its role; null while nothing is known. */
  setRole(read: () => RoleStatus | null): void;
  /** What the tree publishes of its cluster. */
  readonly updates: {
    isHeard(type: "role" | "member"): boolean;
    /** Calls back when somebody begins to listen to the tree. Returns the remover. */
    onHeard(listener: () => void): () => void;
    publish(path: string, fact: RoleChange | MemberChange): void;
  };
  /** The `Witnesses` of the tree, which the charts of its code report to. */
  readonly witnesses: object;
  /** A number of [0, 1). */
  drawChance(): number;
  /** The wall clock; the monotonic one if the tree's clock has no other. */
  wallNow(): number;
  /** Runs a chart as a child of the service's own. `port` is a `ChartHost` as well as the port of that chart. */
  startChart(chart: Chart, rule: object, port: object): AnyActorRef;
  stopChart(actor: AnyActorRef): void;
  /** Sends a chart an event, in a turn. */
  send(actor: AnyActorRef, event: { readonly type: string }): void;
  /** Does work after the present transition. */
  later(work: () => void): void;
  failInternally(error: unknown): void;
}

export interface DirectorHost extends Inside {
  /** Its failure for good fails the supervisor above it. */
  readonly isCritical: boolean;
  /** The live value of a sibling that it depends on. */
  use(service: ServiceSpec): unknown;
  /** Checks a spec as a child's, and throws as `createSupervisor` does. Returns what its restart options say. */
  check(spec: ChildSpec): DirectedRule;
  /** Adds a child and starts it. It is not critical: its failure for good is reported, and goes no further. */
  add(spec: ChildSpec, options: DirectedOptions): DirectedChild;
  /** It is up, with the value that dependants are given. Unhealthy until it is rated. */
  ready(value: unknown): void;
  rate(healthy: boolean, error?: Error): void;
  /** It cannot go on; with a hopeless error, for good. */
  fail(error: Error): void;
  /** Its work is done for good. */
  complete(): void;
  /** The answer to `stop`: nothing of its children is left, or an error that says what is. */
  ended(error: Error | null): void;
}

export interface DirectedOptions {
  /** Replaces its own limit. */
  readonly maxRetries: number;
  /** Failures elsewhere: its backoff goes on from there. */
  readonly failures: number;
  readonly lease: Lease;
  /** Called after each change. */
  onChange(): void;
}

/** What the restart options of a child say about its role. */
export interface DirectedRule {
  readonly maxRetries: number;
  readonly resetAfterMs: number;
  /** The delay that follows so many failures in a row. */
  nextDelayMs(failures: number): number;
}

/** A child that a director has added. */
export interface DirectedChild {
  /**
   * up: healthy. over: completed, or stopped for good by its `decide`. byHand: stopped by the user. failed: for good.
   * stopped: by `stop`. unstopped: by `stop`, but something of it still runs.
   */
  readonly standing: "down" | "up" | "over" | "byHand" | "failed" | "stopped" | "unstopped";
  /** Failures in a row, here. */
  readonly failures: number;
  readonly error: Error | null;
  /** It has failed, and waits for its next attempt. */
  readonly isBackingOff: boolean;
  /** What it gives its dependants. */
  readonly value: unknown;
  /** Asks it to stop, with its own deadline or a shorter one. */
  stop(timeoutMs?: number): void;
  /** Takes it out of the tree once nothing of it runs. */
  remove(): void;
}

export interface Director {
  /** Asked to stop; answers with `ended`. */
  stop(): void;
  /** The deadline of the stop has passed: answer at once. */
  abandon(): void;
}

export type CreateDirector = (host: DirectorHost) => Director;
