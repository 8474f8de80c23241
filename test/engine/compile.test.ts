// Compiled charts and XState's own interpreter agree for each state, each event and each guard.

import { describe, expect, it } from "vitest";
import { type AnyStateMachine, createActor, fromTransition, setup } from "xstate";
import type { ServiceEvent, SupervisorEvent } from "../../machines/events.ts";
import { serviceMachine, supervisorMachine } from "../../machines/index.ts";
import type { ServiceMachineContext, ServiceRule } from "../../machines/service-context.ts";
import { serviceParts } from "../../machines/service-parts.ts";
import {
  type SupervisorMachineContext,
  type SupervisorRule,
  supervisorParts,
} from "../../machines/supervisor-parts.ts";
import { compiled } from "../../src/engine/compile.ts";
import { installScheduler } from "../../src/engine/scheduler.ts";
import { Configurations } from "../../src/engine/steps.ts";

const error = new Error("boom");
const exits = [
  { kind: "completed", value: 1 },
  { kind: "failed", error, cause: "error" },
  { kind: "stopped" },
  { kind: "unstopped" },
] as const;

/** Every event, with each value that a guard looks at. */
const serviceEvents: readonly ServiceEvent[] = [
  ...(["hand", "supervisor", "group", "dependency"] as const).flatMap((by) => [
    { type: "service.start" as const, by },
    { type: "service.restart" as const, by },
    { type: "service.stop" as const, by },
    { type: "service.stop" as const, by, timeoutMs: 0 },
    { type: "service.stop" as const, by, timeoutMs: 50 },
  ]),
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
];

const restart = {
  initialBackoffMs: 10,
  maxBackoffMs: 100,
  multiplier: 2,
  jitter: 0,
  resetAfterMs: 1_000,
  maxRetries: 1,
};

const serviceRules: readonly ServiceRule[] = [true, false].flatMap((gated) =>
  (["always", "on-failure", "never"] as const).map((policy) => ({
    restart: { ...restart, policy },
    startDelayMs: policy === "never" ? 0 : 20,
    startTimeoutMs: 30,
    stopTimeoutMs: 40,
    gated,
    readiness: policy === "always",
  })),
);

/** A clock whose timers fire when the test says so. */
function createManualClock() {
  const timers: { fn: () => void; at: number }[] = [];
  return {
    now: () => 0,
    setTimeout: (fn: () => void, at: number) => timers[timers.push({ fn, at }) - 1],
    clearTimeout: (timer: unknown) => timers.splice(timers.indexOf(timer as (typeof timers)[number]), 1),
    fireAll: () => {
      for (const { fn } of timers.splice(0)) fn();
    },
    delays: () => timers.map(({ at }) => at),
  };
}

const passing = { type: "time passes" };

/** One way through a chart, seen from outside: its state, its context, the calls of its port, its timers. */
function follow(logic: AnyStateMachine, rule: unknown, steps: readonly { type: string }[]) {
  const told: string[] = [];
  const port = new Proxy(
    {},
    {
      get: (_, name) =>
        name === "toJSON" ? () => "port" : (...args: unknown[]) => told.push(`${String(name)} ${JSON.stringify(args)}`),
    },
  );
  const clock = createManualClock();
  const root = createActor(
    fromTransition((state) => state, 0),
    { clock },
  );
  installScheduler(root.system, clock, { isRunning: false, enter: (work) => work() });
  root.start();
  const actor = createActor(logic, { parent: root, id: "chart", input: { rule, port } }).start();
  for (const step of steps) step === passing ? clock.fireAll() : actor.send(step);
  const { value, context, status } = actor.getSnapshot();
  return { value, status, context: { ...context, port: "port" }, told, delays: clock.delays() };
}

/**
 * Compares both interpreters at each step, breadth first over the histories that lead to something new. `keyOf` returns
 * what matters of a context, or null to go no further. Returns the state values that were reached.
 */
function compare<Context>(
  machine: AnyStateMachine,
  fast: AnyStateMachine,
  rule: unknown,
  events: readonly { type: string }[],
  keyOf: (context: Context) => unknown[] | null,
): unknown[] {
  const seen = new Set<string>();
  const values = new Map<string, unknown>();
  let frontier: { type: string }[][] = [[]];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const history of frontier) {
      for (const step of [...events, passing]) {
        const steps = [...history, step];
        const [a, b] = [follow(fast, rule, steps), follow(machine, rule, steps)];
        expect(a, JSON.stringify(steps)).toEqual(b);
        const parts = keyOf(a.context as Context);
        const key = JSON.stringify([a.value, parts]);
        if (parts === null || seen.has(key)) continue;
        seen.add(key);
        values.set(JSON.stringify(a.value), a.value);
        next.push(steps);
      }
    }
    frontier = next;
  }
  return [...values.values()];
}

describe.each(serviceRules)("a service with $restart.policy, gated $gated", (rule) => {
  it("a chart takes the same steps compiled as interpreted, from every state that it can reach", () => {
    const values = compare<ServiceMachineContext>(
      serviceMachine,
      compiled(serviceMachine, serviceParts),
      rule,
      serviceEvents,
      ({ intent, failing, failures, delayed, incarnation }) =>
        incarnation > 2 ? null : [intent, failing, Math.min(failures, 2), delayed, incarnation],
    );
    const expected = ["stopped", "starting", "running", "stopping", "failed"].concat(
      rule.restart.policy === "never" ? [] : ["backoff"],
    );
    expect([...new Set(values.map((value) => JSON.stringify(value).match(/\w+/)![0]))].sort()).toEqual(expected.sort());
  }, 60_000);
});

const nothing = { criticalUnhealthy: 0, otherUnhealthy: 0, degraded: 0 };

const supervisorEvents: readonly SupervisorEvent[] = [
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
    [0, 1].map((significantLeft) => ({
      type: "child.finished" as const,
      path: "app/a",
      error: why,
      significantLeft,
    })),
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

const supervisorRules: readonly SupervisorRule[] = [
  { intensity: null, autoShutdown: "never" },
  { intensity: { maxRestarts: 1, withinMs: 100 }, autoShutdown: "any-significant" },
  { intensity: { maxRestarts: 2, withinMs: 100 }, autoShutdown: "all-significant" },
];

describe.each(supervisorRules)("a supervisor with $intensity, autoShutdown $autoShutdown", (rule) => {
  it("takes the same steps compiled as interpreted, from every state that it can reach", () => {
    const values = compare<SupervisorMachineContext>(
      supervisorMachine,
      compiled(supervisorMachine, supervisorParts),
      rule,
      supervisorEvents,
      ({ outcome, stopDeadlineAt, restartTimes, wasUp, groupDelayMs }) => [
        outcome,
        stopDeadlineAt,
        restartTimes.length,
        wasUp,
        groupDelayMs,
      ],
    );
    // Three states supervise, each with three healths and one of them in two parts; three states do not.
    expect(values).toHaveLength(4 * 3 + 3);
  }, 60_000);
});

it.each(["constructor", "toString", "__proto__", "unheard.of", ""])("an event of the type %j is ignored", (type) => {
  const fast = compiled(supervisorMachine, supervisorParts);
  const rule = supervisorRules[0];
  const start: SupervisorEvent = { type: "supervisor.start" };
  expect(follow(fast, rule, [start, { type }])).toEqual(follow(supervisorMachine, rule, [start, { type }]));
});

describe("a chart that it cannot compile is refused:", () => {
  const { createMachine } = setup({ actions: { act: () => {} } });
  it.each([
    ["a final state", createMachine({ initial: "a", states: { a: { on: { go: "b" } }, b: { type: "final" } } })],
    ["an initial state that does something", createMachine({ initial: "a", states: { a: { entry: "act" } } })],
    [
      "regions inside of a state",
      createMachine({ initial: "a", states: { a: {}, b: { type: "parallel", states: {} } } }),
    ],
    [
      "a step from one region into another",
      createMachine({
        id: "top",
        type: "parallel",
        states: {
          left: { initial: "a", states: { a: { on: { go: "#top.right.b" } } } },
          right: { initial: "b", states: { b: {} } },
        },
      }),
    ],
    ["events of all regions", createMachine({ type: "parallel", on: { go: {} }, states: { left: {}, right: {} } })],
    ["an action without a name", createMachine({ initial: "a", states: { a: { on: { go: { actions: () => {} } } } } })],
  ])("%s", (_, machine) => {
    expect(() => new Configurations({ machine, recipes: {}, copyOf: () => ({}) }).at(0).choiceFor("go")).toThrow(
      /cannot compile/,
    );
  });
});
