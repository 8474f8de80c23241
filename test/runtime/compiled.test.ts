// The compiled chart and XState's own way through the same chart agree: for each state, each event, each guard.

import { describe, expect, it } from "vitest";
import { createActor, fromTransition } from "xstate";
import type { ServiceEvent } from "../../machines/events.ts";
import { serviceMachine } from "../../machines/service.ts";
import { type ServicePort, type ServiceRule, serviceParts } from "../../machines/service-parts.ts";
import { installScheduler } from "../../src/runtime/clock.ts";
import { compiled } from "../../src/runtime/compiled.ts";

const error = new Error("boom");
const exits = [
  { kind: "completed", value: 1 },
  { kind: "failed", error, cause: "error" },
  { kind: "stopped" },
  { kind: "unstopped" },
] as const;

/** Every event, with each value that a guard looks at. */
const alphabet: readonly ServiceEvent[] = [
  ...(["hand", "supervisor", "group", "dependency"] as const).flatMap((by) => [
    { type: "service.start" as const, by },
    { type: "service.restart" as const, by },
  ]),
  { type: "service.stop" },
  { type: "service.stop", timeoutMs: 0 },
  { type: "service.stop", timeoutMs: 50 },
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

const rules: readonly ServiceRule[] = [true, false].flatMap((gated) =>
  (["always", "on-failure", "never"] as const).map((policy) => ({
    restart: { ...restart, policy },
    startDelayMs: policy === "never" ? 0 : 20,
    startTimeoutMs: 30,
    stopTimeoutMs: 40,
    gated,
    readiness: policy === "always",
  })),
);

/** Timers that fire when they are told to. */
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

type Step = ServiceEvent | "time passes";

/** One way through the chart, seen from outside: its states, its contexts, what it told its port, its timers. */
function follow(logic: typeof serviceMachine, rule: ServiceRule, steps: readonly Step[]) {
  const told: string[] = [];
  const port = new Proxy({} as ServicePort, {
    get: (_, name) => (name === "toJSON" ? () => "port" : (...args: unknown[]) => told.push(`${String(name)} ${args}`)),
  });
  const clock = createManualClock();
  const root = createActor(
    fromTransition((state) => state, 0),
    { clock },
  );
  installScheduler(root.system, clock, { isRunning: false, enter: (work) => work() });
  root.start();
  const actor = createActor(logic, { parent: root, id: "service", input: { rule, port } }).start();
  for (const step of steps) step === "time passes" ? clock.fireAll() : actor.send(step);
  const { value, context, status } = actor.getSnapshot();
  return { value, status, context: { ...context, port: "port" }, told, delays: clock.delays() };
}

describe.each(rules)("a service with $restart.policy, gated $gated", (rule) => {
  it("takes the same steps compiled as interpreted, from every state that it can reach", () => {
    const fast = compiled(serviceMachine, serviceParts);
    const seen = new Set<string>();
    const values = new Set<string>();
    let frontier: Step[][] = [[]];
    // Breadth first over the histories that lead to something not seen before.
    while (frontier.length > 0) {
      const next: Step[][] = [];
      for (const history of frontier) {
        for (const step of [...alphabet, "time passes" as const]) {
          const steps = [...history, step];
          const [a, b] = [follow(fast, rule, steps), follow(serviceMachine, rule, steps)];
          expect(a, JSON.stringify(steps)).toEqual(b);
          const { intent, failing, failures, delayed, incarnation } = a.context;
          const key = JSON.stringify([a.value, intent, failing, Math.min(failures, 2), delayed, incarnation]);
          if (seen.has(key) || incarnation > 2) continue;
          seen.add(key);
          values.add(JSON.stringify(a.value));
          next.push(steps);
        }
      }
      frontier = next;
    }
    const expected = ["stopped", "starting", "running", "stopping", "failed"].concat(
      rule.restart.policy === "never" ? [] : ["backoff"],
    );
    expect([...new Set([...values].map((value) => value.match(/\w+/)![0]))].sort()).toEqual(expected.sort());
  });
});
