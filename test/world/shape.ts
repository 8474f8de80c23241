// shape.ts: trees as plain data, without code, so that one that fails can be printed and replayed.

import type { Decision, Dependency, RestartPolicy, Strategy, SupervisorSpec } from "../../src/index.ts";

/** The kinds of code: functions (`signal` is a `run` that says when it is ready), and actors. */
export const bodies = ["run", "signal", "start", "promise", "callback", "observable", "machine"] as const;

/** What a child is, without its code. */
export interface ChildShape {
  name: string;
  /** How it does its work; a supervisor has none. */
  body?: (typeof bodies)[number];
  /** It takes the values of its dependencies before it is ready. */
  holds?: boolean;
  /** How long it takes by itself to be up. */
  upMs?: number;
  /** How long it takes by itself to stop. */
  downMs?: number;
  restart: {
    policy: RestartPolicy;
    maxRetries: number;
    initialBackoffMs: number;
    maxBackoffMs: number;
    resetAfterMs: number;
    jitter: number;
  };
  decide?: Decision | "throw";
  dependsOn?: Dependency[];
  critical?: boolean;
  significant?: boolean;
  startDelayMs?: number;
  startTimeoutMs?: number;
  stopTimeoutMs: number;
  probe?: "readiness" | "liveness" | "health";
  watchdogMs?: number;
  /** A run of it is due each time that the clock has gone on by so much. */
  everyMs?: number;
  strategy?: Strategy;
  intensity?: { maxRestarts: number; withinMs: number };
  autoShutdown?: NonNullable<SupervisorSpec["autoShutdown"]>;
  services?: ChildShape[];
}

export type TreeShape = Pick<ChildShape, "strategy" | "intensity" | "autoShutdown"> & { services: ChildShape[] };

/** Whether it can be waited for to be completed: see the rules of a definition. */
export function canComplete({ restart, decide }: ChildShape): boolean {
  return restart.policy !== "always" || decide !== undefined;
}

/** Whether it comes up within its start timeout. */
export function canComeUp({ body, upMs = 0, startTimeoutMs = Number.POSITIVE_INFINITY }: ChildShape): boolean {
  return (body !== "start" && body !== "signal") || upMs < startTimeoutMs;
}

export const hasWatchdog = ({ watchdogMs, services = [] }: ChildShape): boolean =>
  watchdogMs !== undefined || services.some(hasWatchdog);

/** Whether it sets timers while it is idle. */
export const hasProbes = (shape: ChildShape): boolean =>
  shape.probe !== undefined ||
  shape.everyMs !== undefined ||
  hasWatchdog(shape) ||
  (shape.services ?? []).some(hasProbes);

/** Every shape of a tree by its name. */
export function shapesByName(tree: TreeShape): Map<string, ChildShape> {
  const flatten = (shape: ChildShape): ChildShape[] => [shape, ...(shape.services ?? []).flatMap(flatten)];
  return new Map(tree.services.flatMap(flatten).map((shape) => [shape.name, shape]));
}
