// supervisorMachine as a whole: every state is reachable, and every event is handled or ignored on purpose.

import { describe, expect, it } from "vitest";
import { getShortestPaths } from "xstate/graph";
import type { SupervisorEvent } from "../../machines/events.ts";
import { supervisorMachine } from "../../machines/index.ts";
import { leaves, next, toState } from "./steps.ts";
import {
  boom,
  childrenStopped,
  failed,
  finished,
  groupStopped,
  lifecycleOf,
  port,
  rated,
  restarting,
  type StateName,
  start,
  stop,
  stopWithin,
  supervisor,
  wayTo,
} from "./supervisor-rules.ts";

type EventType = SupervisorEvent["type"];

const rule = { intensity: { maxRestarts: 2, withinMs: 1_000 }, autoShutdown: "all-significant" } as const;

const alphabet: Record<EventType, SupervisorEvent[]> = {
  "supervisor.start": [start],
  "supervisor.stop": [stop, stopWithin(50)],
  "children.rated": [rated("healthy"), rated("degraded"), rated("unhealthy")],
  "child.failed": [failed(true), failed(false)],
  "child.finished": [finished(0), finished(0, boom), finished(1)],
  "child.restarting": [restarting("alone"), restarting("group"), restarting("joins")],
  "group.stopped": [groupStopped],
  "children.stopped": [childrenStopped(), childrenStopped(boom)],
};

const whileSupervising: EventType[] = [
  "supervisor.stop",
  "children.rated",
  "child.failed",
  "child.finished",
  "child.restarting",
];

/** The events that each state of the lifecycle handles, itself or by the health beside it. It ignores the others. */
const handled: Record<StateName, EventType[]> = {
  stopped: ["supervisor.start"],
  starting: whileSupervising,
  running: whileSupervising,
  "regrouping.stopping": [...whileSupervising, "group.stopped"],
  "regrouping.delaying": whileSupervising,
  stopping: ["supervisor.stop", "children.stopped"],
  failed: ["supervisor.start"],
};

const states = Object.keys(wayTo) as StateName[];
const types = Object.keys(alphabet) as EventType[];
const lifecycle = (leaf: string) => leaf.startsWith("lifecycle.");

it("the table of handled events names every state of the lifecycle", () => {
  const all = leaves(supervisorMachine).filter(lifecycle);
  expect(states.map((state) => `lifecycle.${state}`).sort()).toEqual(all.sort());
});

describe.each(states)("%s", (state) => {
  const step = supervisor(rule, ...wayTo[state]);

  it.each(types)("%s", (type) => {
    const changed = alphabet[type].some((event) => {
      const after = next(supervisorMachine, step, event);
      return after.state !== step.state || after.does.length > 0 || !isSame(after.context, step.context);
    });
    expect([lifecycleOf(step), changed]).toEqual([state, handled[state].includes(type)]);
  });
});

function isSame(a: object, b: object): boolean {
  return Object.entries(a).every(([key, value]) => Object.is(value, b[key as keyof typeof b]));
}

it("every state of both regions is reachable", () => {
  const paths = getShortestPaths(supervisorMachine, {
    input: { rule, port },
    events: [
      ...Object.values(alphabet).flat(),
      { type: "xstate.after.groupBackoff.supervisor.lifecycle.regrouping.delaying" } as never,
    ],
    serializeState: ({ value, context: { outcome, wasUp, restartTimes } }) =>
      JSON.stringify([value, outcome?.kind, wasUp, restartTimes.length]),
    limit: 20_000,
  });
  const reached = new Set(paths.flatMap(({ state }) => toState(state.value).split(" ")));
  expect([...reached].sort()).toEqual(leaves(supervisorMachine).sort());
});

it("no state but starting, running and regrouping is ever healthy or degraded", () => {
  const paths = getShortestPaths(supervisorMachine, {
    input: { rule, port },
    events: Object.values(alphabet).flat(),
    serializeState: ({ value }) => JSON.stringify(value),
    limit: 20_000,
  });
  for (const { state } of paths) {
    const down = ["stopped", "stopping", "failed"].includes(state.value.lifecycle as string);
    if (down) expect(state.value.health, JSON.stringify(state.value)).toBe("unhealthy");
  }
});
