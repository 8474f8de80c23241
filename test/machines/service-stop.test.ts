// serviceMachine while it stops: what comes next, and requests that overtake each other.

import { describe, expect, it } from "vitest";
import type { Exit } from "../../machines/events.ts";
import {
  ended,
  exits,
  failing,
  from,
  opened,
  ready,
  restart,
  rule,
  type StateName,
  service,
  start,
  stop,
} from "./service-rules.ts";
import { elapse } from "./steps.ts";

const alive = ["starting.launching", "running.healthy", "running.unhealthy"] as const;
const requests = { stop: stop(), restart: restart(), fail: failing() } as const;
const gated = rule({ gated: true });

describe("a request to one that is alive", () => {
  it.each(alive)("a stop in %s asks the unit, and gives it the stop timeout", (state) => {
    const step = from(state, stop());
    expect([step.state, step.timers, step.context.intent]).toEqual(["stopping", { stopTimeout: 10_000 }, "idle"]);
    expect(step.does.filter((action) => action === "askToStop")).toHaveLength(1);
  });

  it.each(alive)("a restart in %s asks the unit likewise, and remembers to come back", (state) => {
    const step = from(state, restart());
    expect([step.state, step.timers, step.context.intent]).toEqual(["stopping", { stopTimeout: 10_000 }, "restart"]);
    expect(step.does).toContain("askToStop");
  });

  it.each<[asked: number | undefined, timer: number]>([
    [undefined, 10_000],
    [0, 0],
    [500, 500],
    [10_000, 10_000],
    [60_000, 10_000], // a request can shorten the deadline, not lengthen it
  ])("a stop within %s ms has a timer of %d ms", (asked, timer) => {
    expect(from("running.healthy", stop(asked)).timers).toEqual({ stopTimeout: timer });
  });

  it("a stop timeout of 0 gives a timer of 0: one turn", () => {
    const step = service(rule({ stopTimeoutMs: 0 }), start(), ready(), stop());
    expect([step.state, step.timers]).toEqual(["stopping", { stopTimeout: 0 }]);
  });
});

describe("intent x exit", () => {
  it.each<[intent: keyof typeof requests, exit: Exit["kind"], state: string]>([
    ["stop", "stopped", "stopped.idle"],
    ["stop", "completed", "stopped.idle"],
    ["stop", "failed", "failed.forGood"], //                     an error that it did not have before
    ["stop", "unstopped", "failed.forGood"], //                  never "stopped"
    ["restart", "stopped", "starting.launching"],
    ["restart", "completed", "starting.launching"],
    ["restart", "failed", "starting.launching"],
    ["restart", "unstopped", "starting.launching"], //   the restart goes on
    ["fail", "failed", "backoff.counting"],
    ["fail", "unstopped", "backoff.counting"], //        the restart goes on
  ])("the intent %s and the exit %s lead to %s", (intent, kind, state) => {
    const step = from("running.healthy", requests[intent], ended(kind));
    expect(step.state).toBe(state);
    expect(step.context).toMatchObject({ exit: exits[kind], readyAt: null });
    expect(step.timers).not.toHaveProperty("stopTimeout");
    if (state !== "starting.launching") expect(step.context).toMatchObject({ intent: null, failing: false });
  });

  it("a restart of a service with dependencies leads to the gate", () => {
    const step = service(gated, start(), opened, ready(), restart(), ended("stopped"));
    expect([step.state, step.context.incarnation]).toEqual(["starting.waiting", 1]);
  });

  it("a requested end counts no failure and asks no policy", () => {
    for (const policy of ["always", "on-failure", "never"] as const) {
      const given = rule({ restart: { policy } });
      for (const kind of ["stopped", "completed", "failed", "unstopped"] as const) {
        const { state, context } = service(given, start(), ready(), stop(), ended(kind, { wish: "restart" }));
        expect(state).toBe(kind === "failed" || kind === "unstopped" ? "failed.forGood" : "stopped.idle");
        expect(context).toMatchObject({ failures: 0, restarts: 0, verdict: null });
      }
    }
  });

  it("the end of a failing incarnation is decided by the policy, also after its deadline", () => {
    const never = rule({ restart: { policy: "never" } });
    for (const kind of ["failed", "unstopped"] as const) {
      const step = service(never, start(), ready(), failing(), ended(kind));
      expect([step.state, step.context.verdict]).toEqual(["failed.forGood", "fail"]);
    }
  });

  it("the end of a failing incarnation counts as a failure, within maxRetries", () => {
    const given = rule({ restart: { maxRetries: 0 } });
    const step = service(given, start(), ready(), failing(), ended("failed"));
    expect([step.state, step.context.verdict, step.context.failures]).toEqual(["failed.forGood", "give-up", 1]);
  });

  it("a failing incarnation restarts with its group", () => {
    expect(from("running.healthy", failing(), ended("failed", { grouped: true })).state).toBe("backoff.held");
  });
});

describe("the stop deadline", () => {
  it.each([
    "stop",
    "restart",
    "fail",
  ] as const)("the stop deadline of a %s abandons the unit, and waits for its answer", (intent) => {
    const step = from("running.healthy", requests[intent], elapse("stopTimeout"));
    expect([step.state, step.does]).toEqual(["stopping", ["abandon"]]);
  });

  it("the stop deadline of a restart and of a failure is the service's own", () => {
    for (const request of [restart(), failing()]) {
      expect(from("running.healthy", request).timers).toEqual({ stopTimeout: 10_000 });
    }
  });
});

describe("two requests in a row: the later wish holds, and the unit is asked once", () => {
  it.each<[first: keyof typeof requests, second: "stop" | "restart", state: string]>([
    ["stop", "stop", "stopped.idle"],
    ["stop", "restart", "starting.launching"],
    ["restart", "restart", "starting.launching"],
    ["restart", "stop", "stopped.idle"], //          a stop request always wins
    ["fail", "restart", "starting.launching"],
    ["fail", "stop", "stopped.idle"], //             over a restart, too
  ])("a %s, then a %s, leads to %s", (first, second, state) => {
    const asked = from("running.healthy", requests[first], requests[second]);
    expect([asked.state, asked.does]).toEqual(["stopping", []]);
    const exit = first === "fail" ? "failed" : "stopped";
    expect(from("running.healthy", requests[first], requests[second], ended(exit)).state).toBe(state);
  });

  it("a stop and then a start by hand brings the service back", () => {
    expect(from("running.healthy", stop(), start("hand"), ended("stopped")).state).toBe("starting.launching");
  });

  it("a stop, a start by hand and a stop again leaves the service stopped", () => {
    expect(from("running.healthy", stop(), start("hand"), stop(), ended("stopped")).state).toBe("stopped.idle");
  });

  it.each([
    restart("dependency"),
    restart("group"),
    start("group"),
    start("supervisor"),
  ])("a stop, then $type by $by: only the user takes a stop back", (request) => {
    expect(from("running.healthy", stop(), request, ended("stopped")).state).toBe("stopped.idle");
  });

  it("a stop after a failure reports no failed stop: the error was there before", () => {
    const { state, context } = from("running.healthy", failing(), stop(), ended("failed"));
    expect([state, context.exit?.kind, context.verdict]).toEqual(["stopped.idle", "failed", null]);
  });

  it("a stop after a failure that overruns its deadline has failed to stop", () => {
    expect(from("running.healthy", failing(), stop(), ended("unstopped")).state).toBe("failed.forGood");
  });

  it("a last call abandons the unit at once, whatever was asked before", () => {
    for (const request of Object.values(requests)) {
      const step = from("running.healthy", request, stop(0));
      expect([step.state, step.does]).toEqual(["stopping", ["abandon"]]);
      expect(from("running.healthy", request, stop(0), ended("unstopped")).state).toBe("failed.forGood");
    }
  });

  it("a second failure while it is ending changes nothing", () => {
    for (const request of Object.values(requests)) {
      const once = from("running.healthy", request);
      const twice = from("running.healthy", request, failing());
      expect([twice.state, twice.does, twice.context]).toEqual([once.state, [], once.context]);
    }
  });
});

describe("the count of failures across a restart", () => {
  const failedOnce = [start(), ended("failed"), elapse("backoff"), ready(2)] as const;

  it("a restart by hand clears the count of failures, and is not an automatic restart", () => {
    const { context } = service(rule(), ...failedOnce, restart("hand"), ended("stopped", { incarnation: 2 }));
    expect(context).toMatchObject({ incarnation: 3, failures: 0, restarts: 1 });
  });

  it("a restart by a dependency's onFailure keeps the count of failures, and is an automatic restart", () => {
    const { context } = service(rule(), ...failedOnce, restart("dependency"), ended("stopped", { incarnation: 2 }));
    expect(context).toMatchObject({ incarnation: 3, failures: 1, restarts: 2 });
  });

  it("a restart by hand of a failing incarnation clears the count of failures", () => {
    const restarted = [failing(2), restart("hand"), ended("failed", { incarnation: 2 })];
    expect(service(rule(), ...failedOnce, ...restarted).context).toMatchObject({ incarnation: 3, failures: 0 });
  });
});

describe("a stale incarnation", () => {
  const second: Record<"starting.launching" | "running.healthy" | "stopping", Parameters<typeof service>> = {
    "starting.launching": [rule(), start(), ended("failed"), elapse("backoff")],
    "running.healthy": [rule(), start(), ended("failed"), elapse("backoff"), ready(2)],
    stopping: [rule(), start(), ended("failed"), elapse("backoff"), ready(2), stop()],
  };
  const late = [ready(1, 5), failing(1), ended("failed"), ended("completed"), ended("stopped"), ended("unstopped")];

  it.each(Object.keys(second) as (keyof typeof second)[])("a stale incarnation changes nothing in %s", (state) => {
    const before = service(...second[state]);
    expect(before.state).toBe(state);
    for (const event of late) {
      const after = service(...second[state], event);
      expect([after.state, after.does, after.context]).toEqual([state, [], before.context]);
    }
  });

  it.each<StateName>([
    "stopped.idle",
    "failed.forGood",
    "backoff.counting",
    "backoff.held",
    "starting.waiting",
  ])("the last incarnation changes nothing in %s, where none is alive", (state) => {
    const before = from(state);
    for (const event of late) {
      const after = from(state, event);
      expect([after.state, after.does, after.context]).toEqual([state, [], before.context]);
    }
  });
});
