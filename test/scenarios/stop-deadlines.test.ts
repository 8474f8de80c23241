// Stop deadlines, of a service and of the whole stop, and what becomes of services that miss them.

import { describe, expect, it } from "vitest";
import type { RunServiceSpec, ServiceContext, ServiceSpec, SupervisorError, Update } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

function unstopped(s: Scenario): Extract<Update, { type: "unstopped" }>[] {
  return s.record.updates.filter((update) => update.type === "unstopped");
}

function paths(error: SupervisorError): (string | undefined)[] {
  return error.errors!.map((one) => (one as SupervisorError).path);
}

describe("stopTimeoutMs", () => {
  it("a service that ignores its stop is left behind at its deadline: failed, unstopped, reported; its siblings have stopped", async () => {
    // case 138
    const [a, b] = [deafService("a", { stopTimeoutMs: 1_000 }), scripted("b")];
    const s = createScenario({ services: [b.spec, a.spec] });
    await s.start();
    s.facts();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(999);
    expect(stopped.state).toBe("pending");
    await s.clock.advance(1);
    expect(s.facts()).toEqual([
      "app stopping",
      "a stopping",
      "b stopping",
      "b stopped",
      "a unstopped",
      "a failed",
      "app failed",
    ]);
    expect(stopped.error).toMatchObject({
      code: "ERR_STOP_FAILED",
      errors: [{ code: "ERR_UNSTOPPED", path: "app/a" }],
    });
    expect(s.supervisor.status("a")).toMatchObject({
      state: "failed",
      exit: "unstopped",
      error: { code: "ERR_UNSTOPPED" },
    });
    expect(unstopped(s)).toMatchObject([{ path: "app/a", incarnation: 1, waitedMs: 1_000 }]);
    expect(s.clock.pending).toBe(0);
    expectHistory(s.record.updates);
  });

  it("stopTimeoutMs is 10 seconds by default, and no limit for a supervisor", async () => {
    const [a, x] = [deafService("a"), deafService("x", { stopTimeoutMs: 1_000_000 })];
    const s = createScenario({ services: [a.spec, { name: "sub", services: [x.spec] }] });
    await s.start();
    watch(s.supervisor.stop());
    await s.clock.advance(9_999);
    expect(unstopped(s)).toEqual([]);
    await s.clock.advance(1);
    expect(unstopped(s).map(({ path }) => path)).toEqual(["app/a"]);
    await s.clock.advance(989_999);
    expect(s.supervisor.status("sub").state).toBe("stopping");
    await s.clock.advance(1);
    expect(s.supervisor.status().state).toBe("failed");
  });

  it("stopTimeoutMs of Infinity waits for ever, and sets no timer", async () => {
    const a = deafService("a", { stopTimeoutMs: Number.POSITIVE_INFINITY });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(1_000_000_000);
    expect([stopped.state, s.clock.pending]).toEqual(["pending", 0]);
    a.end(1);
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
  });

  it("stopTimeoutMs of 0 asks, gives one turn of the event loop, and does not make stop() reject", async () => {
    // case 139
    const [deaf, quick] = [deafService("deaf", { stopTimeoutMs: 0 }), scripted("quick", { stopTimeoutMs: 0 })];
    const s = createScenario({ services: [deaf.spec, quick.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(0);
    expect(stopped.state).toBe("resolved");
    expect(s.supervisor.status("deaf")).toMatchObject({ state: "failed", exit: "unstopped" });
    expect(s.supervisor.status("quick")).toMatchObject({ state: "stopped", exit: "stopped" });
    expect(unstopped(s).map(({ path }) => path)).toEqual(["app/deaf"]);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
  });

  it("stopTimeoutMs begins when the service is asked, not when the tree is", async () => {
    const [db, api] = [
      deafService("db", { stopTimeoutMs: 100 }),
      deafService("api", { stopTimeoutMs: 300, dependsOn: ["db"] }),
    ];
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(399);
    expect(stopped.state).toBe("pending");
    await s.clock.advance(1);
    expect(unstopped(s).map(({ path, at }) => [path, at])).toEqual([
      ["app/api", 300],
      ["app/db", 400],
    ]);
    expect(paths(stopped.error).sort()).toEqual(["app/api", "app/db"]);
  });

  it("stopTimeoutMs of a supervisor leaves behind the services under it, each with its own path", async () => {
    // case 145
    const [x, y] = [deafService("x"), deafService("y")];
    const sub = { name: "sub", stopTimeoutMs: 500, services: [x.spec, { name: "deep", services: [y.spec] }] };
    const s = createScenario({ services: [sub] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(500);
    expect(paths(stopped.error).sort()).toEqual(["app/sub/deep/y", "app/sub/x"]);
    expect(s.supervisor.status("sub").state).toBe("failed");
    expect(s.supervisor.status("sub/deep/y")).toMatchObject({ state: "failed", exit: "unstopped" });
  });

  it("a service whose stop hangs is unstopped as well, and late when that is over", async () => {
    const s: Scenario = createScenario({
      services: [{ name: "a", start: () => 1, stop: () => sleep(s, 700), stopTimeoutMs: 500 }],
    });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(500);
    expect(stopped.error).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ code: "ERR_UNSTOPPED" }] });
    s.facts();
    await s.clock.advance(200);
    expect(s.facts()).toEqual(["a late completed"]);
  });
});

describe("late", () => {
  it.each([
    ["completed", undefined, undefined],
    ["failed", new Error("at last"), "at last"],
    ["completed", new DOMException("aborted", "AbortError"), undefined],
  ] as const)("an unstopped incarnation that ends at last is reported as %s, and changes nothing", async (outcome, error, message) => {
    const a = deafService("a", { stopTimeoutMs: 100 });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    watch(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    const before = s.supervisor.status("a");
    const from = s.record.updates.length;
    a.end(1, error);
    await s.clock.advance(60_000);
    const told = s.record.updates.slice(from);
    expect(told).toMatchObject([{ type: "late", path: "app/a", incarnation: 1, outcome }]);
    expect((told[0] as { error?: Error }).error?.message).toBe(message);
    expect(s.supervisor.status("a")).toEqual(before);
  });

  it("the value of a start that resolves after its incarnation was left behind is given to stop, and the end is late", async () => {
    const told: unknown[] = [];
    const s: Scenario = createScenario({
      services: [
        {
          name: "a",
          start: () => sleep(s, 1_000).then(() => "pool"),
          stop: (value) => sleep(s, 50).then(() => void told.push(value)),
          stopTimeoutMs: 100,
          critical: false,
        },
      ],
    });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(100);
    expect(stopped.error.code).toBe("ERR_STOP_FAILED");
    await s.clock.advance(900);
    expect(s.facts().at(-1)).toBe("app failed");
    await s.clock.advance(50);
    expect([told, s.facts()]).toEqual([["pool"], ["a late completed"]]);
  });

  it("a late end may come after the tree was started anew, and says which incarnation it was", async () => {
    const a = deafService("a", { stopTimeoutMs: 100 }, 1);
    const s = createScenario({ services: [a.spec] });
    await s.start();
    watch(s.supervisor.stop());
    await s.clock.advance(100);
    await s.start();
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
    a.end(1);
    await s.clock.advance(0);
    expect(s.record.updates.at(-1)).toMatchObject({ type: "late", incarnation: 1 });
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("ready, fail, heartbeat and use of an unstopped incarnation change nothing", async () => {
    const contexts: ServiceContext[] = [];
    const a = deafService("a", { stopTimeoutMs: 100 });
    const run: RunServiceSpec["run"] = (ctx) => {
      contexts.push(ctx);
      return a.spec.run(ctx);
    };
    const spec: ServiceSpec = { ...a.spec, run, watchdogMs: 1_000_000 };
    const s = createScenario({ services: [spec, scripted("b").spec] });
    await s.start();
    watch(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    const from = s.record.updates.length;
    contexts[0]!.ready();
    contexts[0]!.heartbeat();
    contexts[0]!.fail(new Error("now?"));
    await s.clock.advance(60_000);
    expect(s.record.updates.slice(from)).toEqual([]);
  });
});

describe("stop({ timeoutMs })", () => {
  it("stop({ timeoutMs }) is a deadline for the whole stop, on top of the services' own", async () => {
    const [a, b, c] = [
      deafService("a", { stopTimeoutMs: 300 }),
      deafService("b"),
      deafService("c", { dependsOn: ["b"] }),
    ];
    const s = createScenario({ services: [a.spec, b.spec, c.spec, scripted("ok").spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop({ timeoutMs: 1_000 }));
    await s.clock.advance(999);
    expect(unstopped(s).map(({ path }) => path)).toEqual(["app/a"]);
    await s.clock.advance(1);
    expect(stopped.state).toBe("rejected");
    expect(paths(stopped.error).sort()).toEqual(["app/a", "app/b", "app/c"]);
    expect(s.supervisor.status("ok")).toMatchObject({ exit: "stopped" });
    expect(s.clock.now()).toBe(1_000);
  });

  it("the error of stop({ timeoutMs }) says how long was really waited", async () => {
    const a = deafService("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop({ timeoutMs: 70 }));
    await s.clock.advance(70);
    expect(unstopped(s)).toMatchObject([{ waitedMs: 70 }]);
    expect(stopped.error.errors![0]!.message).not.toMatch(/10_?000/);
  });

  it("stop({ timeoutMs }) does not wait longer than it must", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    await s.supervisor.stop({ timeoutMs: 60_000 });
    expect([s.clock.now(), s.clock.pending]).toEqual([0, 0]);
  });

  it("stop({ timeoutMs: 0 }) asks every service, gives one turn, and leaves the rest behind", async () => {
    const [db, quick, api] = [scripted("db"), scripted("quick"), deafService("api", { dependsOn: ["db"] })];
    const s = createScenario({ services: [db.spec, quick.spec, api.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stop({ timeoutMs: 0 }));
    await s.clock.advance(0);
    expect(paths(stopped.error)).toEqual(["app/api"]);
    expect([db.live, quick.live, s.clock.pending]).toEqual([0, 0, 0]);
  });

  it("a second stop({ timeoutMs }) shortens the deadline", async () => {
    const a = deafService("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const [first, second] = [watch(s.supervisor.stop()), watch(s.supervisor.stop({ timeoutMs: 5_000 }))];
    await s.clock.advance(100);
    const third = watch(s.supervisor.stop({ timeoutMs: 200 }));
    await s.clock.advance(199);
    expect([first, second, third].map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
    await s.clock.advance(1);
    expect([first, second, third].map(({ error }) => error?.code)).toEqual(Array(3).fill("ERR_STOP_FAILED"));
  });

  it.each([
    5_000,
    Number.POSITIVE_INFINITY,
    undefined,
  ])("a second stop with %s does not lengthen the deadline", async (timeoutMs) => {
    const a = deafService("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const first = watch(s.supervisor.stop({ timeoutMs: 200 }));
    await s.clock.advance(100);
    watch(s.supervisor.stop({ timeoutMs }));
    await s.clock.advance(100);
    expect(first.state).toBe("rejected");
  });

  it("stop({ timeoutMs }) reaches services under nested supervisors", async () => {
    const [x, y] = [deafService("x"), scripted("y")];
    const s = createScenario({ services: [{ name: "sub", services: [{ name: "deep", services: [x.spec, y.spec] }] }] });
    await s.start();
    const stopped = watch(s.supervisor.stop({ timeoutMs: 300 }));
    await s.clock.advance(300);
    expect(paths(stopped.error)).toEqual(["app/sub/deep/x"]);
    expect(y.live).toBe(0);
  });

  it("stop({ timeoutMs }) bounds a stop that a failure has begun", async () => {
    const [a, b] = [deafService("a"), scripted("b", { restart: { maxRetries: 0 } })];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    b.fail();
    await s.clock.advance(1_000);
    const stopped = watch(s.supervisor.stop({ timeoutMs: 100 }));
    await s.clock.advance(100);
    expect(stopped.error).toMatchObject({ code: "ERR_STOP_FAILED" });
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP" } });
  });

  it.each([-1, Number.NaN, "5" as unknown as number])("stop({ timeoutMs }) of %s is refused", async (timeoutMs) => {
    const s = createScenario({ services: [] });
    await s.start();
    await expect(s.supervisor.stop({ timeoutMs })).rejects.toMatchObject({ code: "ERR_INVALID_SPEC" });
    expect(s.supervisor.status().state).toBe("running");
  });
});
