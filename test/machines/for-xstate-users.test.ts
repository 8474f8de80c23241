// The machines as XState users have them: as actors of their own, with a port of their own, and explored by xstate/graph.

import { describe, expect, it, vi } from "vitest";
import { type AnyActorRef, createActor, SimulatedClock } from "xstate";
import { getShortestPaths } from "xstate/graph";
import {
  chartEvents,
  chartKey,
  probeMachine,
  type ServiceMachineInput,
  serviceMachine,
  supervisorMachine,
} from "../../machines/index.ts";

const restart = {
  policy: "on-failure",
  maxRetries: 1,
  initialBackoffMs: 10,
  maxBackoffMs: 100,
  multiplier: 2,
  jitter: 0,
  resetAfterMs: 1_000,
} as const;

function inputWith(rule: Partial<ServiceMachineInput["rule"]>): ServiceMachineInput & { asked: string[] } {
  const asked: string[] = [];
  const note = (what: string) => () => void asked.push(what);
  return {
    asked,
    rule: {
      restart,
      startDelayMs: 0,
      startTimeoutMs: 30,
      stopTimeoutMs: 40,
      gated: false,
      readiness: false,
      scheduled: false,
      ...rule,
    },
    port: {
      consultGate: note("consultGate"),
      launch: note("launch"),
      expireStart: note("expireStart"),
      askToStop: note("askToStop"),
      abandon: note("abandon"),
      skipRun: note("skipRun"),
      relayActorEnd: note("relayActorEnd"),
    },
  };
}

// Case X4.
describe("a deadline of Infinity", () => {
  it("of a start or a stop sets no timer, whatever the clock", () => {
    const timers: number[] = [];
    const clock = { setTimeout: (_: () => void, ms: number) => timers.push(ms), clearTimeout: () => {} };
    const input = inputWith({ startTimeoutMs: Number.POSITIVE_INFINITY, stopTimeoutMs: Number.POSITIVE_INFINITY });
    const actor = createActor(serviceMachine, { input, clock }).start();
    actor.send({ type: "service.start", by: "hand" });
    expect(actor.getSnapshot().value).toEqual({ starting: "launching" });
    actor.send({ type: "service.stop", by: "hand" });
    expect(actor.getSnapshot().value).toBe("stopping");
    expect([timers, input.asked]).toEqual([[], ["launch", "askToStop"]]);
  });

  it("of the stop of a supervisor sets no timer either", () => {
    const timers: number[] = [];
    const clock = { setTimeout: (_: () => void, ms: number) => timers.push(ms), clearTimeout: () => {} };
    const asked: string[] = [];
    const port = new Proxy({}, { get: (_, name) => () => void asked.push(String(name)) }) as never;
    const input = { rule: { intensity: null, autoShutdown: "never" }, port } as const;
    const actor = createActor(supervisorMachine, { input, clock }).start();
    actor.send({ type: "supervisor.start" });
    actor.send({ type: "supervisor.stop" });
    expect(timers).toEqual([]);
    expect(asked).toContain("stopChildren");
    expect(asked).not.toContain("hurryChildren");
  });

  it("leaves the other deadlines as they are", () => {
    const clock = new SimulatedClock();
    const input = inputWith({});
    const actor = createActor(serviceMachine, { input, clock }).start();
    actor.send({ type: "service.start", by: "hand" });
    clock.increment(29);
    expect(input.asked).toEqual(["launch"]);
    clock.increment(1);
    expect(input.asked).toEqual(["launch", "expireStart"]);
  });

  it("makes Node warn of nothing", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const actor: AnyActorRef = createActor(serviceMachine, {
      input: inputWith({ startTimeoutMs: Number.POSITIVE_INFINITY }),
    }).start();
    actor.send({ type: "service.start", by: "hand" });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

// Case X10.
describe("chartEvents", () => {
  const port = new Proxy({}, { get: () => () => {} }) as never;
  const reached = (paths: { state: { value: unknown } }[]) =>
    new Set(paths.map(({ state }) => JSON.stringify(state.value)));

  it("lets xstate/graph reach every state of the service", () => {
    const input = inputWith({ gated: true, readiness: true, startDelayMs: 10, scheduled: true });
    const paths = getShortestPaths(serviceMachine, { input, events: chartEvents, serializeState: chartKey });
    const atoms = [...Object.values(serviceMachine.states)].flatMap(({ key, states }) => {
      const inner = Object.keys(states);
      return inner.length === 0 ? [JSON.stringify(key)] : inner.map((name) => JSON.stringify({ [key]: name }));
    });
    // `judging` takes no time.
    const stays = atoms.filter((atom) => atom !== '"judging"');
    expect([...reached(paths)].sort()).toEqual(stays.sort());
  });

  it("lets xstate/graph reach every state of the supervisor and of the probe", () => {
    const supervisors = getShortestPaths(supervisorMachine, {
      input: { rule: { intensity: null, autoShutdown: "any-significant" }, port },
      events: chartEvents,
      serializeState: chartKey,
    });
    const lifecycles = new Set(
      supervisors.map(({ state }) => JSON.stringify((state.value as { lifecycle: unknown }).lifecycle)),
    );
    expect(lifecycles).toEqual(
      new Set(
        [
          "stopped",
          "starting",
          "running",
          { regrouping: "stopping" },
          { regrouping: "delaying" },
          "stopping",
          "failed",
        ].map((value) => JSON.stringify(value)),
      ),
    );
    const rule = { intervalMs: 10, timeoutMs: 5, initialDelayMs: 20, failureThreshold: 2, successThreshold: 2 };
    const probes = getShortestPaths(probeMachine, {
      input: { rule, port },
      events: chartEvents,
      serializeState: chartKey,
    });
    expect(reached(probes).size).toBeGreaterThan(6);
  });

  it("gives only events that change something, and complete ones", () => {
    const snapshot = createActor(serviceMachine, { input: inputWith({}) }).getSnapshot();
    expect(new Set(chartEvents(snapshot).map(({ type }) => type))).toEqual(
      new Set(["service.start", "service.restart", "service.stop"]),
    );
    expect(chartEvents(snapshot)).toContainEqual({ type: "service.start", by: "hand" });
  });
});
