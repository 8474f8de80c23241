// probeMachine: thresholds, the cycle of checks, and late answers.

import { describe, expect, it } from "vitest";
import { getShortestPaths } from "xstate/graph";
import type { ProbeEvent } from "../../machines/events.ts";
import { probeMachine } from "../../machines/index.ts";
import type { ProbePort, ProbeRule } from "../../machines/probe.ts";
import { elapse, leaves, next, toState, walk } from "./steps.ts";

const boom = new Error("boom");
const start: ProbeEvent = { type: "probe.start" };
const stop: ProbeEvent = { type: "probe.stop" };
const passed = (check: number): ProbeEvent => ({ type: "check.passed", check });
const failed = (check: number): ProbeEvent => ({ type: "check.failed", check, error: boom });

function rule(more: Partial<ProbeRule> = {}): ProbeRule {
  return {
    intervalMs: 1_000,
    timeoutMs: 400,
    initialDelayMs: 0,
    failureThreshold: 3,
    successThreshold: 1,
    ...more,
  };
}

const port: ProbePort = {
  runCheck: () => refuse("runCheck"),
  expireCheck: () => refuse("expireCheck"),
  cancelCheck: () => refuse("cancelCheck"),
  reportPassing: () => refuse("reportPassing"),
  reportFailing: () => refuse("reportFailing"),
};

function refuse(verb: string): never {
  throw new Error(`the transition called ${verb} of its port`);
}

function probe(given: ProbeRule, ...events: (ProbeEvent | ReturnType<typeof elapse>)[]) {
  return walk(probeMachine, { rule: given, port }, events);
}

const begun = [start, elapse("initialDelay")];

/** A probe that has begun and was answered: "+" is a pass, "-" a failure. */
function answered(given: ProbeRule, answers: string) {
  const events = [...answers].flatMap((answer, n) => [
    ...(n === 0 ? begun : [elapse("interval")]),
    answer === "+" ? passed(n + 1) : failed(n + 1),
  ]);
  return probe(given, ...events);
}

describe("a probe", () => {
  it("a probe asks nothing before its service is ready, and has no timer", () => {
    const step = probe(rule());
    expect([step.state, step.does, step.timers]).toEqual(["verdict.off cycle.idle", [], {}]);
  });

  // Case 127.
  it("a probe waits its initial delay before the first check, and has no verdict meanwhile", () => {
    const step = probe(rule({ initialDelayMs: 5_000 }), start);
    expect([step.state, step.timers]).toEqual(["verdict.unknown cycle.delaying", { initialDelay: 5_000 }]);
    expect(step.does).not.toContain("runCheck");
  });

  it("a probe runs its first check after the initial delay, with a timeout", () => {
    const step = probe(rule(), ...begun);
    expect([step.state, step.timers]).toEqual(["verdict.unknown cycle.checking", { checkTimeout: 400 }]);
    expect(step.does).toContain("runCheck");
    expect(step.context.check).toBe(1);
  });

  it("a probe rests for the interval from the end of a check, and numbers the next one", () => {
    for (const answer of [passed(1), failed(1)]) {
      expect(probe(rule(), ...begun, answer).timers).toEqual({ interval: 1_000 });
      const step = probe(rule(), ...begun, answer, elapse("interval"));
      expect([step.context.check, step.timers]).toEqual([2, { checkTimeout: 400 }]);
      expect(step.does).toContain("runCheck");
    }
  });

  // Case 131: the port answers with check.failed.
  it("a probe reports a check that overruns its timeout once, and waits for the answer", () => {
    const step = probe(rule(), ...begun, elapse("checkTimeout"));
    expect([step.state, step.does, step.timers]).toEqual(["verdict.unknown cycle.checking", ["expireCheck"], {}]);
  });

  it("a probe stops when its incarnation ends: the check in flight is cancelled, no timer is left", () => {
    const checking = probe(rule(), ...begun, stop);
    expect([checking.state, checking.timers]).toEqual(["verdict.off cycle.idle", {}]);
    expect(checking.does).toContain("cancelCheck");
    for (const events of [[start], [...begun, passed(1)]]) {
      const step = probe(rule(), ...events, stop);
      expect([step.state, step.timers]).toEqual(["verdict.off cycle.idle", {}]);
      expect(step.does).not.toContain("cancelCheck");
    }
  });

  it("stopping a probe that is off changes nothing", () => {
    const step = probe(rule(), stop);
    expect([step.state, step.timers]).toEqual(["verdict.off cycle.idle", {}]);
  });

  it("starting a probe that is on changes nothing", () => {
    const step = probe(rule(), ...begun, passed(1), start);
    expect([step.state, step.does]).toEqual(["verdict.passing cycle.resting", []]);
  });
});

describe("answers x thresholds", () => {
  it.each<[answers: string, failureThreshold: number, successThreshold: number, verdict: string]>([
    ["+", 3, 1, "passing"],
    ["-", 1, 1, "failing"],
    ["-", 3, 1, "unknown"],
    ["--", 3, 1, "unknown"],
    ["---", 3, 1, "failing"],
    ["--+--", 3, 1, "passing"], //     a pass breaks the streak
    ["+--", 3, 1, "passing"], //       below the threshold the last verdict holds
    ["+---", 3, 1, "failing"],
    ["---+", 3, 1, "passing"],
    ["---+-", 3, 1, "passing"],
    // Case 125.
    ["++", 3, 3, "unknown"],
    ["+++", 3, 3, "passing"],
    ["++-++", 3, 3, "unknown"], //     a failure breaks the streak
    ["++-+++", 3, 3, "passing"],
    ["---++", 3, 3, "failing"],
    ["---+++", 3, 3, "passing"],
  ])("the answers %s with %d failures and %d passes needed give the verdict %s", (answers, failureThreshold, successThreshold, verdict) => {
    expect(answered(rule({ failureThreshold, successThreshold }), answers).state).toBe(
      `verdict.${verdict} cycle.resting`,
    );
  });

  it("each verdict is reported once, when it is reached", () => {
    const reports = (answers: string) =>
      answered(rule({ failureThreshold: 2 }), answers).does.filter((action) => action.startsWith("report"));
    expect(["+", "++", "++-", "++--", "++---", "++---+"].map(reports)).toEqual([
      ["reportPassing"],
      [],
      [],
      ["reportFailing"],
      [], // Case 129: one bad streak leads to one restart.
      ["reportPassing"],
    ]);
  });
});

describe("a new incarnation", () => {
  const failing = [...begun, failed(1), elapse("interval"), failed(2)];

  it("a new incarnation begins without the results of the last one", () => {
    const step = probe(rule(), ...failing, stop, ...begun, failed(3));
    expect([step.state, step.context.failures]).toEqual(["verdict.unknown cycle.resting", 1]);
    const passing = probe(rule({ successThreshold: 2 }), ...begun, passed(1), stop, ...begun, passed(2));
    expect([passing.state, passing.context.passes]).toEqual(["verdict.unknown cycle.resting", 1]);
  });

  it("a new incarnation does not take the late answer of the last one for its own", () => {
    const before = probe(rule(), ...begun, stop, ...begun);
    for (const late of [passed(1), failed(1)]) {
      const after = probe(rule({ failureThreshold: 1 }), ...begun, stop, ...begun, late);
      expect([after.state, after.does, after.context.check]).toEqual([before.state, [], 2]);
    }
  });
});

describe("a late answer changes nothing", () => {
  it.each<[title: string, events: Parameters<typeof probe>[1][]]>([
    ["when it is off", []],
    ["in its initial delay", [start]],
    ["of a check that was answered", [...begun, passed(1)]],
    ["of the check before", [...begun, passed(1), elapse("interval")]],
    ["when its incarnation has ended", [...begun, stop]],
  ])("%s", (_title, events) => {
    const given = rule({ failureThreshold: 1, successThreshold: 1 });
    const before = probe(given, ...events);
    for (const late of [passed(1), failed(1)]) {
      const after = probe(given, ...events, late);
      expect([after.state, after.does, after.context]).toEqual([before.state, [], before.context]);
    }
  });
});

describe("the chart as a whole", () => {
  type State = "off idle" | "unknown delaying" | "unknown checking" | "passing resting" | "failing resting";
  const once = rule({ failureThreshold: 1 });
  const wayTo: Record<State, Parameters<typeof probe>[1][]> = {
    "off idle": [],
    "unknown delaying": [start],
    "unknown checking": begun,
    "passing resting": [...begun, passed(1)],
    "failing resting": [...begun, failed(1)],
  };
  const alphabet: Record<ProbeEvent["type"], ProbeEvent> = {
    "probe.start": start,
    "probe.stop": stop,
    "check.passed": passed(1),
    "check.failed": failed(1),
  };
  /** Each state ignores every other event: it was not asked for, or changes nothing. */
  const handled: Record<State, ProbeEvent["type"][]> = {
    "off idle": ["probe.start"],
    "unknown delaying": ["probe.stop"],
    "unknown checking": ["probe.stop", "check.passed", "check.failed"],
    "passing resting": ["probe.stop"],
    "failing resting": ["probe.stop"],
  };

  it.each(Object.keys(wayTo) as State[])("%s handles its events and ignores the others", (state) => {
    const step = probe(once, ...wayTo[state]);
    const [verdict, cycle] = state.split(" ");
    expect(step.state).toBe(`verdict.${verdict} cycle.${cycle}`);
    const changing = Object.values(alphabet).filter((event) => next(probeMachine, step, event).state !== step.state);
    expect(changing.map(({ type }) => type).sort()).toEqual([...handled[state]].sort());
  });

  it("every state is reachable", () => {
    const paths = getShortestPaths(probeMachine, {
      input: { rule: rule({ failureThreshold: 2, successThreshold: 2 }), port },
      events: ({ context: { check } }) => [
        ...[start, stop, passed(check), failed(check)],
        { type: "xstate.after.initialDelay.probe.cycle.delaying" } as never,
        { type: "xstate.after.interval.probe.cycle.resting" } as never,
      ],
      serializeState: ({ value, context: { passes, failures } }) =>
        JSON.stringify([value, Math.min(passes, 2), Math.min(failures, 2)]),
      limit: 5_000,
    });
    const reached = new Set(paths.flatMap(({ state }) => toState(state.value).split(" ")));
    expect([...reached].sort()).toEqual(leaves(probeMachine).sort());
  });
});
