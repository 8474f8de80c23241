// serviceMachine: what a stopped service is stopped as, and what its supervisor or the user can make of it there.

import { describe, expect, it } from "vitest";
import type { By } from "../../machines/events.ts";
import { ended, from, ready, rule, service, start, stop, stopBy } from "./service-rules.ts";

const never = rule({ restart: { policy: "never" } });

describe("a stop leads to the phase of whoever asked", () => {
  it.each<[by: By, phase: string]>([
    ["supervisor", "idle"],
    ["hand", "byHand"],
    ["dependency", "byHand"],
    ["group", "grouped"],
  ])("by %s: %s", (by, phase) => {
    for (const state of ["starting.waiting", "starting.delaying", "backoff.counting", "backoff.held"] as const) {
      expect(from(state, stopBy(by)).state, state).toBe(`stopped.${phase}`);
    }
    for (const state of ["starting.launching", "running.healthy", "running.unhealthy"] as const) {
      expect(from(state, stopBy(by), ended("stopped")).state, state).toBe(`stopped.${phase}`);
    }
  });

  it("a service that never restarts is dismissed when its group stops it", () => {
    expect(service(never, start(), ready(), stopBy("group"), ended("stopped")).state).toBe("stopped.dismissed");
    expect(service({ ...never, gated: true }, start(), stopBy("group")).state).toBe("stopped.dismissed");
  });

  it("a start forgets what the policy has decided before", () => {
    const dismissed = [start(), ready(), ended("failed", { wish: "stop" })] as const;
    expect(service(never, ...dismissed).context.verdict).toBe("stop");
    expect(service(never, ...dismissed, start("hand")).context.verdict).toBeNull();
  });

  it("a failed stop is failed for good, but for one that starts again with its group", () => {
    for (const kind of ["failed", "unstopped"] as const) {
      expect(from("running.healthy", stopBy("hand"), ended(kind)).state).toBe("failed.forGood");
      expect(from("running.healthy", stopBy("group"), ended(kind)).state).toBe("failed.grouped");
      expect(service(never, start(), ready(), stopBy("group"), ended(kind)).state).toBe("failed.forGood");
    }
  });
});

describe("of two stops", () => {
  it.each<[first: By, second: By, phase: string]>([
    ["hand", "group", "byHand"],
    ["hand", "supervisor", "byHand"],
    ["dependency", "group", "byHand"],
    ["group", "hand", "byHand"],
    ["group", "supervisor", "idle"],
    ["supervisor", "group", "grouped"],
  ])("by %s and by %s: %s", (first, second, phase) => {
    expect(from("running.healthy", stopBy(first), stopBy(second), ended("stopped")).state).toBe(`stopped.${phase}`);
  });

  it("a start by hand between them forgets the first", () => {
    const events = [stopBy("hand"), start("hand"), stopBy("group"), ended("stopped")] as const;
    expect(from("running.healthy", ...events).state).toBe("stopped.grouped");
  });
});

describe("what is down with its group", () => {
  it("is stopped by hand at once, and idle when its supervisor stops", () => {
    expect(from("stopped.grouped", stopBy("hand")).state).toBe("stopped.byHand");
    expect(from("stopped.grouped", stop()).state).toBe("stopped.idle");
    expect(from("failed.grouped", stopBy("hand")).state).toBe("failed.forGood");
    expect(from("failed.grouped", stop()).state).toBe("failed.forGood");
  });

  it("stays so when its group stops again", () => {
    expect(from("stopped.grouped", stopBy("group")).state).toBe("stopped.grouped");
    expect(from("failed.grouped", stopBy("group")).state).toBe("failed.grouped");
  });

  it("starts with its group, which counts as a restart", () => {
    for (const state of ["stopped.grouped", "failed.grouped"] as const) {
      const step = from(state, start("group"));
      expect([step.state, step.context.restarts], state).toEqual(["starting.launching", 1]);
    }
  });
});

it("a stop by hand of what has not started yet is remembered", () => {
  expect(from("stopped.idle", stopBy("hand")).state).toBe("stopped.byHand");
  expect(from("stopped.idle", stop()).state).toBe("stopped.idle");
});

it("a stop changes nothing of what has ended for good", () => {
  for (const state of ["stopped.completed", "stopped.dismissed", "failed.forGood"] as const) {
    for (const by of ["hand", "supervisor", "group", "dependency"] as const) {
      expect(from(state, stopBy(by)).state).toBe(state);
    }
  }
});

it("a service was up once it was healthy, or has completed", () => {
  expect(from("running.unhealthy").context.wasUp).toBe(false);
  expect(from("running.healthy").context.wasUp).toBe(true);
  expect(service(rule({ readiness: true }), start(), ended("completed")).context.wasUp).toBe(true);
});
