// supervisorMachine when children restart: intensity and groups.

import { describe, expect, it } from "vitest";
import { elapse } from "./steps.ts";
import {
  boom,
  childrenStopped,
  from,
  groupStopped,
  healthOf,
  lifecycleOf,
  plain,
  rated,
  restarting,
  start,
  stop,
  supervisor,
  wayTo,
} from "./supervisor-rules.ts";

const twice = { ...plain, intensity: { maxRestarts: 2, withinMs: 1_000 } };
const supervising = ["starting", "running", "regrouping.stopping", "regrouping.delaying"] as const;

describe("intensity: maxRestarts within the window, and one more fails it", () => {
  // Case 66.
  it("two restarts of two are counted, the third stops all children and escalates", () => {
    const second = supervisor(twice, ...wayTo.running, restarting("alone", 10), restarting("alone", 20));
    expect([lifecycleOf(second), second.does, second.context.restartTimes]).toEqual(["running", [], [10, 20]]);
    const third = supervisor(twice, ...wayTo.running, ...[10, 20, 30].map((at) => restarting("alone", at)));
    expect(lifecycleOf(third)).toBe("stopping");
    expect(third.does).toEqual(expect.arrayContaining(["escalate", "stopChildren"]));
    expect(third.context.outcome).toEqual({ kind: "failed", error: boom, because: "intensity" });
  });

  it.each<[title: string, times: number[], state: string]>([
    ["the oldest one is inside the window by a millisecond", [0, 500, 999], "stopping"],
    ["the oldest one is exactly as old as the window", [0, 500, 1_000], "running"],
    ["all are far apart", [0, 2_100, 4_200, 6_300], "running"], // case 67
    ["all at the same time", [7, 7, 7], "stopping"],
  ])("%s", (_title, times, state) => {
    const events = times.map((at) => restarting("alone", at));
    expect(lifecycleOf(supervisor(twice, ...wayTo.running, ...events))).toBe(state);
  });

  it("the intensity forgets the restarts that have left the window", () => {
    const { context } = supervisor(twice, ...wayTo.running, ...[0, 900, 1_500].map((at) => restarting("alone", at)));
    expect(context.restartTimes).toEqual([900, 1_500]);
  });

  it("an intensity of none fails the supervisor at the first restart", () => {
    const none = { ...plain, intensity: { maxRestarts: 0, withinMs: 1_000 } };
    expect(lifecycleOf(supervisor(none, ...wayTo.running, restarting("alone")))).toBe("stopping");
  });

  it("without an intensity nothing is counted", () => {
    const events = Array.from({ length: 50 }, () => restarting("alone"));
    const { state, context } = supervisor(plain, ...wayTo.running, ...events);
    expect([lifecycleOf({ state }), context.restartTimes]).toEqual(["running", []]);
  });

  it.each(supervising)("a restart in %s counts for the intensity", (state) => {
    const before = supervisor(twice, ...wayTo[state]).context.restartTimes.length;
    const { context } = supervisor(twice, ...wayTo[state], restarting("alone", 5));
    expect(context.restartTimes).toHaveLength(before + 1);
  });

  // Case 81, for the supervisor's own budget.
  it("the intensity is fresh after a stop and a new start", () => {
    const events = [restarting("alone", 10), restarting("alone", 20), stop, childrenStopped(), start];
    expect(supervisor(twice, ...wayTo.running, ...events).context.restartTimes).toEqual([]);
  });
});

describe("a group restart", () => {
  it("a group restart stops the group, waits the backoff after the last stop, and starts the group", () => {
    const stopping = from("running", restarting("group", 0, 700));
    expect([lifecycleOf(stopping), stopping.does, stopping.timers]).toEqual(["regrouping.stopping", ["stopGroup"], {}]);
    const delaying = from("running", restarting("group", 0, 700), groupStopped);
    expect([lifecycleOf(delaying), delaying.timers]).toEqual(["regrouping.delaying", { groupBackoff: 700 }]);
    expect(delaying.does).toContain("announceGroupStart");
    const over = from("running", restarting("group", 0, 700), groupStopped, elapse("groupBackoff"));
    expect([lifecycleOf(over), over.does.includes("startGroup"), over.timers]).toEqual(["running", true, {}]);
  });

  it("a group restart before the first time up leads back to starting", () => {
    const step = from("starting", restarting("group"), groupStopped, elapse("groupBackoff"));
    expect([lifecycleOf(step), step.context.wasUp]).toEqual(["starting", false]);
  });

  it("a group restart after the first time up leads to running, though the group is not up yet", () => {
    const step = from("regrouping.delaying", rated("unhealthy"), elapse("groupBackoff"));
    expect([lifecycleOf(step), healthOf(step)]).toEqual(["running", "unhealthy"]);
  });

  it("a group restart counts once, whichever children join it", () => {
    const events = [restarting("group", 10), restarting("joins", 11), restarting("joins", 12)];
    const step = supervisor(twice, ...wayTo.running, ...events);
    expect([lifecycleOf(step), step.context.restartTimes]).toEqual(["regrouping.stopping", [10]]);
  });

  it("a group restart that is one too many fails the supervisor instead", () => {
    const events = [restarting("alone", 1), restarting("alone", 2), restarting("group", 3)];
    const step = supervisor(twice, ...wayTo.running, ...events);
    expect([lifecycleOf(step), step.does.includes("stopGroup")]).toEqual(["stopping", false]);
  });

  it("a child that joins a group restart does not count for itself, even with the intensity used up", () => {
    const events = [restarting("alone", 1), restarting("group", 2), restarting("joins", 3)];
    expect(lifecycleOf(supervisor(twice, ...wayTo.running, ...events))).toBe("regrouping.stopping");
  });

  it("another failure while a group waits stops the group again, and waits again", () => {
    for (const scope of ["group", "joins"] as const) {
      const step = from("regrouping.delaying", restarting(scope));
      expect(lifecycleOf(step)).toBe("regrouping.stopping");
      expect(step.does).toContain("stopGroup");
      expect(step.timers).toEqual({});
    }
  });

  it("a group restart waits the longest backoff of those that failed, and forgets it with the start", () => {
    const two = [restarting("group", 0, 4_000), restarting("joins", 0, 1_000)] as const;
    expect(from("running", ...two, groupStopped).timers).toEqual({ groupBackoff: 4_000 });
    const again = [groupStopped, elapse("groupBackoff"), restarting("group", 0, 500), groupStopped] as const;
    expect(from("running", ...two, ...again).timers).toEqual({ groupBackoff: 500 });
  });

  it("a child that restarts alone goes on beside a group restart", () => {
    for (const state of ["regrouping.stopping", "regrouping.delaying"] as const) {
      const { timers } = from(state);
      const step = from(state, restarting("alone"));
      expect([lifecycleOf(step), step.does, step.timers]).toEqual([state, [], timers]);
    }
  });

  it("a stop clears the backoff of a group", () => {
    expect(from("regrouping.delaying", stop).timers).toEqual({});
  });

  it("the event that the group has stopped counts only where the chart waits for it", () => {
    for (const state of ["starting", "running", "regrouping.delaying"] as const) {
      const step = from(state, groupStopped);
      expect([lifecycleOf(step), step.does]).toEqual([state, []]);
    }
  });
});
