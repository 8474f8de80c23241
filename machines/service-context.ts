// service-context.ts: what the service chart keeps (its context), what it is given (rule and port), and what it starts with.

import type { ActorEnded, Exit } from "./events.ts";
import type { BackoffRule } from "./policies/backoff.ts";
import type { RestartPolicy, RestartVerdict } from "./policies/restart.ts";

/** The numbers that a service lives by. All durations are milliseconds. */
export interface ServiceRule {
  readonly restart: BackoffRule & {
    readonly policy: RestartPolicy;
    readonly maxRetries: number;
    readonly resetAfterMs: number;
  };
  readonly startDelayMs: number;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** It has dependencies, and so a gate. */
  readonly gated: boolean;
  /** It has a readiness, which is unhealthy until its first result. */
  readonly readiness: boolean;
  /** Its runs begin when they are due. */
  readonly scheduled: boolean;
}

/** The calls by which the chart acts on the outside world. The port acts on each after the transition. */
export interface ServicePort {
  /** Answer with gate.opened or gate.hopeless, now or later, while the service is waiting. */
  consultGate(): void;
  /** Begin an incarnation: answer with unit.ready, unit.failing, unit.ended. */
  launch(incarnation: number): void;
  /** The start timeout has passed: answer with unit.failing. */
  expireStart(): void;
  /** Ask the unit to end: answer with unit.ended. */
  askToStop(): void;
  /** The stop deadline has passed: answer with unit.ended, whether the unit has ended or not. */
  abandon(): void;
  /** A run is due while the one before it is not over. */
  skipRun(): void;
  /** The actor that is the unit is done or in error: answer with unit.ended. */
  relayActorEnd(event: ActorEnded): void;
}

export interface ServiceMachineInput {
  readonly rule: ServiceRule;
  readonly port: ServicePort;
}

/** The purpose of a stop: a phase of `stopped`, a restart, or the end of a failing incarnation. */
export type Intent = "idle" | "byHand" | "dismissed" | "grouped" | "restart" | "fail";

export interface ServiceMachineContext extends ServiceMachineInput {
  readonly incarnation: number;
  /** Automatic restarts so far. */
  readonly restarts: number;
  /** Consecutive failures. */
  readonly failures: number;
  /** Whether the start delay was waited. */
  readonly delayed: boolean;
  /** Whether it has ever been healthy, or has completed. */
  readonly wasUp: boolean;
  /** When this incarnation became ready. */
  readonly readyAt: number | null;
  /** While stopping: the purpose of the stop. */
  readonly intent: Intent | null;
  /** While stopping: whether it had failed before it was asked to end. */
  readonly failing: boolean;
  /** While stopping: how long it may take. */
  readonly stopTimeoutMs: number;
  /** The delay of the last backoff, and when it is over. */
  readonly delayMs: number;
  readonly nextAttemptAt: number | null;
  /** How the last incarnation ended, and what the restart policy decided then; null if the end was asked for. */
  readonly exit: Exit | null;
  readonly verdict: RestartVerdict | null;
}

type Context = ServiceMachineContext;

export function newService({ rule, port }: ServiceMachineInput): Context {
  return {
    rule,
    port,
    incarnation: 0,
    restarts: 0,
    failures: 0,
    delayed: false,
    wasUp: false,
    readyAt: null,
    intent: null,
    failing: false,
    stopTimeoutMs: 0,
    delayMs: 0,
    nextAttemptAt: null,
    exit: null,
    verdict: null,
  };
}
