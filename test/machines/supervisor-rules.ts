// Rules, events and walks for the tests of the supervisor chart.

import type { ChildRestarting, SupervisorEvent } from "../../machines/events.ts";
import { supervisorMachine } from "../../machines/index.ts";
import type { HealthTally } from "../../machines/policies/health.ts";
import type { SupervisorPort, SupervisorRule } from "../../machines/supervisor.ts";
import { type elapse, type Step, walk } from "./steps.ts";

export type SupervisorStep = Step<typeof supervisorMachine>;
export type Given = SupervisorEvent | ReturnType<typeof elapse>;

export const plain: SupervisorRule = { intensity: null, autoShutdown: "never" };

/** A port that must not be called: a pure transition has no effects. */
export const port: SupervisorPort = {
  startChildren: () => refuse("startChildren"),
  stopChildren: () => refuse("stopChildren"),
  hurryChildren: () => refuse("hurryChildren"),
  stopGroup: () => refuse("stopGroup"),
  announceGroupStart: () => refuse("announceGroupStart"),
  startGroup: () => refuse("startGroup"),
  escalate: () => refuse("escalate"),
};

function refuse(verb: string): never {
  throw new Error(`the transition called ${verb} of its port`);
}

export const boom = new Error("boom");

export const start: SupervisorEvent = { type: "supervisor.start" };
export const stop: SupervisorEvent = { type: "supervisor.stop" };
export const stopWithin = (timeoutMs: number, at = 0): SupervisorEvent => ({ type: "supervisor.stop", at, timeoutMs });

const tallies: Record<"healthy" | "degraded" | "unhealthy", HealthTally> = {
  healthy: { criticalUnhealthy: 0, otherUnhealthy: 0, degraded: 0 },
  degraded: { criticalUnhealthy: 0, otherUnhealthy: 1, degraded: 0 },
  unhealthy: { criticalUnhealthy: 1, otherUnhealthy: 0, degraded: 0 },
};
export const rated = (health: keyof typeof tallies): SupervisorEvent => ({
  type: "children.rated",
  tally: tallies[health],
});

export const failed = (fatal: boolean, error: Error | null = boom): SupervisorEvent => ({
  type: "child.failed",
  path: "app/api",
  error,
  fatal,
});
export const finished = (significantLeft: number, error: Error | null = null): SupervisorEvent => ({
  type: "child.finished",
  path: "app/api",
  error,
  significantLeft,
});
export const restarting = (scope: ChildRestarting["scope"], at = 0, delayMs = 1_000): SupervisorEvent => ({
  type: "child.restarting",
  path: "app/api",
  at,
  delayMs,
  error: boom,
  scope,
});
export const groupStopped: SupervisorEvent = { type: "group.stopped" };
export const childrenStopped = (error: Error | null = null): SupervisorEvent => ({ type: "children.stopped", error });

export function supervisor(rule: SupervisorRule, ...events: Given[]): SupervisorStep {
  return walk(supervisorMachine, { rule, port }, events);
}

const up = [start, rated("healthy")];

/** A way into each state of the lifecycle. */
export const wayTo = {
  stopped: [],
  starting: [start],
  running: up,
  "regrouping.stopping": [...up, restarting("group")],
  "regrouping.delaying": [...up, restarting("group"), groupStopped],
  stopping: [...up, stop],
  failed: [...up, failed(true), childrenStopped()],
} as const satisfies Record<string, readonly Given[]>;

export type StateName = keyof typeof wayTo;

/** The chart in a state of its lifecycle, and after some more events. */
export function from(state: StateName, ...events: Given[]): SupervisorStep {
  return supervisor(plain, ...wayTo[state], ...events);
}

/** The states of the two regions. */
export function regionsOf({ state }: { readonly state: string }): [lifecycle: string, health: string] {
  const [lifecycle, health] = state.split(" ");
  return [lifecycle!.slice("lifecycle.".length), health!.slice("health.".length)];
}

export const lifecycleOf = (step: { readonly state: string }): string => regionsOf(step)[0];
export const healthOf = (step: { readonly state: string }): string => regionsOf(step)[1];
