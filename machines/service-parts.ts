// service-parts.ts: the actions, guards and delays that the service chart names, as functions of context and event.

import type { ChartParts, Delay, Effect, Guard, Mutable, Recipe } from "./chart.ts";
import type { ActorEnded, By, Exit, ServiceEvent, UnitEnded } from "./events.ts";
import { nextDelayMs } from "./policies/backoff.ts";
import { countFailures, decideRestart, restartTable } from "./policies/restart.ts";
import type { Intent, ServiceMachineContext } from "./service-context.ts";

type Context = ServiceMachineContext;

/** How long its incarnation has been ready; null if it never was. */
function readyForMs({ readyAt }: Context, at: number): number | null {
  return readyAt === null ? null : at - readyAt;
}

/** Whether a stop went wrong: the unit did not end in time, or ended with an error that it did not have before. */
function stoppedBadly({ failing }: Context, { exit }: UnitEnded): boolean {
  return exit.kind === "unstopped" || (exit.kind === "failed" && !failing);
}

/** Whether it is to stay down after its stop, until it is started again. */
export function isStop(intent: Intent | null): boolean {
  return intent !== null && intent !== "restart" && intent !== "fail";
}

function byOf(event: ServiceEvent): By | undefined {
  return "by" in event ? event.by : undefined;
}

/** The purpose of a stop, by who asks for it. */
function toIntent({ rule, intent }: Context, event: ServiceEvent): Intent {
  const by = byOf(event);
  if (by === "hand") return "byHand";
  if (by === "dependency") return "again" in event && event.again ? "grouped" : "byHand";
  // A service that the user has asked to stop does not come back with its group, and stays stopped by hand.
  if (intent === "byHand") return "byHand";
  if (by !== "group") return "idle";
  // One with a schedule comes back to wait for its next run, which is no restart.
  return restartTable[rule.restart.policy].withGroup === "dismiss" && !rule.scheduled ? "dismissed" : "grouped";
}

/** Resets the context after the end of an incarnation. */
function setOver(context: Mutable<Context>, exit: Exit): void {
  context.exit = exit;
  context.verdict = null;
  context.readyAt = null;
  context.intent = null;
  context.failing = false;
}

function countStart(context: Mutable<Context>, by: By): void {
  if (by === "group" || by === "dependency") context.restarts++;
  else context.failures = 0;
}

/** Actions that change the context. */
const recipes = {
  // A start by the user or by the supervisor begins with a fresh budget of retries. A start with its group or with its
  // dependency is an automatic restart and keeps the old budget.
  setStart: ({ context, event }) => {
    const { by } = event as { by: By };
    countStart(context, by);
    context.verdict = null;
    if (by === "supervisor") context.delayed = false;
  },
  // A start during the backoff, before its delay is over.
  setSoonerStart: ({ context, event }) => countStart(context, (event as { by: By }).by),
  countRestart: ({ context }) => {
    context.restarts++;
  },
  clearFailures: ({ context }) => {
    context.failures = 0;
  },
  setDelayed: ({ context }) => {
    context.delayed = true;
  },
  countIncarnation: ({ context }) => {
    context.incarnation++;
  },
  setReady: ({ context, event }) => {
    context.readyAt = (event as { at: number }).at;
  },
  setUp: ({ context }) => {
    context.wasUp = true;
  },
  // Each run begins with a fresh budget of retries.
  setRun: ({ context }) => {
    context.failures = 0;
  },
  setUnscheduled: ({ context, event }) => {
    context.exit = { kind: "failed", error: (event as { error: Error }).error, cause: "error" };
    context.verdict = "fail";
  },
  setHopeless: ({ context, event }) => {
    context.exit = { kind: "failed", error: (event as { error: Error }).error, cause: "dependency" };
    context.verdict = "fail";
  },

  intendStop: ({ context, event }) => {
    const { timeoutMs = Number.POSITIVE_INFINITY } = event as { timeoutMs?: number };
    context.intent = toIntent(context, event);
    context.stopTimeoutMs = Math.min(context.rule.stopTimeoutMs, timeoutMs);
  },
  // A restart by hand begins with a fresh budget. A restart with a dependency is automatic, but not a failure.
  intendRestart: ({ context, event }) => {
    context.intent = "restart";
    context.stopTimeoutMs = context.rule.stopTimeoutMs;
    if ((event as { by: By }).by === "dependency") context.restarts++;
    else context.failures = 0;
  },
  intendFail: ({ context }) => {
    context.intent = "fail";
    context.failing = true;
    context.stopTimeoutMs = context.rule.stopTimeoutMs;
  },

  // An incarnation that was failing counts as failed, however its stop went.
  judge: ({ context, event }) => {
    const { restart } = context.rule;
    const { exit, at, chance, wish } = event as UnitEnded;
    const end = context.intent !== "fail" && exit.kind === "completed" ? "completed" : "failed";
    const failures = countFailures(context.failures, end, readyForMs(context, at), restart.resetAfterMs);
    setOver(context, exit);
    context.failures = failures;
    context.verdict = decideRestart(restart, end, failures, wish);
    if (context.verdict !== "restart") return;
    context.delayMs = end === "completed" ? restart.initialBackoffMs : nextDelayMs(restart, failures, chance);
    context.nextAttemptAt = at + context.delayMs;
  },
  // An incarnation that was ready long enough clears the count of failures, however it ended.
  setEnd: ({ context, event }) => {
    const { at, exit } = event as UnitEnded;
    const { resetAfterMs } = context.rule.restart;
    context.failures = countFailures(context.failures, "completed", readyForMs(context, at), resetAfterMs);
    setOver(context, exit);
  },
} satisfies Record<string, Recipe<Context, ServiceEvent>>;

/** Actions that call the port. */
const effects = {
  consultGate: ({ context }) => context.port.consultGate(),
  launch: ({ context }) => context.port.launch(context.incarnation),
  expireStart: ({ context }) => context.port.expireStart(),
  askToStop: ({ context }) => context.port.askToStop(),
  abandon: ({ context }) => context.port.abandon(),
  skipRun: ({ context }) => context.port.skipRun(),
  relayActorEnd: ({ context, event }) => context.port.relayActorEnd(event as ActorEnded),
} satisfies Record<string, Effect<Context, ServiceEvent>>;

const guards = {
  isGated: ({ context }) => context.rule.gated,
  isToDelay: ({ context, event }) =>
    context.rule.startDelayMs > 0 && (!context.delayed || byOf(event) === "supervisor"),
  // A deadline of Infinity never passes. XState has no delay without an end, so the machine asks again when one fires.
  hasStartTimeout: ({ context }) => context.rule.startTimeoutMs !== Number.POSITIVE_INFINITY,
  hasStopTimeout: ({ context }) => context.stopTimeoutMs !== Number.POSITIVE_INFINITY,
  hasReadiness: ({ context }) => context.rule.readiness,
  isByHand: ({ event }) => byOf(event) === "hand",
  isLastCall: ({ event }) => "timeoutMs" in event && event.timeoutMs === 0,

  isStoppedByHand: ({ context, event }) => toIntent(context, event) === "byHand",
  isDismissedWithGroup: ({ context, event }) => toIntent(context, event) === "dismissed",
  isStoppedWithGroup: ({ context, event }) => toIntent(context, event) === "grouped",
  isStoppedForGood: ({ context, event }) => toIntent(context, event) !== "grouped",

  // An event of an incarnation that is over changes nothing.
  isStale: ({ context, event }) => "incarnation" in event && event.incarnation !== context.incarnation,
  failsToStopWithGroup: ({ context, event }) =>
    context.intent === "grouped" && stoppedBadly(context, event as UnitEnded),
  failsToStop: ({ context, event }) => isStop(context.intent) && stoppedBadly(context, event as UnitEnded),
  isToStopByHand: ({ context }) => context.intent === "byHand",
  isToBeGrouped: ({ context }) => context.intent === "grouped",
  isToBeDismissed: ({ context }) => context.intent === "dismissed",
  isToStop: ({ context }) => context.intent === "idle",
  isToRestartGated: ({ context }) => context.intent === "restart" && context.rule.gated,
  isToRestart: ({ context }) => context.intent === "restart",

  isScheduled: ({ context }) => context.rule.scheduled,
  isToBeScheduled: ({ context, event }) => context.rule.scheduled && byOf(event) !== "hand",
  hasRun: ({ context }) =>
    context.rule.scheduled && context.exit?.kind === "completed" && context.verdict !== "escalate",
  isHeldForGroup: ({ context, event }) =>
    context.verdict === "restart" && context.exit?.kind !== "completed" && (event as UnitEnded).grouped,
  isRestarted: ({ context }) => context.verdict === "restart",
  hasCompleted: ({ context }) => context.verdict === "stop" && context.exit?.kind === "completed",
  isDismissed: ({ context }) => context.verdict === "stop",
} satisfies Record<string, Guard<Context, ServiceEvent>>;

const delays = {
  startDelay: ({ context }) => context.rule.startDelayMs,
  startTimeout: ({ context }) => context.rule.startTimeoutMs,
  stopTimeout: ({ context }) => context.stopTimeoutMs,
  backoff: ({ context }) => context.delayMs,
} satisfies Record<string, Delay<Context, ServiceEvent>>;

export const serviceParts = { recipes, effects, guards, combinations: {}, delays } satisfies ChartParts;
