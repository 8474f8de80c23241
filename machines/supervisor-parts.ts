// supervisor-parts.ts: the actions, guards and delays that the supervisor chart names, as functions of context and
// event.

import type { ChartParts, Combination, Delay, Effect, Guard, Recipe } from "./chart.ts";
import type { SupervisorEvent } from "./events.ts";
import { judgeHealth } from "./policies/health.ts";
import { exceedsIntensity, type Intensity, restartsWithin } from "./policies/intensity.ts";
import { type AutoShutdown, decideShutdown } from "./policies/shutdown.ts";

/** The rule of a supervisor. */
export interface SupervisorRule {
  /** null: no limit. */
  readonly intensity: Intensity | null;
  readonly autoShutdown: AutoShutdown;
}

/** The calls by which the chart acts on the outside world. The port acts on each after the transition. */
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

/** Why a supervisor stops its children, and so how it ends. The first cause wins. */
export type Outcome = { readonly kind: "stopped" } | { readonly kind: "completed" } | Failure;

export interface SupervisorMachineInput {
  readonly rule: SupervisorRule;
  readonly port: SupervisorPort;
}

export interface SupervisorMachineContext extends SupervisorMachineInput {
  readonly outcome: Outcome | null;
  /** While stopping: when the whole stop must be over, and how long that is from the request. */
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

/** The time by which a stop request wants the stop to be over. */
function deadlineOf({ at, timeoutMs }: StopRequest): number {
  return at === undefined || timeoutMs === undefined ? Number.POSITIVE_INFINITY : at + timeoutMs;
}

function toFailure(because: Failure["because"], event: SupervisorEvent): Failure {
  return { kind: "failed", error: "error" in event ? event.error : null, because };
}

type Context = SupervisorMachineContext;

/** A supervisor that has not been started. */
const atRest = {
  outcome: null,
  stopDeadlineAt: Number.POSITIVE_INFINITY,
  stopTimeoutMs: Number.POSITIVE_INFINITY,
  restartTimes: [],
  wasUp: false,
  groupDelayMs: 0,
} as const satisfies Omit<Context, keyof SupervisorMachineInput>;

export function newSupervisor({ rule, port }: SupervisorMachineInput): Context {
  return { rule, port, ...atRest };
}

/** Actions that change the context. */
const recipes = {
  setStart: ({ context }) => {
    Object.assign(context, atRest);
  },
  setUp: ({ context }) => {
    context.wasUp = true;
  },
  setDeadline: ({ context, event }) => {
    context.stopDeadlineAt = deadlineOf(event as StopRequest);
    context.stopTimeoutMs = (event as StopRequest).timeoutMs ?? Number.POSITIVE_INFINITY;
  },
  setStopRequest: ({ context }) => {
    context.outcome = { kind: "stopped" };
  },
  setCompletion: ({ context }) => {
    context.outcome = { kind: "completed" };
  },
  setChildFailure: ({ context, event }) => {
    context.outcome = toFailure("child", event);
  },
  setSignificantFailure: ({ context, event }) => {
    context.outcome = toFailure("significant", event);
  },
  setIntensity: ({ context, event }) => {
    context.outcome = toFailure("intensity", event);
  },
  setStopFailure: ({ context, event }) => {
    context.outcome = toFailure("stop", event);
  },
  countRestart: ({ context, event }) => {
    const { intensity } = context.rule;
    const { at } = event as Restarting;
    if (intensity) context.restartTimes = [...restartsWithin(context.restartTimes, at, intensity.withinMs), at];
  },
  // When several children have failed, the longest backoff counts.
  setGroupDelay: ({ context, event }) => {
    context.groupDelayMs = Math.max(context.groupDelayMs, (event as Restarting).delayMs);
  },
  clearGroupDelay: ({ context }) => {
    context.groupDelayMs = 0;
  },
} satisfies Record<string, Recipe<Context, SupervisorEvent>>;

/** Actions that call the port. */
const effects = {
  startChildren: ({ context }) => context.port.startChildren(),
  stopChildren: ({ context }) => context.port.stopChildren(),
  hurryChildren: ({ context }) => context.port.hurryChildren(),
  stopGroup: ({ context }) => context.port.stopGroup(),
  announceGroupStart: ({ context }) => context.port.announceGroupStart(context.groupDelayMs),
  startGroup: ({ context }) => context.port.startGroup(),
  escalate: ({ context }) => context.port.escalate(context.outcome as Failure),
} satisfies Record<string, Effect<Context, SupervisorEvent>>;

const guards = {
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
  // See the service chart.
  hasStopTimeout: ({ context }) => context.stopTimeoutMs !== Number.POSITIVE_INFINITY,
  isSooner: ({ context, event }) => deadlineOf(event as StopRequest) < context.stopDeadlineAt,
  isRatedHealthy: ({ event }) => judgeHealth((event as Rated).tally) === "healthy",
  isRatedDegraded: ({ event }) => judgeHealth((event as Rated).tally) === "degraded",
  isRatedUnhealthy: ({ event }) => judgeHealth((event as Rated).tally) === "unhealthy",
} satisfies Record<string, Guard<Context, SupervisorEvent>>;

const combinations = {
  isSupervising: { in: [{ lifecycle: "starting" }, { lifecycle: "running" }, { lifecycle: "regrouping" }] },
  isHealthy: { all: ["isSupervising", "isRatedHealthy"] },
  isDegraded: { all: ["isSupervising", "isRatedDegraded"] },
  isNotSupervising: { not: "isSupervising" },
} as const satisfies Record<string, Combination<keyof typeof guards | "isSupervising">>;

const delays = {
  groupBackoff: ({ context }) => context.groupDelayMs,
  stopTimeout: ({ context }) => context.stopTimeoutMs,
} satisfies Record<string, Delay<Context, SupervisorEvent>>;

export const supervisorParts = { recipes, effects, guards, combinations, delays } satisfies ChartParts;
