// Every event of each chart, with each value that a guard looks at, and the rules that change what a chart does.

import type { MembershipEvent, ProbeEvent, RoleEvent, ServiceEvent, SupervisorEvent } from "../../machines/events.ts";
import type { LeaseRule } from "../../machines/policies/lease.ts";
import type { ProbeRule } from "../../machines/probe.ts";
import type { RoleRule } from "../../machines/role-parts.ts";
import type { ServiceRule } from "../../machines/service-context.ts";
import type { SupervisorRule } from "../../machines/supervisor-parts.ts";

const error = new Error("boom");
const exits = [
  { kind: "completed", value: 1 },
  { kind: "failed", error, cause: "error" },
  { kind: "stopped" },
  { kind: "unstopped" },
] as const;

export const serviceEvents: readonly ServiceEvent[] = [
  ...(["hand", "supervisor", "group", "dependency"] as const).flatMap((by) => [
    { type: "service.start" as const, by },
    { type: "service.restart" as const, by },
    { type: "service.stop" as const, by },
    { type: "service.stop" as const, by, timeoutMs: 0 },
    { type: "service.stop" as const, by, timeoutMs: 50 },
  ]),
  { type: "service.stop", by: "dependency", again: true },
  { type: "gate.opened" },
  { type: "gate.hopeless", error },
  ...[1, 2].flatMap((incarnation) => [
    { type: "unit.ready" as const, incarnation, at: 5 },
    { type: "unit.failing" as const, incarnation },
    ...exits.flatMap((exit) =>
      [true, false].map((grouped) => ({ type: "unit.ended" as const, incarnation, exit, at: 9, chance: 0.5, grouped })),
    ),
  ]),
  { type: "unit.ended", incarnation: 1, exit: exits[1], at: 9, chance: 0.5, grouped: false, wish: "stop" },
  { type: "unit.ended", incarnation: 1, exit: exits[1], at: 9, chance: 0.5, grouped: false, wish: "escalate" },
  { type: "run.due" },
  { type: "schedule.over" },
  { type: "schedule.failed", error },
  { type: "readiness.passed" },
  { type: "readiness.failed" },
  { type: "xstate.done.actor.lamp#1" as "xstate.done.actor.*", actorId: "lamp#1", output: 1 },
  { type: "xstate.error.actor.lamp#1" as "xstate.error.actor.*", actorId: "lamp#1", error },
];

const restart = {
  initialBackoffMs: 10,
  maxBackoffMs: 100,
  multiplier: 2,
  jitter: 0,
  resetAfterMs: 1_000,
  maxRetries: 1,
};

export const serviceRules: readonly ServiceRule[] = (
  [
    ["always", true],
    ["always", false],
    ["on-failure", false],
    ["never", true],
  ] as const
).map(([policy, gated]) => ({
  restart: { ...restart, policy },
  startDelayMs: policy === "never" ? 0 : 20,
  startTimeoutMs: 30,
  stopTimeoutMs: 40,
  gated,
  readiness: policy === "always",
  scheduled: policy === "on-failure" || gated,
}));

const nothing = { criticalUnhealthy: 0, otherUnhealthy: 0, degraded: 0 };

export const supervisorEvents: readonly SupervisorEvent[] = [
  { type: "supervisor.start" },
  { type: "supervisor.stop" },
  { type: "supervisor.stop", at: 5, timeoutMs: 50 },
  { type: "supervisor.stop", at: 5, timeoutMs: 20 },
  { type: "children.rated", tally: nothing },
  { type: "children.rated", tally: { ...nothing, degraded: 1 } },
  { type: "children.rated", tally: { ...nothing, criticalUnhealthy: 1 } },
  { type: "child.failed", path: "app/a", error, fatal: true },
  { type: "child.failed", path: "app/a", error, fatal: false },
  ...[null, error].flatMap((why) =>
    [0, 1].map((significantLeft) => ({ type: "child.finished" as const, path: "app/a", error: why, significantLeft })),
  ),
  ...(["alone", "group", "joins"] as const).map((scope) => ({
    type: "child.restarting" as const,
    path: "app/a",
    at: 5,
    delayMs: 10,
    error,
    scope,
  })),
  { type: "group.stopped" },
  { type: "children.stopped", error: null },
  { type: "children.stopped", error },
];

export const supervisorRules: readonly SupervisorRule[] = [
  { intensity: null, autoShutdown: "never" },
  { intensity: { maxRestarts: 1, withinMs: 100 }, autoShutdown: "any-significant" },
  { intensity: { maxRestarts: 2, withinMs: 100 }, autoShutdown: "all-significant" },
];

export const probeEvents: readonly ProbeEvent[] = [
  { type: "probe.start" },
  { type: "probe.stop" },
  ...[1, 2].flatMap((check) => [
    { type: "check.passed" as const, check },
    { type: "check.failed" as const, check, error },
  ]),
];

export const probeRules: readonly ProbeRule[] = [
  { intervalMs: 10, timeoutMs: 5, initialDelayMs: 20, failureThreshold: 1, successThreshold: 1 },
  { intervalMs: 10, timeoutMs: 5, initialDelayMs: 0, failureThreshold: 2, successThreshold: 2 },
];

const sent = { now: 0, wall: 0 };

export const membershipEvents: readonly MembershipEvent[] = [
  { type: "store.opened" },
  { type: "store.failed", error },
  { type: "session.written", sent, revision: 1 },
  { type: "session.unknown", sent, error },
  { type: "session.refused", error },
  ...[true, false].map((isOurs) => ({ type: "session.read" as const, revision: 2, isOurs })),
  ...[1, 2].flatMap((renewal) => [
    { type: "renewal.confirmed" as const, renewal, sent, revision: 3 },
    { type: "renewal.unknown" as const, renewal, error },
    { type: "renewal.refused" as const, renewal },
  ]),
  ...[0, 1].map((holds) => ({ type: "membership.stop" as const, holds })),
  { type: "session.changed" },
  { type: "clock.jumped" },
  { type: "roles.ended" },
  { type: "duty.drain" },
  { type: "duty.undrain" },
];

export const leaseRule: LeaseRule = {
  leaseDurationMs: 100,
  renewIntervalMs: 10,
  renewDeadlineMs: 50,
  retryPeriodMs: 5,
  clockMarginMs: 20,
};

export const roleEvents: readonly RoleEvent[] = [
  ...[0, 10].map((delayMs) => ({ type: "placement.chosen" as const, delayMs })),
  { type: "placement.dismissed", to: "s2" },
  { type: "role.stop" },
  { type: "role.move", to: null },
  { type: "lease.lost", leftMs: 7 },
  ...[1, 2].flatMap((attempt) => [
    { type: "claim.granted" as const, attempt, revision: 1, token: 1, failures: 1 },
    { type: "claim.refused" as const, attempt },
    { type: "claim.unknown" as const, attempt },
    ...[true, false].map((isOurs) => ({
      type: "claim.read" as const,
      attempt,
      isOurs,
      revision: 1,
      token: 1,
      failures: 0,
    })),
  ]),
  ...(["confirmed", "refused", "unknown"] as const).map((outcome) => ({ type: `release.${outcome}` as const })),
  { type: "service.gaveUp", failures: 1, error },
  ...(["up", "down", "finished", "ended", "unstopped", "late"] as const).map((fact) => ({
    type: `service.${fact}` as const,
  })),
];

export const roleRule: RoleRule = { maxRetries: 1, moveAfterFailures: 2, resetAfterMs: 30, retryPeriodMs: 5 };
