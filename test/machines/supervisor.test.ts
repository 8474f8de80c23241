// supervisorMachine: its lifecycle and its health.

import { describe, expect, it } from "vitest";
import type { AutoShutdown } from "../../machines/policies/shutdown.ts";
import { elapse } from "./steps.ts";
import {
  boom,
  childrenStopped,
  failed,
  finished,
  from,
  groupStopped,
  healthOf,
  lifecycleOf,
  plain,
  rated,
  regionsOf,
  restarting,
  type StateName,
  start,
  stop,
  stopWithin,
  supervisor,
  wayTo,
} from "./supervisor-rules.ts";

const supervising = ["starting", "running", "regrouping.stopping", "regrouping.delaying"] as const;
const down = ["stopped", "failed"] as const;

it.each(Object.keys(wayTo) as StateName[])("there is a way into %s", (state) => {
  expect(lifecycleOf(from(state))).toBe(state);
});

describe("a start", () => {
  it.each(down)("a start from %s starts the children, with fresh counts", (state) => {
    const step = from(state, start);
    expect(lifecycleOf(step)).toBe("starting");
    expect(step.does).toContain("startChildren");
    expect(step.context).toMatchObject({ outcome: null, restartTimes: [], wasUp: false });
  });

  it.each(["healthy", "degraded"] as const)("a start is over as soon as every critical child is up: %s", (health) => {
    const step = from("starting", rated(health));
    expect(regionsOf(step)).toEqual(["running", health]);
    expect(step.context.wasUp).toBe(true);
  });

  it("a start goes on while a critical child is not up", () => {
    const step = from("starting", rated("unhealthy"));
    expect([regionsOf(step), step.does]).toEqual([["starting", "unhealthy"], []]);
  });

  it.each([...supervising, "stopping"] as const)("a start in %s changes nothing", (state) => {
    const step = from(state, start);
    expect([lifecycleOf(step), step.does]).toEqual([state, []]);
  });
});

describe("the failure of a child for good", () => {
  it.each(supervising)("a fatal failure in %s stops the other children, and escalates", (state) => {
    const step = from(state, failed(true));
    expect(lifecycleOf(step)).toBe("stopping");
    expect(step.does.filter((action) => !/^(set|clear)/.test(action)).sort()).toEqual(["escalate", "stopChildren"]);
    expect(step.context.outcome).toEqual({ kind: "failed", error: boom, because: "child" });
  });

  it.each(supervising)("a failure in %s that is not fatal changes nothing", (state) => {
    const step = from(state, failed(false));
    expect([lifecycleOf(step), step.does]).toEqual([state, []]);
  });

  it("a fatal failure leads to failed once all children are down", () => {
    expect(lifecycleOf(from("running", failed(true), childrenStopped()))).toBe("failed");
  });
});

// Case 146.
describe("autoShutdown x the end of a significant child", () => {
  it.each<[autoShutdown: AutoShutdown, left: number, error: Error | null, end: string]>([
    ["never", 0, null, "running"],
    ["never", 0, boom, "running"],
    ["any-significant", 1, null, "stopped"],
    ["any-significant", 1, boom, "failed"],
    ["any-significant", 0, null, "stopped"],
    ["all-significant", 1, null, "running"],
    ["all-significant", 1, boom, "running"],
    ["all-significant", 0, null, "stopped"],
    ["all-significant", 0, boom, "failed"],
  ])("%s with %d significant children left and the error %s: %s", (autoShutdown, left, error, end) => {
    const rule = { ...plain, autoShutdown };
    for (const state of supervising) {
      const step = supervisor(rule, ...wayTo[state], finished(left, error), childrenStopped());
      expect(lifecycleOf(step)).toBe(end === "running" ? state : end);
      if (end === "running") continue;
      const outcome = { kind: "failed", error, because: "significant" };
      expect(step.context.outcome).toEqual(error === null ? { kind: "completed" } : outcome);
    }
  });

  it("a significant child that failed escalates, one that completed does not", () => {
    const rule = { ...plain, autoShutdown: "any-significant" } as const;
    expect(supervisor(rule, ...wayTo.running, finished(0, boom)).does).toContain("escalate");
    expect(supervisor(rule, ...wayTo.running, finished(0)).does).not.toContain("escalate");
  });
});

describe("a stop", () => {
  it.each(supervising)("a stop from %s stops the children, with no deadline of its own", (state) => {
    const step = from(state, stop);
    expect(lifecycleOf(step)).toBe("stopping");
    expect(step.does).toContain("stopChildren");
    expect(step.timers).toEqual({});
    expect(step.context.outcome).toEqual({ kind: "stopped" });
  });

  it.each(down)("a stop in %s changes nothing", (state) => {
    const step = from(state, stop);
    expect([lifecycleOf(step), step.does]).toEqual([state, []]);
  });

  it("a stop is over when all children are down", () => {
    const step = from("stopping", childrenStopped());
    expect([lifecycleOf(step), step.context.outcome, step.timers]).toEqual(["stopped", { kind: "stopped" }, {}]);
  });

  it("a stop that went wrong ends failed, with what went wrong", () => {
    const step = from("stopping", childrenStopped(boom));
    expect([lifecycleOf(step), step.context.outcome]).toEqual([
      "failed",
      { kind: "failed", error: boom, because: "stop" },
    ]);
  });

  it("a stop that went wrong does not replace the cause that it stops for", () => {
    const step = from("running", failed(true, new Error("first")), childrenStopped(boom));
    expect(step.context.outcome).toMatchObject({ kind: "failed", error: { message: "first" }, because: "child" });
  });

  it("a stop hurries the children at its deadline, and waits for their answer", () => {
    const step = from("running", stopWithin(500), elapse("stopTimeout"));
    expect([lifecycleOf(step), step.does]).toEqual(["stopping", ["hurryChildren"]]);
  });

  it.each<[title: string, second: ReturnType<typeof stopWithin>, timer: number]>([
    ["without a deadline", stop, 500],
    ["with a later deadline", stopWithin(500, 100), 500],
    ["with the same deadline", stopWithin(400, 100), 500],
    ["with a sooner deadline", stopWithin(399, 100), 399],
    ["that wants it now", stopWithin(0, 100), 0],
  ])("a second stop %s can shorten the deadline, not lengthen it", (_title, second, timer) => {
    const step = from("running", stopWithin(500, 0), second);
    expect([lifecycleOf(step), step.timers]).toEqual(["stopping", { stopTimeout: timer }]);
  });

  it("a second stop sets a deadline where there was none", () => {
    expect(from("stopping", stopWithin(500, 100)).timers).toEqual({ stopTimeout: 500 });
    expect(from("running", failed(true), stopWithin(500, 100)).timers).toEqual({ stopTimeout: 500 });
  });

  it("a stop request after a failure does not make it less of a failure: the first cause wins", () => {
    expect(lifecycleOf(from("running", failed(true), stopWithin(10), childrenStopped()))).toBe("failed");
  });

  it.each([
    failed(true),
    finished(0),
    restarting("alone"),
    restarting("group"),
    restarting("joins"),
    rated("healthy"),
    groupStopped,
  ])("no event of a child changes a supervisor that stops: $type $scope", (event) => {
    for (const autoShutdown of ["never", "any-significant"] as const) {
      const before = supervisor({ ...plain, autoShutdown }, ...wayTo.stopping);
      const after = supervisor({ ...plain, autoShutdown }, ...wayTo.stopping, event);
      expect([lifecycleOf(after), after.does, after.context]).toEqual(["stopping", [], before.context]);
    }
  });
});

describe("late events while it is down", () => {
  const late = [failed(true), finished(0), restarting("group"), rated("healthy"), groupStopped, childrenStopped(boom)];

  it.each(down)("late events change nothing in %s", (state) => {
    const before = from(state);
    for (const event of late) {
      const after = from(state, event);
      expect([regionsOf(after), after.does, after.context]).toEqual([[state, "unhealthy"], [], before.context]);
    }
  });
});

describe("health x rating", () => {
  const ratings = ["healthy", "degraded", "unhealthy"] as const;
  const rows = ratings.flatMap((before) => ratings.map((after) => [before, after] as const));

  it.each(rows)("a health of %s follows the rating %s", (before, after) => {
    expect(healthOf(from("running", rated(before)))).toBe(before);
    const step = from("running", rated(before), rated(after));
    expect([regionsOf(step), step.does]).toEqual([["running", after], []]);
  });

  it("an unhealthy supervisor keeps running", () => {
    expect(regionsOf(from("running", rated("unhealthy")))).toEqual(["running", "unhealthy"]);
  });

  it.each(["healthy", "degraded"] as const)("a supervisor is %s until it does not supervise any more", (health) => {
    for (const event of [stop, failed(true)]) {
      expect(healthOf(from("running", rated(health), event))).toBe("unhealthy");
      expect(healthOf(from("running", rated(health), event, rated(health)))).toBe("unhealthy");
    }
  });

  it("the health is that of the children also while a group restarts", () => {
    for (const state of ["regrouping.stopping", "regrouping.delaying"] as const) {
      expect(healthOf(from(state, rated("degraded")))).toBe("degraded");
      expect(healthOf(from(state, rated("unhealthy")))).toBe("unhealthy");
    }
  });

  it("the health starts as unhealthy, again at each start", () => {
    expect(healthOf(from("stopped"))).toBe("unhealthy");
    expect(healthOf(from("stopping", childrenStopped(), start))).toBe("unhealthy");
  });
});
