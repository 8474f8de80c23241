// serviceMachine from stopped to running, and the ends that were not requested.

import { describe, expect, it } from "vitest";
import type { UnitEnded } from "../../machines/events.ts";
import { type RestartPolicy, restartPolicies } from "../../machines/policies/restart.ts";
import {
  boom,
  ended,
  exits,
  failing,
  from,
  hopeless,
  hopelessError,
  opened,
  passed,
  ready,
  restart,
  rule,
  type StateName,
  service,
  start,
  stop,
  unready,
  wayTo,
} from "./service-rules.ts";
import { elapse } from "./steps.ts";

const delayed = rule({ startDelayMs: 500 });
const gated = rule({ gated: true });
const gatedAndDelayed = rule({ gated: true, startDelayMs: 500 });

it.each(Object.keys(wayTo) as StateName[])("there is a way into %s", (state) => {
  expect(from(state).state).toBe(state);
});

describe("a start", () => {
  it("a start launches incarnation 1 at once, and gives it the start timeout", () => {
    const step = service(rule(), start());
    expect(step.state).toBe("starting.launching");
    expect(step.does).toEqual(["launch", "set startTimeout 30000"]);
    expect(step.context).toMatchObject({ incarnation: 1, restarts: 0, failures: 0, readyAt: null });
  });

  it("a start of a service with dependencies asks the gate first, without a timer", () => {
    const step = service(gated, start());
    expect([step.state, step.does, step.timers]).toEqual(["starting.waiting", ["consultGate"], {}]);
    expect(step.context.incarnation).toBe(0);
  });

  it("a start of a service with a start delay waits that first, without the start timeout", () => {
    const step = service(delayed, start());
    expect([step.state, step.timers]).toEqual(["starting.delaying", { startDelay: 500 }]);
  });

  it("a start goes on when the start delay is over", () => {
    const step = service(delayed, start(), elapse("startDelay"));
    expect([step.state, step.timers]).toEqual(["starting.launching", { startTimeout: 30_000 }]);
  });

  it("a start with dependencies and a start delay asks the gate, delays, and asks the gate again", () => {
    const events = [start(), opened, elapse("startDelay"), opened];
    const states = events.map((_, n) => service(gatedAndDelayed, ...events.slice(0, n + 1)).state);
    expect(states).toEqual(["starting.waiting", "starting.delaying", "starting.waiting", "starting.launching"]);
    expect(service(gatedAndDelayed, ...events.slice(0, 3)).does).toContain("consultGate");
  });

  it("a start that is hopeless fails by its dependency, and launches nothing", () => {
    const step = from("starting.waiting", hopeless);
    expect(step.state).toBe("failed.forGood");
    expect(step.context).toMatchObject({
      exit: { kind: "failed", error: hopelessError, cause: "dependency" },
      verdict: "fail",
      incarnation: 0,
    });
  });

  it.each([
    "starting.waiting",
    "starting.delaying",
  ] as const)("a start that is stopped in %s is stopped at once", (state) => {
    const step = from(state, stop());
    expect([step.state, step.timers, step.context.incarnation]).toEqual(["stopped.idle", {}, 0]);
  });

  it("a start while the service starts changes nothing", () => {
    for (const state of ["starting.waiting", "starting.delaying", "starting.launching"] as const) {
      const step = from(state, start("hand"));
      expect([step.state, step.does]).toEqual([state, []]);
    }
  });
});

describe("the start delay is waited before the first start only", () => {
  const waited = [start(), elapse("startDelay"), ready()] as const;

  it("the start delay is not waited before an automatic restart", () => {
    expect(service(delayed, ...waited, ended("failed"), elapse("backoff")).state).toBe("starting.launching");
  });

  it("the start delay is not waited before a start by hand", () => {
    const stopped = [...waited, stop(), ended("stopped")];
    expect(service(delayed, ...stopped, start("hand")).state).toBe("starting.launching");
  });

  it("the start delay is not waited before a start with the group", () => {
    const held = [...waited, ended("failed", { grouped: true })];
    expect(service(delayed, ...held, start("group")).state).toBe("starting.launching");
  });

  it("the start delay is waited again when the supervisor starts anew", () => {
    const stopped = [...waited, stop(), ended("stopped")];
    expect(service(delayed, ...stopped, start("supervisor")).state).toBe("starting.delaying");
    const gate = [start(), opened, elapse("startDelay"), opened, ready(), stop(), ended("stopped"), start(), opened];
    expect(service(gatedAndDelayed, ...gate).state).toBe("starting.delaying");
  });

  it("the start delay is waited again after a stop and a start by hand during it", () => {
    expect(service(delayed, start(), stop(), start("hand")).state).toBe("starting.delaying");
  });
});

describe("launching", () => {
  it("launching ends with ready: running and healthy, the start timeout cleared", () => {
    const step = service(rule(), start(), ready(1, 70));
    expect([step.state, step.timers]).toEqual(["running.healthy", {}]);
    expect(step.context.readyAt).toBe(70);
  });

  it("launching ends with ready: running and unhealthy where there is a readiness without a result", () => {
    expect(service(rule({ readiness: true }), start(), ready()).state).toBe("running.unhealthy");
  });

  it("launching that takes too long is reported, and goes on until the unit answers", () => {
    const step = from("starting.launching", elapse("startTimeout"));
    expect([step.state, step.does]).toEqual(["starting.launching", ["expireStart"]]);
  });

  it.each(["starting.launching", "running.healthy"] as const)("a failing unit in %s is asked to stop", (state) => {
    const step = from(state, failing());
    expect(step.state).toBe("stopping");
    expect(step.does).toContain("askToStop");
    expect(step.timers).toEqual({ stopTimeout: 10_000 });
    expect(step.context).toMatchObject({ intent: "fail", failing: true });
  });
});

describe("running", () => {
  it("a running service follows its readiness, with no timer", () => {
    const healthy = from("running.unhealthy", passed);
    expect([healthy.state, healthy.does]).toEqual(["running.healthy", []]);
    expect(from("running.unhealthy", passed, unready).state).toBe("running.unhealthy");
  });

  it("a running service keeps its state when the readiness repeats itself", () => {
    expect(from("running.unhealthy", unready).state).toBe("running.unhealthy");
    expect(from("running.healthy", passed).state).toBe("running.healthy");
  });
});

describe("policy x end", () => {
  it.each<[policy: RestartPolicy, end: "completed" | "failed", state: string]>([
    ["always", "completed", "backoff.counting"],
    ["always", "failed", "backoff.counting"],
    ["on-failure", "completed", "stopped.completed"],
    ["on-failure", "failed", "backoff.counting"],
    ["never", "completed", "stopped.completed"],
    ["never", "failed", "failed.forGood"],
  ])("under %s an end as %s while launching or running leads to %s", (policy, end, state) => {
    const given = rule({ restart: { policy } });
    for (const events of [[start()], [start(), ready()]]) {
      const step = service(given, ...events, ended(end));
      expect(step.state).toBe(state);
      expect(step.context).toMatchObject({ exit: exits[end], readyAt: null });
      expect(step.timers).toEqual(state === "backoff.counting" ? { backoff: 1_000 } : {});
    }
  });

  it.each<[wish: NonNullable<UnitEnded["wish"]>, failed: string, completed: string]>([
    ["restart", "backoff.counting", "backoff.counting"],
    ["stop", "stopped.dismissed", "stopped.completed"],
    ["fail", "failed.forGood", "failed.forGood"],
    ["escalate", "failed.forGood", "failed.forGood"],
  ])("a wish of %s leads from a failure to %s, whatever the policy", (wish, failed, completed) => {
    for (const policy of restartPolicies) {
      const given = rule({ restart: { policy } });
      expect(service(given, start(), ready(), ended("failed", { wish })).state).toBe(failed);
      expect(service(given, start(), ready(), ended("completed", { wish })).state).toBe(completed);
    }
  });

  it("the failure after the last retry is final", () => {
    const given = rule({ restart: { maxRetries: 1 } });
    const once = [start(), ended("failed"), elapse("backoff")] as const;
    expect(service(given, start(), ended("failed")).state).toBe("backoff.counting");
    const step = service(given, ...once, ended("failed", { incarnation: 2 }));
    expect([step.state, step.context.verdict, step.context.failures]).toEqual(["failed.forGood", "give-up", 2]);
  });
});

describe("a restart with the group", () => {
  it("a failure is held until the group starts, without a timer", () => {
    const step = from("backoff.held");
    expect([step.timers, step.context.delayMs, step.context.failures]).toEqual([{}, 1_000, 1]);
  });

  it("a failure that gives up is not held", () => {
    const given = rule({ restart: { maxRetries: 0 } });
    expect(service(given, start(), ended("failed", { grouped: true })).state).toBe("failed.forGood");
  });

  it("a completed end under always restarts alone", () => {
    const given = rule({ restart: { policy: "always" } });
    expect(service(given, start(), ended("completed", { grouped: true })).state).toBe("backoff.counting");
  });

  it("a restart with the group goes on with the count of failures, and counts as an automatic restart", () => {
    const { state, context } = from("backoff.held", start("group"));
    expect(state).toBe("starting.launching");
    expect(context).toMatchObject({ incarnation: 2, failures: 1, restarts: 1 });
  });
});

describe("backoff", () => {
  const failures = [1, 2, 3, 4].flatMap((incarnation) => [
    ended("failed", { incarnation, at: incarnation * 10 }),
    elapse("backoff"),
  ]);

  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 8_000],
  ])("failure %d in a row waits %d ms, from its end on", (count, delayMs) => {
    const step = service(rule(), start(), ...failures.slice(0, 2 * count - 1));
    expect(step.timers).toEqual({ backoff: delayMs });
    expect(step.context).toMatchObject({ failures: count, delayMs, nextAttemptAt: count * 10 + delayMs });
  });

  it("the backoff is over with the delay: the next incarnation is launched", () => {
    const step = from("backoff.counting", elapse("backoff"));
    expect([step.state, step.timers]).toEqual(["starting.launching", { startTimeout: 30_000 }]);
    expect(step.context).toMatchObject({ incarnation: 2, restarts: 1, failures: 1 });
  });

  it("the backoff of a service with dependencies leads back to the gate", () => {
    const step = service(gated, start(), opened, ended("failed"), elapse("backoff"));
    expect([step.state, step.context.incarnation]).toEqual(["starting.waiting", 1]);
  });

  it("the backoff after a completed end waits the initial delay, and counts no failure", () => {
    const given = rule({ restart: { policy: "always", initialBackoffMs: 300 } });
    const step = service(given, start(), ended("failed"), elapse("backoff"), ended("completed", { incarnation: 2 }));
    expect(step.timers).toEqual({ backoff: 300 });
    expect(step.context.failures).toBe(1);
  });

  it.each(["backoff.counting", "backoff.held"] as const)("a stop ends %s, and a late end changes nothing", (state) => {
    const step = from(state, stop());
    expect([step.state, step.timers]).toEqual(["stopped.idle", {}]);
    expect(from(state, ended("failed")).state).toBe(state);
  });

  it.each([start("hand"), restart("hand")])("$type by hand ends the backoff now, with a fresh budget", (request) => {
    for (const state of ["backoff.counting", "backoff.held"] as const) {
      const step = from(state, request);
      expect([step.state, step.timers]).toEqual(["starting.launching", { startTimeout: 30_000 }]);
      expect(step.context).toMatchObject({ incarnation: 2, failures: 0, restarts: 0 });
    }
  });
});

describe("the count of failures", () => {
  const readyFor = (ms: number) =>
    [start(), ended("failed"), elapse("backoff"), ready(2, 100)].concat(
      ended("failed", { incarnation: 2, at: 100 + ms }),
    );

  it("the count of failures goes on when an incarnation was ready for less than resetAfterMs", () => {
    expect(service(rule(), ...readyFor(59_999)).context.failures).toBe(2);
  });

  it("the count of failures starts anew when an incarnation was ready for resetAfterMs", () => {
    const { context } = service(rule(), ...readyFor(60_000));
    expect([context.failures, context.delayMs]).toEqual([1, 1_000]);
  });

  it("the count of failures does not take an earlier incarnation's ready for that of a failed start", () => {
    const events = [...readyFor(10), elapse("backoff"), ended("failed", { incarnation: 3, at: 999_999 })];
    expect(service(rule(), ...events).context.failures).toBe(3);
  });

  it.each([
    start("supervisor"),
    start("hand"),
    restart("hand"),
  ])("$type by $by clears the count of failures", (request) => {
    const given = rule({ restart: { maxRetries: 0 } });
    const { context } = service(given, start(), ended("failed"), request);
    expect(context).toMatchObject({ incarnation: 2, failures: 0, restarts: 0 });
  });

  it.each([
    start("hand"),
    restart("hand"),
  ])("$type by hand clears the count of failures while the service waits for its gate", (request) => {
    const { state, context } = service(gated, start(), opened, ended("failed"), elapse("backoff"), request);
    expect([state, context.failures]).toEqual(["starting.waiting", 0]);
  });

  it("a failed end keeps its error", () => {
    expect(from("failed.forGood").context.exit).toEqual({ kind: "failed", error: boom, cause: "error" });
  });
});
