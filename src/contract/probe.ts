// probe.ts: the types of checks and probes, and the context that a check is given.

import type { Optional } from "./spec.ts";

/** A check alone, or with its numbers. */
export type Probe<Value = unknown> = HealthCheck<Value> | ProbeSpec<Value>;

export interface ProbeSpec<Value = unknown> extends Optional<ProbeOptions> {
  check(ctx: ProbeContext<Value>): unknown;
}

/** A check. Throwing, rejecting or returning `false` means unhealthy; any other result means healthy. */
export type HealthCheck<Value = unknown> = {
  // A method signature, so that a check of a narrower value is assignable where any service is expected.
  bivariant(ctx: ProbeContext<Value>): unknown;
}["bivariant"];

export interface ProbeOptions {
  /**
   * From the end of one check to the start of the next, in milliseconds.
   *
   * @default 1_000
   */
  intervalMs: number;
  /**
   * A check that takes longer, in milliseconds, is a failure, even if it ignores its signal.
   *
   * @default 1_000
   */
  timeoutMs: number;
  /**
   * From ready to the first check, in milliseconds.
   *
   * @default 0
   */
  initialDelayMs: number;
  /**
   * Failures in a row that make it unhealthy.
   *
   * @default 3
   */
  failureThreshold: number;
  /**
   * Passes in a row that make it healthy. Must be 1 for liveness.
   *
   * @default 1
   */
  successThreshold: number;
}

/** The argument of a check. Its signal aborts when the check times out or its incarnation ends. */
export interface ProbeContext<Value = unknown> {
  /** The service's value: the result of `start`, the value given to `ctx.ready`, or the actor. */
  readonly value: Value;
  readonly signal: AbortSignal;
  readonly path: string;
}
