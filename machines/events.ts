// events.ts: every event of the charts, with its sender. Requests are imperatives, facts are in the past tense.

import type { HealthTally } from "./policies/health.ts";
import type { Moment } from "./policies/lease.ts";
import type { Decision } from "./policies/restart.ts";

/** Why an incarnation failed, beyond the error itself. */
export const failureCauses = [
  "error",
  "start-timeout",
  "liveness",
  "watchdog",
  "memory",
  "dependency",
  "supervisor",
] as const;

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
  // from its schedule
  | { type: "run.due" }
  | { type: "schedule.over" } //                                    there is no next run
  | { type: "schedule.failed"; error: Error } //                    it cannot tell when the next run is
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

/** Events of the session of one node in its cluster. */
export type MembershipEvent =
  // from the cluster service
  | { type: "membership.stop"; holds: number } //                   holds: claims that could not be released
  | { type: "duty.drain" }
  | { type: "duty.undrain" }
  | { type: "session.changed" } //                                  its health, its roles or its duty: to be written soon
  | { type: "clock.jumped" } //                                     the wall clock ran ahead of the monotonic one
  | { type: "roles.ended" } //                                      nothing that is clustered runs any more
  // from the store. `sent`: both clocks, before the write was sent
  | { type: "store.opened" }
  | { type: "store.failed"; error: Error }
  | { type: "session.written"; sent: Moment; revision: number }
  | { type: "session.unknown"; sent: Moment; error: Error } //      it may have been written, now or later
  | { type: "session.refused"; error: Error } //                    this node cannot be a member
  | { type: "session.read"; revision: number | null; isOurs: boolean } // null: there is no such record
  | { type: "renewal.confirmed"; renewal: number; sent: Moment; revision: number }
  | { type: "renewal.unknown"; renewal: number; error: Error }
  | { type: "renewal.refused"; renewal: number };

/** Events of one role, or one shard of it, on one node. */
export type RoleEvent =
  // from the placement. delayMs: what is left of the backoff
  | { type: "placement.chosen"; delayMs: number }
  | { type: "placement.dismissed"; to: string | null }
  // from the director
  | { type: "role.stop" }
  | { type: "role.move"; to: string | null }
  | { type: "lease.lost"; leftMs: number } //                       how long the lease is valid still
  // from the store
  | { type: "claim.granted"; attempt: number; revision: number; token: number; failures: number }
  | { type: "claim.refused"; attempt: number }
  | { type: "claim.unknown"; attempt: number }
  | { type: "claim.read"; attempt: number; isOurs: boolean; revision: number; token: number; failures: number }
  | { type: "release.confirmed" }
  | { type: "release.refused" }
  | { type: "release.unknown" }
  // from the service that it runs
  | { type: "service.up" }
  | { type: "service.down" }
  | { type: "service.gaveUp"; failures: number; error: Error } //   failures: those on this node
  | { type: "service.finished" }
  | { type: "service.ended" }
  | { type: "service.unstopped" }
  | { type: "service.late" };
