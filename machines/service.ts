// serviceMachine: the life of one service, over all its incarnations.
//   stopped    not wanted, completed, or not started yet
//   starting   waiting    for its dependencies; the gate opens or is hopeless
//              delaying   the start delay, before the first start only
//              launching  the unit has begun and is not ready yet
//   running    healthy or unhealthy, as its readiness says
//   stopping   the unit was asked to end; until it has, or its deadline passes. `intent` says what comes next
//   backoff    counting   restarts when the delay is over
//              held       its supervisor restarts it together with its group
//   failed     for good, until somebody starts it by hand
// What the user's code is made of is the port's business (src/runtime); who else restarts, the supervisor's.

import { assign, setup } from "xstate";
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
  /** While in backoff. */
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

/** The failures after an end, and what follows from them. */
function judgeEnd(context: ServiceMachineContext, event: UnitEnded) {
  const { restart } = context.rule;
  const end = ownEnd(context, event);
  const readyForMs = context.readyAt === null ? null : event.at - context.readyAt;
  const failures = countFailures(context.failures, end, readyForMs, restart.resetAfterMs);
  return { end, failures, verdict: decideRestart(restart, end, failures, event.wish) };
}

/** Whether a stop went wrong: it did not end in time, or ended with an error that it did not have before. */
function stoppedBadly(context: ServiceMachineContext, event: UnitEnded): boolean {
  return event.exit.kind === "unstopped" || (event.exit.kind === "failed" && !context.failing);
}

const ended = { readyAt: null, intent: null, failing: false } as const;

/** The way into `starting`: past the gate only without one, past the start delay only the first time. */
function begin<const Action extends string>(action: Action) {
  return [
    { guard: "isGated", target: "#service.starting.waiting", actions: action },
    { guard: "isToDelay", target: "#service.starting.delaying", actions: action },
    { target: "#service.starting.launching", actions: action },
  ] as const;
}

/** What an incarnation that was not asked to end leads to. policies/restart decides; this is where it leads. */
const afterOwnEnd = [
  { guard: "isRestartedWithGroup", target: "#service.backoff.held", actions: "noteRestart" },
  { guard: "isRestarted", target: "#service.backoff.counting", actions: "noteRestart" },
  { guard: "isFinished", target: "#service.stopped", actions: "noteOwnEnd" },
  { target: "#service.failed", actions: "noteOwnEnd" },
] as const;

/** While a unit is up or coming up. */
const whileAlive = {
  "unit.ended": [{ guard: "isStale" }, ...afterOwnEnd],
  "unit.failing": [{ guard: "isStale" }, { target: "#service.stopping", actions: "intendFail" }],
  "service.stop": { target: "#service.stopping", actions: "intendStop" },
  "service.restart": { target: "#service.stopping", actions: "intendRestart" },
} as const;

/** While it is wanted and its unit has not begun. */
const whilePending = {
  "service.stop": "#service.stopped",
  "service.start": { guard: "isByHand", actions: "clearFailures" },
  "service.restart": { guard: "isByHand", actions: "clearFailures" },
} as const;

/** While nothing runs and nothing is wanted. */
const whileDown = {
  "service.start": begin("noteStart"),
  "service.restart": begin("noteStart"),
} as const;

export const serviceMachine = setup({
  types: {} as { context: ServiceMachineContext; events: ServiceEvent; input: ServiceMachineInput },
  actions: {
    consultGate: ({ context }) => context.port.consultGate(),
    launch: ({ context }) => context.port.launch(context.incarnation),
    expireStart: ({ context }) => context.port.expireStart(),
    askToStop: ({ context }) => context.port.askToStop(),
    abandon: ({ context }) => context.port.abandon(),
    relayActorEnd: ({ context, event }) => context.port.relayActorEnd(event as ActorEnded),

    // Started by hand, or by its supervisor's own start, it has a fresh budget. A group goes on with the old one.
    noteStart: assign(({ context, event }) => {
      const { by } = event as { by: By };
      return {
        nextAttemptAt: null,
        failures: by === "group" ? context.failures : 0,
        restarts: by === "group" ? context.restarts + 1 : context.restarts,
        delayed: by === "supervisor" ? false : context.delayed,
      };
    }),
    noteOwnRestart: assign(({ context }) => ({ nextAttemptAt: null, restarts: context.restarts + 1 })),
    clearFailures: assign({ failures: 0 }),
    noteDelayed: assign({ delayed: true }),
    noteLaunch: assign(({ context }) => ({ incarnation: context.incarnation + 1 })),
    noteReady: assign(({ event }) => ({ readyAt: (event as { at: number }).at })),
    noteHopeless: assign(({ event }) => {
      const { error } = event as { error: Error };
      return { exit: { kind: "failed", error, cause: "dependency" } as const, verdict: "fail" as const };
    }),

    intendStop: assign(({ context, event }) => ({
      intent: "stop" as const,
      stopTimeoutMs: Math.min(context.rule.stopTimeoutMs, (event as { timeoutMs?: number }).timeoutMs ?? Infinity),
    })),
    intendRestart: assign(({ context, event }) => {
      const byDependency = (event as { by: By }).by === "dependency";
      return {
        intent: "restart" as const,
        stopTimeoutMs: context.rule.stopTimeoutMs,
        failures: byDependency ? context.failures : 0,
        restarts: byDependency ? context.restarts + 1 : context.restarts,
      };
    }),
    intendFail: assign(({ context }) => ({
      intent: "fail" as const,
      failing: true,
      stopTimeoutMs: context.rule.stopTimeoutMs,
    })),

    noteRestart: assign(({ context, event }) => {
      const { restart } = context.rule;
      const { exit, at, chance } = event as UnitEnded;
      const { end, failures, verdict } = judgeEnd(context, event as UnitEnded);
      const delayMs = end === "completed" ? restart.initialBackoffMs : nextDelayMs(restart, failures, chance);
      return { ...ended, exit, failures, verdict, delayMs, nextAttemptAt: at + delayMs };
    }),
    noteOwnEnd: assign(({ context, event }) => {
      const { failures, verdict } = judgeEnd(context, event as UnitEnded);
      return { ...ended, exit: (event as UnitEnded).exit, failures, verdict };
    }),
    noteEnd: assign(({ event }) => ({ ...ended, exit: (event as UnitEnded).exit, verdict: null })),
    forgetAttempt: assign({ nextAttemptAt: null }),
  },
  guards: {
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
      const { end, verdict } = judgeEnd(context, event as UnitEnded);
      return (event as UnitEnded).grouped && end === "failed" && verdict === "restart";
    },
    isFinished: ({ context, event }) => judgeEnd(context, event as UnitEnded).verdict === "stop",
  },
  delays: {
    startDelay: ({ context }) => context.rule.startDelayMs,
    startTimeout: ({ context }) => context.rule.startTimeoutMs,
    stopTimeout: ({ context }) => context.stopTimeoutMs,
    backoff: ({ context }) => context.delayMs,
  },
}).createMachine({
  id: "service",
  context: ({ input }) => ({
    ...input,
    incarnation: 0,
    restarts: 0,
    failures: 0,
    delayed: false,
    readyAt: null,
    intent: null,
    failing: false,
    stopTimeoutMs: 0,
    delayMs: 0,
    nextAttemptAt: null,
    exit: null,
    verdict: null,
  }),
  on: {
    "xstate.done.actor.*": { actions: "relayActorEnd" },
    "xstate.error.actor.*": { actions: "relayActorEnd" },
  },
  initial: "stopped",
  states: {
    stopped: { on: whileDown },

    starting: {
      initial: "waiting",
      states: {
        waiting: {
          entry: "consultGate",
          on: {
            "gate.opened": [{ guard: "isToDelay", target: "delaying" }, { target: "launching" }],
            "gate.hopeless": { target: "#service.failed", actions: "noteHopeless" },
            ...whilePending,
          },
        },
        delaying: {
          // What held before the delay may not hold after it: the gate is asked again.
          after: {
            startDelay: [
              { guard: "isGated", target: "waiting", actions: "noteDelayed" },
              { target: "launching", actions: "noteDelayed" },
            ],
          },
          on: whilePending,
        },
        launching: {
          entry: ["noteLaunch", "launch"],
          after: { startTimeout: { actions: "expireStart" } },
          on: {
            ...whileAlive,
            "unit.ready": [
              { guard: "isStale" },
              { guard: "hasReadiness", target: "#service.running.unhealthy", actions: "noteReady" },
              { target: "#service.running", actions: "noteReady" },
            ],
          },
        },
      },
    },

    running: {
      initial: "healthy",
      states: {
        healthy: { on: { "readiness.failed": "unhealthy" } },
        unhealthy: { on: { "readiness.passed": "healthy" } },
      },
      on: whileAlive,
    },

    stopping: {
      entry: "askToStop",
      after: { stopTimeout: { actions: "abandon" } },
      on: {
        "unit.ended": [
          { guard: "isStale" },
          { guard: "isToStopInVain", target: "failed", actions: "noteEnd" },
          { guard: "isToStop", target: "stopped", actions: "noteEnd" },
          { guard: "isToRestartGated", target: "starting.waiting", actions: "noteEnd" },
          { guard: "isToRestart", target: "starting.launching", actions: "noteEnd" },
          ...afterOwnEnd,
        ],
        // A later wish replaces an earlier one; a last call also ends the wait.
        "service.stop": [{ guard: "isLastCall", actions: ["intendStop", "abandon"] }, { actions: "intendStop" }],
        "service.start": { guard: "isByHand", actions: "intendRestart" },
        "service.restart": { guard: "isByHand", actions: "intendRestart" },
      },
    },

    backoff: {
      initial: "counting",
      exit: "forgetAttempt",
      states: {
        counting: { after: { backoff: begin("noteOwnRestart") } },
        held: {},
      },
      on: {
        ...whileDown,
        "service.stop": "stopped",
      },
    },

    failed: { on: whileDown },
  },
});
