// The parts that the service chart names: what its actions change, what they tell the port, what its guards ask, how long
// its delays are. Plain functions of context and event.

import type { ActorEnded, By, Exit, ServiceEvent, UnitEnded } from "./events.ts";
import { type BackoffRule, nextDelayMs } from "./policies/backoff.ts";
import {
  countFailures,
  decideRestart,
  type OwnEnd,
  type RestartPolicy,
  type RestartVerdict,
} from "./policies/restart.ts";

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
}

/** What the chart tells the outside world. Each call is remembered, and acted on after the transition. */
export interface ServicePort {
  /** Answer with gate.opened or gate.hopeless, now or later, while the service is waiting. */
  consultGate(): void;
  /** Begin an incarnation: answer with unit.ready, unit.failing, unit.ended. */
  launch(incarnation: number): void;
  /** The start timeout has passed: answer with unit.failing. */
  expireStart(): void;
  /** Ask the unit to end: answer with unit.ended. */
  askToStop(): void;
  /** The stop deadline has passed: answer with unit.ended whether it has ended or not. */
  abandon(): void;
  /** The actor that is the unit is done or in error: answer with unit.ended. */
  relayActorEnd(event: ActorEnded): void;
}

export interface ServiceMachineInput {
  readonly rule: ServiceRule;
  readonly port: ServicePort;
}

export interface ServiceMachineContext extends ServiceMachineInput {
  readonly incarnation: number;
  /** Automatic restarts so far. */
  readonly restarts: number;
  /** Consecutive failures. */
  readonly failures: number;
  /** Whether the start delay was waited. */
  readonly delayed: boolean;
  /** When this incarnation became ready. */
  readonly readyAt: number | null;
  /** While stopping: what comes after it. */
  readonly intent: "stop" | "restart" | "fail" | null;
  /** While stopping: whether it had failed before it was asked to end. */
  readonly failing: boolean;
  /** While stopping: how long it may take. */
  readonly stopTimeoutMs: number;
  /** Of the last backoff. */
  readonly delayMs: number;
  readonly nextAttemptAt: number | null;
  /** How the last incarnation ended, and what was decided then. */
  readonly exit: Exit | null;
  readonly verdict: RestartVerdict | null;
}

/** What an end counts as. One that was failing failed, however its stop went. */
function ownEnd(context: ServiceMachineContext, event: UnitEnded): OwnEnd {
  return context.intent !== "fail" && event.exit.kind === "completed" ? "completed" : "failed";
}

/** How long its incarnation has been ready; null if it never was. */
function readyForMs({ readyAt }: ServiceMachineContext, at: number): number | null {
  return readyAt === null ? null : at - readyAt;
}

/** The failures after an end, and what follows from them. */
function judgeEnd(context: ServiceMachineContext, event: UnitEnded) {
  const { restart } = context.rule;
  const end = ownEnd(context, event);
  const failures = countFailures(context.failures, end, readyForMs(context, event.at), restart.resetAfterMs);
  return { end, failures, verdict: decideRestart(restart, end, failures, event.wish) };
}

/** Whether a stop went wrong: it did not end in time, or ended with an error that it did not have before. */
function stoppedBadly(context: ServiceMachineContext, event: UnitEnded): boolean {
  return event.exit.kind === "unstopped" || (event.exit.kind === "failed" && !context.failing);
}

/** While an update makes it: nobody else has it yet. */
type Draft = { -readonly [Key in keyof ServiceMachineContext]: ServiceMachineContext[Key] };

/** A copy to change. Field by field: V8 takes fifteen times as long for a spread, and this is done at every step. */
function copyOf(context: ServiceMachineContext): Draft {
  return {
    rule: context.rule,
    port: context.port,
    incarnation: context.incarnation,
    restarts: context.restarts,
    failures: context.failures,
    delayed: context.delayed,
    readyAt: context.readyAt,
    intent: context.intent,
    failing: context.failing,
    stopTimeoutMs: context.stopTimeoutMs,
    delayMs: context.delayMs,
    nextAttemptAt: context.nextAttemptAt,
    exit: context.exit,
    verdict: context.verdict,
  };
}

/** The context once an incarnation is over. */
function over(context: ServiceMachineContext, exit: Exit): Draft {
  const next = copyOf(context);
  next.exit = exit;
  next.verdict = null;
  next.readyAt = null;
  next.intent = null;
  next.failing = false;
  return next;
}

type Args = { readonly context: ServiceMachineContext; readonly event: ServiceEvent };
type Update = (args: Args) => ServiceMachineContext;
type Effect = (args: Args) => void;
type Guard = (args: Args) => boolean;
type Delay = (args: Args) => number;

/** Actions that change the context: each returns the new one. */
const updates = {
  // Started by hand, or by its supervisor's own start, it has a fresh budget. A group goes on with the old one.
  noteStart: ({ context, event }) => {
    const { by } = event as { by: By };
    const next = copyOf(context);
    if (by === "group") next.restarts++;
    else next.failures = 0;
    if (by === "supervisor") next.delayed = false;
    return next;
  },
  noteOwnRestart: ({ context }) => {
    const next = copyOf(context);
    next.restarts++;
    return next;
  },
  clearFailures: ({ context }) => {
    const next = copyOf(context);
    next.failures = 0;
    return next;
  },
  noteDelayed: ({ context }) => {
    const next = copyOf(context);
    next.delayed = true;
    return next;
  },
  noteLaunch: ({ context }) => {
    const next = copyOf(context);
    next.incarnation++;
    return next;
  },
  noteReady: ({ context, event }) => {
    const next = copyOf(context);
    next.readyAt = (event as { at: number }).at;
    return next;
  },
  noteHopeless: ({ context, event }) => {
    const next = copyOf(context);
    next.exit = { kind: "failed", error: (event as { error: Error }).error, cause: "dependency" };
    next.verdict = "fail";
    return next;
  },

  intendStop: ({ context, event }) => {
    const { timeoutMs = Number.POSITIVE_INFINITY } = event as { timeoutMs?: number };
    const next = copyOf(context);
    next.intent = "stop";
    next.stopTimeoutMs = Math.min(context.rule.stopTimeoutMs, timeoutMs);
    return next;
  },
  // By hand it has a fresh budget; for a dependency's sake it restarts automatically, and not because it failed.
  intendRestart: ({ context, event }) => {
    const next = copyOf(context);
    next.intent = "restart";
    next.stopTimeoutMs = context.rule.stopTimeoutMs;
    if ((event as { by: By }).by === "dependency") next.restarts++;
    else next.failures = 0;
    return next;
  },
  intendFail: ({ context }) => {
    const next = copyOf(context);
    next.intent = "fail";
    next.failing = true;
    next.stopTimeoutMs = context.rule.stopTimeoutMs;
    return next;
  },

  noteRestart: ({ context, event }) => {
    const { restart } = context.rule;
    const { exit, at, chance } = event as UnitEnded;
    const { end, failures, verdict } = judgeEnd(context, event as UnitEnded);
    const next = over(context, exit);
    next.failures = failures;
    next.verdict = verdict;
    next.delayMs = end === "completed" ? restart.initialBackoffMs : nextDelayMs(restart, failures, chance);
    next.nextAttemptAt = at + next.delayMs;
    return next;
  },
  noteOwnEnd: ({ context, event }) => {
    const { failures, verdict } = judgeEnd(context, event as UnitEnded);
    const next = over(context, (event as UnitEnded).exit);
    next.failures = failures;
    next.verdict = verdict;
    return next;
  },
  // However it ended, an incarnation that was ready long enough has cleared the count.
  noteEnd: ({ context, event }) => {
    const { at, exit } = event as UnitEnded;
    const { resetAfterMs } = context.rule.restart;
    const next = over(context, exit);
    next.failures = countFailures(context.failures, "completed", readyForMs(context, at), resetAfterMs);
    return next;
  },
} satisfies Record<string, Update>;

/** Actions that tell the port. */
const effects = {
  consultGate: ({ context }) => context.port.consultGate(),
  launch: ({ context }) => context.port.launch(context.incarnation),
  expireStart: ({ context }) => context.port.expireStart(),
  askToStop: ({ context }) => context.port.askToStop(),
  abandon: ({ context }) => context.port.abandon(),
  relayActorEnd: ({ context, event }) => context.port.relayActorEnd(event as ActorEnded),
} satisfies Record<string, Effect>;

const guards = {
  isGated: ({ context }) => context.rule.gated,
  isToDelay: ({ context, event }) =>
    context.rule.startDelayMs > 0 && (!context.delayed || ("by" in event && event.by === "supervisor")),
  hasReadiness: ({ context }) => context.rule.readiness,
  isByHand: ({ event }) => "by" in event && event.by === "hand",
  isLastCall: ({ event }) => "timeoutMs" in event && event.timeoutMs === 0,

  // An event of an incarnation that is over changes nothing.
  isStale: ({ context, event }) => "incarnation" in event && event.incarnation !== context.incarnation,
  isToRestartGated: ({ context }) => context.intent === "restart" && context.rule.gated,
  isToRestart: ({ context }) => context.intent === "restart",
  isToStop: ({ context }) => context.intent === "stop",
  isToStopInVain: ({ context, event }) => context.intent === "stop" && stoppedBadly(context, event as UnitEnded),
  isRestarted: ({ context, event }) => judgeEnd(context, event as UnitEnded).verdict === "restart",
  isRestartedWithGroup: ({ context, event }) => {
    if (!(event as UnitEnded).grouped) return false;
    const { end, verdict } = judgeEnd(context, event as UnitEnded);
    return end === "failed" && verdict === "restart";
  },
  isFinished: ({ context, event }) => judgeEnd(context, event as UnitEnded).verdict === "stop",
} satisfies Record<string, Guard>;

const delays = {
  startDelay: ({ context }) => context.rule.startDelayMs,
  startTimeout: ({ context }) => context.rule.startTimeoutMs,
  stopTimeout: ({ context }) => context.stopTimeoutMs,
  backoff: ({ context }) => context.delayMs,
} satisfies Record<string, Delay>;

export const serviceParts = { updates, effects, guards, delays };
