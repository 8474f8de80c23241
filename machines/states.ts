// The states and phases of a service, and what the policies make of each: the one place that knows what a state means.

import type { DependencyState } from "./policies/gate.ts";
import type { Rating } from "./policies/health.ts";

/** The public states: the top level of the service chart. */
export const serviceStates = ["stopped", "starting", "running", "stopping", "backoff", "failed"] as const;

export type ServiceState = (typeof serviceStates)[number];

/**
 * The public phases of each state: what is inside them in the service chart. A state whose list is empty, and `failed`
 * when it is for good, has the phase null.
 */
export const servicePhases = {
  stopped: ["idle", "byHand", "completed", "dismissed", "grouped"],
  starting: ["waiting", "delaying", "launching"],
  running: ["healthy", "unhealthy"],
  stopping: [],
  backoff: ["counting", "held"],
  failed: ["grouped"],
} as const satisfies Record<ServiceState, readonly string[]>;

export type PhaseOf<State extends ServiceState> = (typeof servicePhases)[State][number];
export type Phase = PhaseOf<ServiceState>;

/** What a state, or a phase of it, means to the rest of the tree. */
export interface Standing {
  /** Some of it runs, or will without anybody's asking. */
  readonly isLive: boolean;
  /** It is coming up or up, and was not asked to stop. */
  readonly isWanted: boolean;
  /** Code of an incarnation runs, or can run. */
  readonly hasCode: boolean;
  /** It can be used: `use` gives its value, and those that depend on it are stopped before it. */
  readonly isServing: boolean;
  /** It was asked to end, and has not ended yet. */
  readonly isEnding: boolean;
  /** It has ended for good, or was stopped by hand: autoShutdown does not wait for its end. */
  readonly isOver: boolean;
  /** What the gates of its dependants make of it. */
  readonly dependency: DependencyState;
  /** What its supervisor's health makes of it. */
  readonly rating: Rating;
}

const down = {
  isLive: false,
  isWanted: false,
  hasCode: false,
  isServing: false,
  isEnding: false,
  isOver: false,
  dependency: "pending",
  rating: "unhealthy",
} as const;
const over = { ...down, isOver: true } as const;
const live = { ...down, isLive: true } as const;
const wanted = { ...live, isWanted: true } as const;
const serving = { ...wanted, hasCode: true, isServing: true } as const;

/** By state and phase. `none`: the state without a phase. */
export const standings = {
  stopped: {
    idle: down,
    byHand: { ...over, rating: "excused" },
    completed: { ...over, dependency: "completed", rating: "excused" },
    dismissed: { ...over, dependency: "stopped", rating: "excused" },
    grouped: down,
  },
  starting: { waiting: wanted, delaying: wanted, launching: { ...wanted, hasCode: true } },
  running: {
    healthy: { ...serving, dependency: "healthy", rating: "healthy" },
    unhealthy: { ...serving, dependency: "unhealthy" },
  },
  stopping: { none: { ...live, hasCode: true, isEnding: true } },
  backoff: { counting: live, held: live },
  failed: { none: { ...over, dependency: "failed" }, grouped: down },
} as const satisfies ByPhase<Standing>;

/** A table with an entry for each phase of each state. `none`: for a state without a phase. */
export type ByPhase<T> = {
  readonly [State in ServiceState]: Readonly<
    Record<PhaseOf<State>, T> & (State extends "stopping" | "failed" ? { none: T } : unknown)
  >;
};

/** The entry of a table for a state and a phase. */
export function inPhase<T>(table: ByPhase<T>, state: ServiceState, phase: Phase | null): T {
  return (table[state] as Readonly<Record<string, T>>)[phase ?? "none"]!;
}

/** What a service in this state and phase means to the rest of the tree. */
export function standingOf(state: ServiceState, phase: Phase | null): Standing {
  return inPhase<Standing>(standings, state, phase);
}
