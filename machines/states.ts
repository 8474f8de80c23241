// states.ts: the public states and phases of a service, and what each means to its supervisor and its dependants.

import type { DependencyState } from "./policies/gate.ts";
import type { Rating } from "./policies/health.ts";

/** The public states: the top level of the service chart. */
export const serviceStates = ["stopped", "starting", "running", "stopping", "backoff", "failed"] as const;

export type ServiceState = (typeof serviceStates)[number];

/**
 * The public phases of each state: its inner states in the service chart. The phase is null in a state whose list is
 * empty, and in `failed` when the failure is for good.
 */
export const servicePhases = {
  stopped: ["idle", "byHand", "completed", "dismissed", "grouped", "scheduled"],
  starting: ["waiting", "delaying", "launching"],
  running: ["healthy", "unhealthy"],
  stopping: [],
  backoff: ["counting", "held"],
  failed: ["grouped", "scheduled"],
} as const satisfies Record<ServiceState, readonly string[]>;

export type PhaseOf<State extends ServiceState> = (typeof servicePhases)[State][number];
export type Phase = PhaseOf<ServiceState>;

/** The meaning of a state and phase to the rest of the tree. */
export interface Standing {
  /** It runs, or will run without another request. */
  readonly isLive: boolean;
  /** It is coming up or up, and was not asked to stop. */
  readonly isWanted: boolean;
  /** Code of an incarnation runs, or can run. */
  readonly hasCode: boolean;
  /** It can be used: `use` returns its value, and its dependants are stopped before it. */
  readonly isServing: boolean;
  /** As it should be: healthy, completed, or between its runs. */
  readonly isUp: boolean;
  /** It was asked to end, and has not ended yet. */
  readonly isEnding: boolean;
  /** It has ended for good, or the user stopped it: autoShutdown does not wait for its end. */
  readonly isOver: boolean;
  /** How the gates of its dependants count it. */
  readonly dependency: DependencyState;
  /** How the health of its supervisor counts it. */
  readonly rating: Rating;
}

const down = {
  isLive: false,
  isWanted: false,
  hasCode: false,
  isServing: false,
  isUp: false,
  isEnding: false,
  isOver: false,
  dependency: "pending",
  rating: "unhealthy",
} as const;
const over = { ...down, isOver: true } as const;
const live = { ...down, isLive: true } as const;
const wanted = { ...live, isWanted: true } as const;
const serving = { ...wanted, hasCode: true, isServing: true } as const;

/** The standing of each state and phase. `none` is for a state without a phase. */
export const standings = {
  stopped: {
    idle: down,
    byHand: { ...over, rating: "excused" },
    completed: { ...over, isUp: true, dependency: "completed", rating: "excused" },
    dismissed: { ...over, dependency: "stopped", rating: "excused" },
    grouped: down,
    scheduled: { ...live, isUp: true, rating: "excused" },
  },
  starting: { waiting: wanted, delaying: wanted, launching: { ...wanted, hasCode: true } },
  running: {
    healthy: { ...serving, isUp: true, dependency: "healthy", rating: "healthy" },
    unhealthy: { ...serving, dependency: "unhealthy" },
  },
  stopping: { none: { ...live, hasCode: true, isEnding: true } },
  backoff: { counting: live, held: live },
  failed: { none: { ...over, dependency: "failed" }, grouped: down, scheduled: live },
} as const satisfies ByPhase<Standing>;

/** A table with an entry for each phase of each state. `none` is for a state without a phase. */
export type ByPhase<T> = {
  readonly [State in ServiceState]: Readonly<
    Record<PhaseOf<State>, T> & (State extends "stopping" | "failed" ? { none: T } : unknown)
  >;
};

/** The entry of a table for a state and a phase. */
export function inPhase<T>(table: ByPhase<T>, state: ServiceState, phase: Phase | null): T {
  return (table[state] as Readonly<Record<string, T>>)[phase ?? "none"]!;
}

/** The meaning of this state and phase to the rest of the tree. */
export function standingOf(state: ServiceState, phase: Phase | null): Standing {
  return inPhase<Standing>(standings, state, phase);
}
