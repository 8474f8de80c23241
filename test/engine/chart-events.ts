// Every event of each chart, with each value that a guard looks at, and the rules that change what a chart does.

import type { ProbeEvent, ServiceEvent, SupervisorEvent } from "../../machines/events.ts";
import type { ProbeRule } from "../../machines/probe.ts";
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
