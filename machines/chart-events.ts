// chart-events.ts: the events that can be sent to a chart in a given state, for tools that explore it, such as
// `getShortestPaths` of xstate/graph. Every event is complete: a guard or a recipe finds in it what it reads.

import type { EventObject, SnapshotFrom } from "xstate";
import type { By, Exit, ProbeEvent, ServiceEvent, SupervisorEvent } from "./events.ts";
import type { HealthTally } from "./policies/health.ts";
import { decisions } from "./policies/restart.ts";
import type { ProbeMachine } from "./probe.ts";
import type { ServiceMachine } from "./service.ts";
import type { SupervisorMachine } from "./supervisor.ts";

type Table<Event extends EventObject, Context> = {
  readonly [Type in Event["type"]]: (context: Context) => readonly Extract<Event, { type: Type }>[];
};
type ContextOf<Machine extends ServiceMachine | SupervisorMachine | ProbeMachine> = SnapshotFrom<Machine>["context"];

const error = new Error("an example of a failure");
const bys: readonly By[] = ["hand", "supervisor", "group", "dependency"];
const exits: readonly Exit[] = [
  { kind: "completed", value: undefined },
  { kind: "failed", error, cause: "error" },
  { kind: "stopped" },
  { kind: "unstopped" },
];
const none: HealthTally = { criticalUnhealthy: 0, otherUnhealthy: 0, degraded: 0 };

const ofService: Table<ServiceEvent, ContextOf<ServiceMachine>> = {
  "service.start": () => bys.map((by) => ({ type: "service.start", by })),
  "service.stop": () => bys.map((by) => ({ type: "service.stop", by })),
  "service.restart": () => bys.map((by) => ({ type: "service.restart", by })),
  "gate.opened": () => [{ type: "gate.opened" }],
  "gate.hopeless": () => [{ type: "gate.hopeless", error }],
  "run.due": () => [{ type: "run.due" }],
  "schedule.over": () => [{ type: "schedule.over" }],
  "schedule.failed": () => [{ type: "schedule.failed", error }],
  "unit.ready": ({ incarnation }) => [{ type: "unit.ready", incarnation, at: 0 }],
  "unit.failing": ({ incarnation }) => [{ type: "unit.failing", incarnation }],
  "unit.ended": ({ incarnation }) => {
    const ended = { type: "unit.ended", incarnation, at: 0, chance: 0.5 } as const;
    return [
      ...exits.flatMap((exit) => [false, true].map((grouped) => ({ ...ended, exit, grouped }))),
      ...decisions.map((wish) => ({ ...ended, exit: exits[1]!, grouped: false, wish })),
    ];
  },
  "readiness.passed": () => [{ type: "readiness.passed" }],
  "readiness.failed": () => [{ type: "readiness.failed" }],
  // The end of a user's actor reaches the chart as unit.ended.
  "xstate.done.actor.*": () => [],
  "xstate.error.actor.*": () => [],
};

const ofSupervisor: Table<SupervisorEvent, ContextOf<SupervisorMachine>> = {
  "supervisor.start": () => [{ type: "supervisor.start" }],
  "supervisor.stop": () => [{ type: "supervisor.stop" }],
  "children.rated": () => [
    { type: "children.rated", tally: none },
    { type: "children.rated", tally: { ...none, otherUnhealthy: 1 } },
    { type: "children.rated", tally: { ...none, criticalUnhealthy: 1 } },
  ],
  "child.failed": () => [true, false].map((fatal) => ({ type: "child.failed", path: "app/a", error, fatal })),
  "child.finished": () =>
    [null, error].map((why) => ({ type: "child.finished", path: "app/a", error: why, significantLeft: 0 })),
  "child.restarting": () =>
    (["alone", "group", "joins"] as const).map((scope) => ({
      type: "child.restarting",
      path: "app/a",
      at: 0,
      delayMs: 1_000,
      error,
      scope,
    })),
  "group.stopped": () => [{ type: "group.stopped" }],
  "children.stopped": () => [null, error].map((why) => ({ type: "children.stopped", error: why })),
};

const ofProbe: Table<ProbeEvent, ContextOf<ProbeMachine>> = {
  "probe.start": () => [{ type: "probe.start" }],
  "probe.stop": () => [{ type: "probe.stop" }],
  "check.passed": ({ check }) => [{ type: "check.passed", check }],
  "check.failed": ({ check }) => [{ type: "check.failed", check, error }],
};

const tables: Readonly<Record<string, Readonly<Record<string, (context: never) => readonly EventObject[]>>>> = {
  service: ofService,
  supervisor: ofSupervisor,
  probe: ofProbe,
};

/**
 * The events that change something in this state of `serviceMachine`, `supervisorMachine` or `probeMachine`: requests,
 * reports, and the passing of delays, each with example data. Give it to xstate/graph as `events`, with `chartKey`:
 *
 *     getShortestPaths(serviceMachine, { input, events: chartEvents, serializeState: chartKey })
 *
 * A snapshot of another machine has no events.
 */
export function chartEvents<Snapshot extends SnapshotFrom<ServiceMachine | SupervisorMachine | ProbeMachine>>(
  snapshot: Snapshot,
): EventOf<Snapshot>[] {
  const { machine, context } = snapshot;
  const table = tables[machine.id] ?? {};
  const given = Object.values(table).flatMap((examples) => examples(context as never));
  const delays = machine.events.filter((type: string) => type.startsWith("xstate.after."));
  const all: EventObject[] = [...given, ...delays.map((type: string) => ({ type }))];
  return all.filter((event) => snapshot.can(event as never)) as EventOf<Snapshot>[];
}

type EventOf<Snapshot> =
  Snapshot extends SnapshotFrom<ServiceMachine>
    ? ServiceEvent
    : Snapshot extends SnapshotFrom<SupervisorMachine>
      ? SupervisorEvent
      : ProbeEvent;

/**
 * The key of a state of one of the three machines, for xstate/graph as `serializeState`: two snapshots with the same key go
 * on alike. Of the context, whose counters have no end, it holds what guards look at.
 */
export function chartKey(snapshot: SnapshotFrom<ServiceMachine | SupervisorMachine | ProbeMachine>): string {
  const { value, machine, context } = snapshot;
  return JSON.stringify([value, keys[machine.id]?.(context as never)]);
}

const keys: Readonly<Record<string, (context: never) => unknown>> = {
  service: ({ delayed, intent, failing, failures, rule }: ContextOf<ServiceMachine>) => [
    delayed,
    intent,
    failing,
    Math.min(failures, rule.restart.maxRetries + 1),
  ],
  supervisor: ({ wasUp, outcome, restartTimes }: ContextOf<SupervisorMachine>) => [
    wasUp,
    outcome?.kind,
    restartTimes.length,
  ],
  probe: ({ passes, failures, rule }: ContextOf<ProbeMachine>) => [
    Math.min(passes, rule.successThreshold),
    Math.min(failures, rule.failureThreshold),
  ],
};
