// serviceMachine: a service with a schedule between its runs, during one, and after one that failed.

import { describe, expect, it } from "vitest";
import type { By } from "../../machines/events.ts";
import {
  due,
  ended,
  from,
  hopeless,
  nightly,
  ready,
  restart,
  rule,
  scheduleError,
  scheduleFailed,
  scheduleOver,
  service,
  start,
  stop,
  stopBy,
} from "./service-rules.ts";

describe("a start", () => {
  it.each<[by: By, state: string]>([
    ["supervisor", "stopped.scheduled"],
    ["group", "stopped.scheduled"],
    ["dependency", "stopped.scheduled"],
    ["hand", "starting.launching"],
  ])("by %s: %s", (by, state) => {
    for (const before of ["idle", "byHand", "completed"] as const) {
      const way = { idle: [], byHand: [start(), stopBy("hand")], completed: [start(), scheduleOver] }[before];
      expect(service(nightly, ...way, start(by)).state, before).toBe(state);
    }
  });

  it("by hand between two runs begins one at once", () => {
    expect(from("stopped.scheduled", start("hand")).state).toBe("starting.launching");
    expect(from("failed.scheduled", restart("hand")).state).toBe("starting.launching");
  });
});

describe("a run", () => {
  it("begins when it is due, and waits for its dependencies first", () => {
    expect(from("stopped.scheduled", due).state).toBe("starting.launching");
    expect(service({ ...nightly, gated: true }, start(), due).state).toBe("starting.waiting");
  });

  it.each(["always", "on-failure", "never"] as const)("that completes under %s waits for the next one", (policy) => {
    const given = rule({ scheduled: true, restart: { policy } });
    expect(service(given, start(), due, ready(), ended("completed")).state).toBe("stopped.scheduled");
  });

  it("restarts by its policy, and begins the next one with a fresh budget", () => {
    const given = rule({ scheduled: true, restart: { maxRetries: 1 } });
    const failed = [start(), due, ready(), ended("failed")] as const;
    expect(service(given, ...failed).state).toBe("backoff.counting");
    const over = service(given, ...failed, start("hand"), ready(2), ended("failed", { incarnation: 2 }));
    expect(over.context.failures).toBe(1);
    const again = service({ ...given, restart: { ...given.restart, maxRetries: 0 } }, ...failed, due);
    expect([again.state, again.context.failures]).toEqual(["starting.launching", 0]);
  });

  it("that fails for good, or is hopeless, waits for the next one", () => {
    expect(from("failed.scheduled").state).toBe("failed.scheduled");
    expect(from("failed.scheduled", due).state).toBe("starting.launching");
    expect(service({ ...nightly, gated: true }, start(), due, hopeless).state).toBe("failed.scheduled");
  });

  it("that failed and is restarted with its group is retried", () => {
    const held = [start(), due, ready(), ended("failed", { grouped: true })] as const;
    const retried = rule({ scheduled: true, restart: { maxRetries: 1 } });
    expect(service(retried, ...held).state).toBe("backoff.held");
    expect(service(retried, ...held, start("group")).state).toBe("starting.launching");
  });

  it("that is due while the one before is not over is skipped", () => {
    for (const state of ["starting.launching", "running.healthy", "stopping", "backoff.counting"] as const) {
      expect(from(state, due)).toMatchObject({ state, does: ["skipRun"] });
    }
  });

  it("of one whose `decide` says stop is the last", () => {
    expect(service(nightly, start(), due, ready(), ended("failed", { wish: "stop" })).state).toBe("stopped.dismissed");
  });
});

describe("a schedule ends", () => {
  it("with the last run: completed, or failed for good", () => {
    expect(from("stopped.scheduled", scheduleOver).state).toBe("stopped.completed");
    expect(from("failed.scheduled", scheduleOver).state).toBe("failed.forGood");
  });

  it("when it cannot tell the next run: failed for good, with the reason", () => {
    const step = from("stopped.scheduled", scheduleFailed);
    expect(step.state).toBe("failed.forGood");
    expect(step.context.exit).toEqual({ kind: "failed", error: scheduleError, cause: "error" });
    expect(from("failed.scheduled", scheduleFailed).state).toBe("failed.forGood");
  });

  it.each<[by: By, phase: string]>([
    ["supervisor", "idle"],
    ["hand", "byHand"],
    ["dependency", "byHand"],
    ["group", "grouped"],
  ])("with a stop by %s: %s", (by, phase) => {
    expect(from("stopped.scheduled", stopBy(by)).state).toBe(`stopped.${phase}`);
    expect(from("failed.scheduled", stopBy(by)).state).toBe(by === "group" ? "failed.grouped" : "failed.forGood");
  });

  it("not with a group that comes back, also where no run is restarted", () => {
    const inRun = [start(), due, ready(), stopBy("group"), ended("stopped")] as const;
    expect(service(nightly, ...inRun).state).toBe("stopped.grouped");
    expect(service(nightly, ...inRun, start("group")).state).toBe("stopped.scheduled");
  });

  it("not with a group that comes back", () => {
    const given = rule({ scheduled: true, restart: { maxRetries: 0 } });
    expect(service(given, start(), stopBy("group")).state).toBe("stopped.grouped");
    expect(service(given, start(), due, ready(), ended("failed"), stopBy("group")).state).toBe("failed.grouped");
    expect(service(given, start(), stopBy("group"), start("group")).state).toBe("stopped.scheduled");
    expect(service(given, start(), stopBy("group"), stop()).state).toBe("stopped.idle");
  });
});
