// serviceMachine as a whole: every state is reachable, and every event is handled or ignored on purpose.

import { describe, expect, it } from "vitest";
import { getShortestPaths } from "xstate/graph";
import type { ServiceEvent } from "../../machines/events.ts";
import { serviceMachine } from "../../machines/index.ts";
import type { ServiceRule } from "../../machines/service.ts";
import {
  boom,
  due,
  ended,
  failing,
  from,
  hopeless,
  opened,
  passed,
  port,
  ready,
  restart,
  rule,
  type StateName,
  scheduleFailed,
  scheduleOver,
  start,
  stop,
  stopBy,
  unready,
  wayTo,
} from "./service-rules.ts";
import { leaves, next, toState } from "./steps.ts";

type EventType = ServiceEvent["type"];

/** Every event of the union, as it comes from the current incarnation (1, or none yet). */
const alphabet: Record<EventType, ServiceEvent[]> = {
  "service.start": [start("supervisor"), start("hand"), start("group")],
  "service.stop": [stop(), stop(0), stopBy("hand"), stopBy("group"), stopBy("dependency")],
  "service.restart": [restart("hand"), restart("dependency")],
  "gate.opened": [opened],
  "gate.hopeless": [hopeless],
  "run.due": [due],
  "schedule.over": [scheduleOver],
  "schedule.failed": [scheduleFailed],
  "unit.ready": [ready()],
  "unit.failing": [failing()],
  "unit.ended": [ended("completed"), ended("failed"), ended("stopped"), ended("unstopped")],
  "readiness.passed": [passed],
  "readiness.failed": [unready],
  "xstate.done.actor.*": [{ type: "xstate.done.actor.x" as "xstate.done.actor.*", actorId: "x", output: 1 }],
  "xstate.error.actor.*": [{ type: "xstate.error.actor.x" as "xstate.error.actor.*", actorId: "x", error: boom }],
};

const always: EventType[] = ["xstate.done.actor.*", "xstate.error.actor.*"];
const fromUnit: EventType[] = ["unit.ended", "unit.failing", "service.stop", "service.restart", "run.due"];
const fromSchedule: EventType[] = ["run.due", "schedule.over", "schedule.failed"];

/** The events that each state handles. It ignores the others: they come too late, or change nothing. */
const handled: Record<StateName, EventType[]> = {
  // The user can ask a service that has not started, or is down with its group, to stay down.
  "stopped.idle": ["service.start", "service.restart", "service.stop"],
  "stopped.byHand": ["service.start", "service.restart"],
  "stopped.completed": ["service.start", "service.restart"],
  "stopped.dismissed": ["service.start", "service.restart"],
  "stopped.grouped": ["service.start", "service.restart", "service.stop"],
  // The service is starting already: a request by hand only clears its count of failures.
  "stopped.scheduled": ["service.start", "service.restart", "service.stop", ...fromSchedule],
  "starting.waiting": ["service.start", "service.restart", "service.stop", "gate.opened", "gate.hopeless", "run.due"],
  "starting.delaying": ["service.start", "service.restart", "service.stop", "run.due"],
  "starting.launching": [...fromUnit, "unit.ready"],
  "running.healthy": [...fromUnit, "readiness.failed"],
  "running.unhealthy": [...fromUnit, "readiness.passed"],
  stopping: ["service.start", "service.stop", "service.restart", "unit.ended", "run.due"],
  "backoff.counting": ["service.start", "service.stop", "service.restart", "run.due"],
  "backoff.held": ["service.start", "service.stop", "service.restart", "run.due"],
  "failed.forGood": ["service.start", "service.restart"],
  "failed.grouped": ["service.start", "service.restart", "service.stop"],
  "failed.scheduled": ["service.start", "service.restart", "service.stop", ...fromSchedule],
};

const states = Object.keys(wayTo) as StateName[];
const types = Object.keys(alphabet) as EventType[];

/** The states in which the chart rests: all but the one that takes no time. */
const resting = leaves(serviceMachine).filter((leaf) => leaf !== "judging");

it("the table of handled events names every state of the chart", () => {
  expect([...states].sort()).toEqual([...resting].sort());
});

describe.each(states)("%s", (state) => {
  // A count of failures, so that the test sees it cleared.
  const at = from(state);
  const step = { ...at, snapshot: { ...at.snapshot, context: { ...at.context, failures: 3 } } as typeof at.snapshot };

  it.each(types)("%s", (type) => {
    const changed = alphabet[type].some((event) => {
      const after = next(serviceMachine, step, event);
      return after.state !== state || after.does.length > 0 || !isSame(after.context, step.snapshot.context);
    });
    expect(changed).toBe([...handled[state], ...always].includes(type));
  });
});

function isSame(a: object, b: object): boolean {
  return Object.entries(a).every(([key, value]) => Object.is(value, b[key as keyof typeof b]));
}

describe("reachability", () => {
  const rules: Record<string, ServiceRule> = {
    plain: rule(),
    "gated, delayed, with a readiness": rule({ gated: true, startDelayMs: 500, readiness: true }),
  };

  function reach(given: ServiceRule): Set<string> {
    const paths = getShortestPaths(serviceMachine, {
      input: { rule: given, port },
      events: ({ context: { incarnation } }) => [
        ...[start(), start("hand"), start("group"), restart("hand"), opened, hopeless, passed, unready],
        ...[stop(), stopBy("hand"), stopBy("group"), due, scheduleOver, scheduleFailed],
        ended("failed", { incarnation, wish: "stop" }),
        ...[ready(incarnation), failing(incarnation), ended("failed", { incarnation, grouped: true })],
        ...(["completed", "failed", "stopped", "unstopped"] as const).map((kind) => ended(kind, { incarnation })),
        { type: "xstate.after.startDelay.service.starting.delaying" } as never,
        { type: "xstate.after.backoff.service.backoff.counting" } as never,
      ],
      serializeState: ({ value, context: { incarnation, failures, restarts, delayed, intent } }) =>
        JSON.stringify([
          value,
          Math.min(incarnation, 2),
          Math.min(failures, 2),
          Math.min(restarts, 1),
          delayed,
          intent,
        ]),
      limit: 50_000,
    });
    return new Set(paths.map(({ state }) => toState(state.value)));
  }

  it("every state is reachable with gate, delay, readiness and schedule", () => {
    const reached = reach({ ...rules["gated, delayed, with a readiness"]!, scheduled: true });
    expect([...reached].sort()).toEqual([...resting].sort());
  });

  it("every state but those of gate, delay and schedule is reachable without them", () => {
    const without = ["starting.waiting", "starting.delaying", "stopped.scheduled", "failed.scheduled"];
    expect([...reach(rules.plain!)].sort()).toEqual(resting.filter((leaf) => !without.includes(leaf)).sort());
  });

  it("a start leads from every state to running, and a stop to rest", () => {
    for (const state of states) {
      const incarnation = from(state).context.incarnation;
      const down = from(state, stop(), ended("stopped", { incarnation }));
      expect(down.state, state).toMatch(/^(stopped|failed)\./);
    }
  });
});
