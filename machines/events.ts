// events.ts: every event of the service, supervisor and probe charts, with its sender. Requests are imperatives, facts
// are in the past tense.

import type { HealthTally } from "./policies/health.ts";
import type { Decision } from "./policies/restart.ts";

/** Why an incarnation failed, beyond the error itself. */
export const failureCauses = ["error", "start-timeout", "liveness", "watchdog", "dependency", "supervisor"] as const;

export type FailureCause = (typeof failureCauses)[number];

/** How an incarnation ended. */
export type Exit =
  | { readonly kind: "completed"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error; readonly cause: FailureCause }
  | { readonly kind: "stopped" }
  | { readonly kind: "unstopped" };

/** The kinds of exit. */
export const exitKinds = ["completed", "failed", "stopped", "unstopped"] as const satisfies readonly Exit["kind"][];

/** Who asks: the user by hand, the service's supervisor, a group restart, or a dependency that goes down. */
export type By = "hand" | "supervisor" | "group" | "dependency";

/** The incarnation is over. The event carries all that the chart needs to decide what follows, so it stays pure. */
export interface UnitEnded {
  type: "unit.ended";
  incarnation: number;
  exit: Exit;
  /** clock.now() */
  at: number;
  /** a number of [0, 1), for the jitter */
  chance: number;
  /** what the user's `decide` answered, if it was asked */
  wish?: Decision;
  /** whether its supervisor restarts it together with its group */
  grouped: boolean;
}

/** The events that XState sends to the parent of an actor that is done or in error. */
export type ActorEnded =
  | { type: "xstate.done.actor.*"; actorId: string; output: unknown }
  | { type: "xstate.error.actor.*"; actorId: string; error: unknown };

export type ServiceEvent =
  // from its supervisor
  | { type: "service.start"; by: By }
  // timeoutMs shortens the service's own deadline; again (by a dependency): it starts again with that dependency
  | { type: "service.stop"; by: By; timeoutMs?: number; again?: boolean }
  | { type: "service.restart"; by: By }
  | { type: "gate.opened" } //                                      every dependency meets its condition now
  | { type: "gate.hopeless"; error: Error } //                      a required one will not
  // from its unit
  | { type: "unit.ready"; incarnation: number; at: number }
  | { type: "unit.failing"; incarnation: number } //                it must be ended: liveness, watchdog, ctx.fail, start timeout
  | UnitEnded
  // from its readiness
  | { type: "readiness.passed" }
  | { type: "readiness.failed" }
  // from XState, for a unit that is an actor
  | ActorEnded;

export type SupervisorEvent =
  // from the handle, or from the service whose unit this supervisor is
  | { type: "supervisor.start" }
  | { type: "supervisor.stop"; at?: number; timeoutMs?: number } // timeoutMs, counted from `at`, for the whole stop
  // from its children, by way of the child table
  | { type: "children.rated"; tally: HealthTally } //               the aggregate health of the children has changed
  | { type: "child.failed"; path: string; error: Error | null; fatal: boolean } // for good; fatal: critical, or `decide` escalates
  | { type: "child.finished"; path: string; error: Error | null; significantLeft: number } // a significant child ended by itself, for good
  | ChildRestarting
  | { type: "group.stopped" } //                                    the last child of the group is down
  | { type: "children.stopped"; error: Error | null }; //           the last child is down; error: why a stop failed

/** A child is to be restarted automatically. */
export interface ChildRestarting {
  type: "child.restarting";
  path: string;
  /** clock.now() */
  at: number;
  delayMs: number;
  error: Error | null;
  /** `alone`, or with its `group`; or it `joins` a group restart that is under way already. */
  scope: "alone" | "group" | "joins";
}

export type ProbeEvent =
  | { type: "probe.start" } //                                      the incarnation is ready
  | { type: "probe.stop" } //                                       the incarnation is ending
  | { type: "check.passed"; check: number }
  | { type: "check.failed"; check: number; error: Error };
