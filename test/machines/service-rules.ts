// Rules, events and walks for the tests of the service chart.

import type { By, Exit, ServiceEvent, UnitEnded } from "../../machines/events.ts";
import { serviceMachine } from "../../machines/index.ts";
import type { ServicePort, ServiceRule } from "../../machines/service.ts";
import { type elapse, type Step, walk } from "./steps.ts";

export type ServiceStep = Step<typeof serviceMachine>;
type Given = ServiceEvent | ReturnType<typeof elapse>;

type RuleOptions = Partial<Omit<ServiceRule, "restart">> & { restart?: Partial<ServiceRule["restart"]> };

export function rule({ restart, ...rest }: RuleOptions = {}): ServiceRule {
  return {
    startDelayMs: 0,
    startTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
    gated: false,
    readiness: false,
    scheduled: false,
    ...rest,
    restart: {
      policy: "on-failure",
      maxRetries: 5,
      initialBackoffMs: 1_000,
      maxBackoffMs: 60_000,
      multiplier: 2,
      jitter: 0,
      resetAfterMs: 60_000,
      ...restart,
    },
  };
}

/** A port that must not be called: a pure transition has no effects. */
export const port: ServicePort = {
  consultGate: () => refuse("consultGate"),
  launch: () => refuse("launch"),
  expireStart: () => refuse("expireStart"),
  askToStop: () => refuse("askToStop"),
  abandon: () => refuse("abandon"),
  skipRun: () => refuse("skipRun"),
  relayActorEnd: () => refuse("relayActorEnd"),
};

function refuse(verb: string): never {
  throw new Error(`the transition called ${verb} of its port`);
}

export const start = (by: By = "supervisor"): ServiceEvent => ({ type: "service.start", by });
export const stop = (timeoutMs?: number, by: By = "supervisor"): ServiceEvent =>
  timeoutMs === undefined ? { type: "service.stop", by } : { type: "service.stop", by, timeoutMs };
export const stopBy = (by: By): ServiceEvent => stop(undefined, by);
export const restart = (by: By = "hand"): ServiceEvent => ({ type: "service.restart", by });
export const opened: ServiceEvent = { type: "gate.opened" };
export const hopelessError = new Error("no hope");
export const hopeless: ServiceEvent = { type: "gate.hopeless", error: hopelessError };
export const ready = (incarnation = 1, at = 0): ServiceEvent => ({ type: "unit.ready", incarnation, at });
export const failing = (incarnation = 1): ServiceEvent => ({ type: "unit.failing", incarnation });
export const passed: ServiceEvent = { type: "readiness.passed" };
export const unready: ServiceEvent = { type: "readiness.failed" };

export const due: ServiceEvent = { type: "run.due" };
export const scheduleOver: ServiceEvent = { type: "schedule.over" };
export const scheduleError = new Error("no such month");
export const scheduleFailed: ServiceEvent = { type: "schedule.failed", error: scheduleError };

export const boom = new Error("boom");
export const exits = {
  completed: { kind: "completed", value: 42 },
  failed: { kind: "failed", error: boom, cause: "error" },
  stopped: { kind: "stopped" },
  unstopped: { kind: "unstopped" },
} as const satisfies Record<Exit["kind"], Exit>;

export function ended(kind: Exit["kind"], more: Partial<UnitEnded> = {}): UnitEnded {
  return { type: "unit.ended", incarnation: 1, exit: exits[kind], at: 0, chance: 0.5, grouped: false, ...more };
}

export function service(given: ServiceRule, ...events: Given[]): ServiceStep {
  return walk(serviceMachine, { rule: given, port }, events);
}

const plain = rule();
export const nightly = rule({ scheduled: true, restart: { policy: "never" } });

/** A way into each state that lasts. */
export const wayTo = {
  "stopped.idle": { rule: plain, events: [] },
  "stopped.byHand": { rule: plain, events: [start(), ready(), stopBy("hand"), ended("stopped")] },
  "stopped.completed": { rule: plain, events: [start(), ready(), ended("completed")] },
  "stopped.dismissed": { rule: plain, events: [start(), ready(), ended("failed", { wish: "stop" })] },
  "stopped.grouped": { rule: plain, events: [start(), ready(), stopBy("group"), ended("stopped")] },
  "stopped.scheduled": { rule: nightly, events: [start()] },
  "starting.waiting": { rule: rule({ gated: true }), events: [start()] },
  "starting.delaying": { rule: rule({ startDelayMs: 500 }), events: [start()] },
  "starting.launching": { rule: plain, events: [start()] },
  "running.healthy": { rule: plain, events: [start(), ready()] },
  "running.unhealthy": { rule: rule({ readiness: true }), events: [start(), ready()] },
  stopping: { rule: plain, events: [start(), ready(), stop()] },
  "backoff.counting": { rule: plain, events: [start(), ready(), ended("failed")] },
  "backoff.held": { rule: plain, events: [start(), ready(), ended("failed", { grouped: true })] },
  "failed.forGood": { rule: rule({ restart: { policy: "never" } }), events: [start(), ready(), ended("failed")] },
  "failed.grouped": { rule: plain, events: [start(), ready(), stopBy("group"), ended("failed")] },
  "failed.scheduled": { rule: nightly, events: [start(), due, ready(), ended("failed")] },
} as const satisfies Record<string, { rule: ServiceRule; events: readonly Given[] }>;

export type StateName = keyof typeof wayTo;

/** The chart in a state, and after some more events. */
export function from(state: StateName, ...events: Given[]): ServiceStep {
  const way = wayTo[state];
  return service(way.rule, ...way.events, ...events);
}
