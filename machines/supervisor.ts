// supervisorMachine: one supervisor and the order of its children.
//   lifecycle
//     stopped     not started, stopped as asked, or completed
//     starting    the children start, each when its gate opens; until every critical one is up
//     running     every critical one has been up; a child's end is decided by the child's own chart, and
//                 by the guards here: intensity, strategy, criticality, significance
//     regrouping  one-for-all, rest-for-one: stopping the group, then delaying; then all of it starts
//     stopping    the children stop in the reverse of their dependencies; `outcome` says what for
//     failed      gave up, or a critical child failed
//   health        unhealthy ⇄ degraded ⇄ healthy, as its children are rated; unhealthy while it does not supervise
// It does not know what a child is (src/runtime keeps the table) nor how anything is shown.

import { produce } from "immer";
import { and, assign, not, or, setup, stateIn } from "xstate";
import type { SupervisorEvent } from "./events.ts";
import { judgeHealth } from "./policies/health.ts";
import { exceedsIntensity, type Intensity, restartsWithin } from "./policies/intensity.ts";
import { type AutoShutdown, decideShutdown } from "./policies/shutdown.ts";

/** What a supervisor lives by. */
export interface SupervisorRule {
  /** null: no limit. */
  readonly intensity: Intensity | null;
  readonly autoShutdown: AutoShutdown;
}

/** What the chart tells the outside world. Each call is remembered, and acted on after the transition. */
export interface SupervisorPort {
  /** Start every child, in definition order; then report with children.rated. */
  startChildren(): void;
  /** Stop every child, in the reverse of the dependencies; report with children.stopped. */
  stopChildren(): void;
  /** The deadline of the whole stop has passed: wait for no child any longer. */
  hurryChildren(): void;
  /** Stop the group that restarts; report with group.stopped. */
  stopGroup(): void;
  /** The group is down; it starts in `delayMs`. */
  announceGroupStart(delayMs: number): void;
  /** Start the group, in definition order; then report with children.rated. */
  startGroup(): void;
  /** The supervisor gives up. */
  escalate(failure: Failure): void;
}

/** Why a supervisor gave up: the error of a child, and which rule it broke. */
export interface Failure {
  readonly kind: "failed";
  readonly error: Error | null;
  readonly because: "child" | "significant" | "intensity" | "stop";
}

/** What a supervisor stops its children for, and so what it ends as. The first cause wins. */
export type Outcome = { readonly kind: "stopped" } | { readonly kind: "completed" } | Failure;

export interface SupervisorMachineInput {
  readonly rule: SupervisorRule;
  readonly port: SupervisorPort;
}

export interface SupervisorMachineContext extends SupervisorMachineInput {
  readonly outcome: Outcome | null;
  /** While stopping: when the whole stop must be over, and how long that was from when it was asked. */
  readonly stopDeadlineAt: number;
  readonly stopTimeoutMs: number;
  /** When children were restarted automatically, as far back as the intensity looks. */
  readonly restartTimes: readonly number[];
  /** Every critical child has been up at once since the start. */
  readonly wasUp: boolean;
  /** While regrouping: the backoff of the child that failed. */
  readonly groupDelayMs: number;
}

type Restarting = Extract<SupervisorEvent, { type: "child.restarting" }>;
type Finished = Extract<SupervisorEvent, { type: "child.finished" }>;
type Rated = Extract<SupervisorEvent, { type: "children.rated" }>;
type StopRequest = Extract<SupervisorEvent, { type: "supervisor.stop" }>;

/** When a stop request wants the stop to be over. */
function deadlineOf({ at, timeoutMs }: StopRequest): number {
  return at === undefined || timeoutMs === undefined ? Number.POSITIVE_INFINITY : at + timeoutMs;
}

function toFailure(because: Failure["because"], event: SupervisorEvent): Failure {
  return { kind: "failed", error: "error" in event ? event.error : null, because };
}

const whileDown = {
  "supervisor.start": { target: "starting", actions: ["noteStart", "startChildren"] },
} as const;

/** What its children, and whoever stops it, can do to a supervisor that supervises. */
const whileSupervising = {
  "supervisor.stop": { target: "stopping", actions: ["noteStopRequest", "noteDeadline"] },
  "child.failed": { guard: "isFatal", target: "stopping", actions: ["noteChildFailure", "escalate"] },
  "child.finished": [
    { guard: "endsInFailure", target: "stopping", actions: ["noteSignificantFailure", "escalate"] },
    { guard: "endsInCompletion", target: "stopping", actions: "noteCompletion" },
  ],
  "child.restarting": [
    { guard: "joinsGroup", target: "regrouping", reenter: true, actions: "noteGroup" },
    { guard: "isTooIntense", target: "stopping", actions: ["noteIntensity", "escalate"] },
    { guard: "bringsGroup", target: "regrouping", reenter: true, actions: ["countRestart", "noteGroup"] },
    { actions: "countRestart" },
  ],
} as const;

export const supervisorMachine = setup({
  types: {} as { context: SupervisorMachineContext; events: SupervisorEvent; input: SupervisorMachineInput },
  actions: {
    startChildren: ({ context }) => context.port.startChildren(),
    stopChildren: ({ context }) => context.port.stopChildren(),
    hurryChildren: ({ context }) => context.port.hurryChildren(),
    stopGroup: ({ context }) => context.port.stopGroup(),
    announceGroupStart: ({ context }) => context.port.announceGroupStart(context.groupDelayMs),
    startGroup: ({ context }) => context.port.startGroup(),
    escalate: ({ context }) => context.port.escalate(context.outcome as Failure),

    noteStart: assign({
      outcome: null,
      stopDeadlineAt: Number.POSITIVE_INFINITY,
      stopTimeoutMs: Number.POSITIVE_INFINITY,
      restartTimes: [],
      wasUp: false,
      groupDelayMs: 0,
    }),
    noteUp: assign({ wasUp: true }),
    noteDeadline: assign(({ event }) => ({
      stopDeadlineAt: deadlineOf(event as StopRequest),
      stopTimeoutMs: (event as StopRequest).timeoutMs ?? Number.POSITIVE_INFINITY,
    })),
    noteStopRequest: assign({ outcome: { kind: "stopped" } }),
    noteCompletion: assign({ outcome: { kind: "completed" } }),
    noteChildFailure: assign(({ event }) => ({ outcome: toFailure("child", event) })),
    noteSignificantFailure: assign(({ event }) => ({ outcome: toFailure("significant", event) })),
    noteIntensity: assign(({ event }) => ({ outcome: toFailure("intensity", event) })),
    noteStopFailure: assign(({ event }) => ({ outcome: toFailure("stop", event) })),
    countRestart: assign(({ context, event }) =>
      produce(context, (draft) => {
        const { intensity } = context.rule;
        const { at } = event as Restarting;
        if (intensity) draft.restartTimes = [...restartsWithin(context.restartTimes, at, intensity.withinMs), at];
      }),
    ),
    // Of several children that failed, the longest backoff counts.
    noteGroup: assign(({ context, event }) => ({
      groupDelayMs: Math.max(context.groupDelayMs, (event as Restarting).delayMs),
    })),
    forgetGroup: assign({ groupDelayMs: 0 }),
  },
  guards: {
    everyCriticalIsUp: ({ event }) => judgeHealth((event as Rated).tally) !== "unhealthy",
    wasUp: ({ context }) => context.wasUp,
    isFatal: ({ event }) => (event as { fatal: boolean }).fatal,
    endsInFailure: ({ context, event }) =>
      (event as Finished).error !== null &&
      decideShutdown(context.rule.autoShutdown, (event as Finished).significantLeft),
    endsInCompletion: ({ context, event }) =>
      decideShutdown(context.rule.autoShutdown, (event as Finished).significantLeft),
    isTooIntense: ({ context, event }) =>
      exceedsIntensity(context.rule.intensity, context.restartTimes, (event as Restarting).at),
    bringsGroup: ({ event }) => (event as Restarting).scope === "group",
    joinsGroup: ({ event }) => (event as Restarting).scope === "joins",
    hasFailed: ({ context }) => context.outcome?.kind === "failed",
    hasStoppedBadly: ({ event }) => (event as { error: Error | null }).error !== null,
    isSooner: ({ context, event }) => deadlineOf(event as StopRequest) < context.stopDeadlineAt,

    isSupervising: or([
      stateIn({ lifecycle: "starting" }),
      stateIn({ lifecycle: "running" }),
      stateIn({ lifecycle: "regrouping" }),
    ]),
    isRatedHealthy: ({ event }) => judgeHealth((event as Rated).tally) === "healthy",
    isRatedDegraded: ({ event }) => judgeHealth((event as Rated).tally) === "degraded",
    isRatedUnhealthy: ({ event }) => judgeHealth((event as Rated).tally) === "unhealthy",
    isHealthy: and(["isSupervising", "isRatedHealthy"]),
    isDegraded: and(["isSupervising", "isRatedDegraded"]),
    isNotSupervising: not("isSupervising"),
  },
  delays: {
    groupBackoff: ({ context }) => context.groupDelayMs,
    stopTimeout: ({ context }) => context.stopTimeoutMs,
  },
}).createMachine({
  id: "supervisor",
  type: "parallel",
  context: ({ input }) => ({
    ...input,
    outcome: null,
    stopDeadlineAt: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    restartTimes: [],
    wasUp: false,
    groupDelayMs: 0,
  }),
  states: {
    lifecycle: {
      initial: "stopped",
      states: {
        stopped: { on: whileDown },

        starting: {
          on: {
            ...whileSupervising,
            "children.rated": { guard: "everyCriticalIsUp", target: "running" },
          },
        },

        running: { entry: "noteUp", on: whileSupervising },

        regrouping: {
          initial: "stopping",
          states: {
            stopping: { entry: "stopGroup", on: { "group.stopped": "delaying" } },
            delaying: {
              entry: "announceGroupStart",
              after: {
                groupBackoff: [
                  { guard: "wasUp", target: "#supervisor.lifecycle.running", actions: ["forgetGroup", "startGroup"] },
                  { target: "#supervisor.lifecycle.starting", actions: ["forgetGroup", "startGroup"] },
                ],
              },
            },
          },
          on: whileSupervising,
        },

        stopping: {
          entry: "stopChildren",
          after: { stopTimeout: { actions: "hurryChildren" } },
          on: {
            "children.stopped": [
              { guard: "hasFailed", target: "failed" },
              { guard: "hasStoppedBadly", target: "failed", actions: "noteStopFailure" },
              { target: "stopped" },
            ],
            // A second request can shorten the deadline, not lengthen it.
            "supervisor.stop": { guard: "isSooner", target: "stopping", reenter: true, actions: "noteDeadline" },
          },
        },

        failed: { on: whileDown },
      },
    },

    health: {
      initial: "unhealthy",
      states: {
        unhealthy: {
          on: {
            "children.rated": [
              { guard: "isHealthy", target: "healthy" },
              { guard: "isDegraded", target: "degraded" },
            ],
          },
        },
        degraded: {
          always: { guard: "isNotSupervising", target: "unhealthy" },
          on: {
            "children.rated": [
              { guard: "isHealthy", target: "healthy" },
              { guard: "isRatedUnhealthy", target: "unhealthy" },
            ],
          },
        },
        healthy: {
          always: { guard: "isNotSupervising", target: "unhealthy" },
          on: {
            "children.rated": [
              { guard: "isDegraded", target: "degraded" },
              { guard: "isRatedUnhealthy", target: "unhealthy" },
            ],
          },
        },
      },
    },
  },
});
