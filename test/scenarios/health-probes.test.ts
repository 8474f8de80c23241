// Probes: when checks run, what their results do, and readiness. Liveness is in health-liveness.test.ts.

import { describe, expect, it } from "vitest";
import { createSupervisor, type ProbeContext, type ServiceContext } from "../../src/index.ts";
import { sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

describe("when", () => {
  it("checks begin when the service is ready, after the initial delay", async () => {
    // case 127
    const at: number[] = [];
    const a = scripted("a", {
      readyOn: "signal",
      readiness: { check: () => void at.push(s.clock.now()), initialDelayMs: 300, intervalMs: 1_000 },
    });
    const s: Scenario = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(5_000);
    expect(at).toEqual([]);
    a.ready();
    await s.clock.advance(299);
    expect([at, started.state, s.supervisor.status("a").phase]).toEqual([[], "pending", "unhealthy"]);
    await s.clock.advance(1);
    expect([at, started.state, s.supervisor.status("a").phase]).toEqual([[5_300], "resolved", "healthy"]);
  });

  it("the interval runs from the end of one check to the start of the next", async () => {
    const at: number[] = [];
    const check = async () => {
      at.push(s.clock.now());
      await sleep(s, 400);
    };
    const a = scripted("a", { readiness: { check, intervalMs: 1_000 } });
    const s: Scenario = createScenario({ services: [a.spec] });
    watch(s.supervisor.start());
    await s.clock.advance(4_000);
    expect(at).toEqual([0, 1_400, 2_800]);
  });

  it("by default a check comes every second, and three in a row count as a failure", async () => {
    const at: number[] = [];
    let isUp = true;
    const check = () => {
      at.push(s.clock.now());
      return isUp;
    };
    const a = scripted("a", { readiness: check });
    const s: Scenario = createScenario({ services: [a.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(2_999);
    expect([at, s.supervisor.status("a").phase]).toEqual([[0, 1_000, 2_000], "healthy"]);
    await s.clock.advance(1);
    expect(s.supervisor.status("a").phase).toBe("unhealthy");
  });

  it("no check runs while the service restarts or is stopped, and each incarnation begins anew", async () => {
    const at: [incarnation: unknown, at: number][] = [];
    let starts = 0;
    let context: ServiceContext | undefined;
    const s: Scenario = createScenario({
      services: [
        {
          name: "a",
          start: (ctx) => {
            context = ctx;
            return ++starts;
          },
          readiness: { check: ({ value }) => void at.push([value, s.clock.now()]), intervalMs: 700 },
        },
      ],
    });
    await s.start();
    await s.clock.advance(1_000);
    context!.fail(new Error("gone"));
    await s.clock.advance(1_700);
    await s.supervisor.stopService("a");
    await s.clock.advance(10_000);
    expect(at).toEqual([
      [1, 0],
      [1, 700],
      [2, 2_000],
      [2, 2_700],
    ]);
    expect(s.clock.pending).toBe(0);
  });

  it("a check is given the value that start returned, the path, and a signal", async () => {
    const seen: ProbeContext[] = [];
    const s = createScenario({
      services: [{ name: "a", start: () => "pool", readiness: (ctx) => void seen.push(ctx) }],
    });
    await s.start();
    expect(seen[0]).toMatchObject({ value: "pool", path: "app/a" });
    expect(seen[0]!.signal.aborted).toBe(false);
  });
});

describe("what a check makes", () => {
  it.each([
    ["nothing", () => undefined, true],
    ["true", () => true, true],
    ["a promise of nothing", () => Promise.resolve(), true],
    ["false", () => false, false],
    ["a promise of false", () => Promise.resolve(false), false],
    [
      "a throw",
      () => {
        throw new Error("down");
      },
      false,
    ],
    ["a rejection", () => Promise.reject(new Error("down")), false],
    [
      "a throw of undefined",
      () => {
        throw undefined;
      },
      false,
    ],
    ["a rejection with a string", () => Promise.reject("down"), false],
  ] as [string, () => boolean | Promise<boolean>, boolean][])("%s is a pass: %s", async (_, check, passes) => {
    // case 130
    const a = scripted("a", { readiness: { check, failureThreshold: 1 }, critical: false });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    expect(s.supervisor.status("a").healthy).toBe(passes);
    await s.clock.advance(10_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", healthy: passes, incarnation: 1 });
  });

  it("a check that overruns fails at its timeout even if it ignores its signal, and the loop goes on", async () => {
    // case 131
    const at: number[] = [];
    const signals: AbortSignal[] = [];
    const check = ({ signal }: ProbeContext) => {
      at.push(s.clock.now());
      signals.push(signal);
      return at.length === 1 ? undefined : new Promise<void>(() => {});
    };
    const a = scripted("a", { readiness: { check, timeoutMs: 200, intervalMs: 100, failureThreshold: 2 } });
    const s: Scenario = createScenario({ services: [a.spec] });
    await s.start();
    await s.clock.advance(300);
    expect([at, s.supervisor.status("a").phase, signals[1]!.aborted]).toEqual([[0, 100], "healthy", true]);
    await s.clock.advance(100);
    expect([at, s.supervisor.status("a").phase]).toEqual([[0, 100], "unhealthy"]);
    expect(s.supervisor.health().services["app/a"]!.error).toMatch(
      /the readiness check before this one has not settled/,
    );
  });

  it("one check is in flight at most: while it is overdue each interval counts as a failure", async () => {
    // Case C12
    const settles: ((answer: boolean) => void)[] = [];
    const check = () => new Promise<boolean>((resolve) => settles.push(resolve));
    const readiness = { check, timeoutMs: 5, intervalMs: 10, failureThreshold: 50 };
    const a = scripted("a", { readiness, critical: false });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.clock.advance(1_000);
    expect(settles).toHaveLength(1);
    settles[0]!(true);
    await s.clock.advanceToNext();
    expect(settles).toHaveLength(2);
    settles[1]!(true);
    await s.clock.advance(0);
    expect(s.supervisor.status("a").phase).toBe("healthy");
  });

  it("an overdue check of an old incarnation holds up none of the next one", async () => {
    let checks = 0;
    const readiness = { check: () => (checks++ === 0 ? new Promise<boolean>(() => {}) : true), intervalMs: 10 };
    const a = scripted("a", { readiness, critical: false });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.clock.advance(100);
    const restarted = s.supervisor.restartService("a");
    await s.clock.advance(10);
    await restarted;
    expect(s.supervisor.status("a").phase).toBe("healthy");
  });

  it("the late result of a check that overran is ignored", async () => {
    let settle = (_: boolean) => {};
    const results: (boolean | Promise<boolean>)[] = [true];
    const check = () =>
      results.shift() ??
      new Promise<boolean>((resolve) => {
        settle = resolve;
      });
    const a = scripted("a", { readiness: { check, timeoutMs: 200, intervalMs: 1_000, failureThreshold: 1 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.clock.advance(1_200);
    expect(s.supervisor.status("a").phase).toBe("unhealthy");
    settle(true);
    await s.clock.advance(0);
    expect(s.supervisor.status("a").phase).toBe("unhealthy");
    await s.clock.advance(1_000);
    const old = settle;
    results.push(true);
    await s.clock.advance(1_200);
    old(false);
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a").phase).toBe("healthy");
  });
});

describe("readiness", () => {
  it("readiness is false before the first result", async () => {
    let pass = () => {};
    const check = () =>
      new Promise<void>((resolve) => {
        pass = resolve;
      });
    const a = scripted("a", { readiness: { check, timeoutMs: 10_000 } });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(5_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", phase: "unhealthy", healthy: false });
    expect(started.state).toBe("pending");
    pass();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("readiness passes and fails at its thresholds of checks in a row", async () => {
    // case 125
    const script = "101110101001000110111";
    const results = [...script].map((one) => one === "1");
    let index = 0;
    const a = scripted("a", {
      critical: false,
      readiness: { check: () => results[index++] ?? true, intervalMs: 100, successThreshold: 3, failureThreshold: 3 },
    });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const told: string[] = [];
    for (let check = 0; check < results.length; check++) {
      told.push(s.supervisor.status("a").healthy ? "1" : "0");
      await s.clock.advance(100);
    }
    expect(told.join("")).toBe(after(script, 3, 3));
  });

  it.each(["restart", "wait"])("readiness never restarts, however long it fails; dependants %s for it", async () => {
    let isUp = true;
    const a = scripted("a", { readiness: { check: () => isUp, intervalMs: 100, failureThreshold: 1 } });
    const b = scripted("b", { dependsOn: ["a"] });
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(1_000_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 1, restarts: 0, failures: 0 });
    b.fail();
    await s.clock.advance(10_000);
    expect(s.supervisor.status("b")).toMatchObject({ phase: "waiting", waitingFor: ["app/a"] });
    isUp = true;
    await s.clock.advance(100);
    expect([a.starts, b.starts]).toEqual([1, 2]);
  });

  it("a readiness that never passes keeps start() waiting, and explain says so", async () => {
    const a = scripted("a", { readiness: () => false, startTimeoutMs: 100 });
    const s = createScenario({ services: [a.spec, scripted("b", { dependsOn: ["a"] }).spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(100_000);
    expect([started.state, a.starts]).toEqual(["pending", 1]);
    expect(s.supervisor.explain("a").summary).toMatch(/not healthy.*returned false/);
    expect(s.supervisor.explain("b").summary).toMatch(/waiting for a \(running, not healthy/);
    expect(s.supervisor.explain("app").summary).toMatch(/a \(running, not healthy/);
  });

  it("a check in flight when its incarnation ends is aborted and ignored", async () => {
    const checks: { ctx: ProbeContext; settle: (answer: boolean) => void }[] = [];
    const check = (ctx: ProbeContext) =>
      new Promise<boolean>((settle) => {
        checks.push({ ctx, settle });
      });
    const a = scripted("a", { critical: false, readiness: { check, timeoutMs: 60_000 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    expect(checks[0]!.ctx.signal.aborted).toBe(false);
    a.fail();
    await s.clock.advance(0);
    expect(checks[0]!.ctx.signal.aborted).toBe(true);
    checks[0]!.settle(true);
    await s.clock.advance(1_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", phase: "unhealthy", incarnation: 2 });
    checks[1]!.settle(true);
    await s.clock.advance(0);
    expect(s.supervisor.status("a").healthy).toBe(true);
  });

  it("a check in flight is aborted when the service is asked to stop", async () => {
    const signals: AbortSignal[] = [];
    const check = ({ signal }: ProbeContext) => {
      signals.push(signal);
      return new Promise<void>(() => {});
    };
    const a = scripted("a", { critical: false, readiness: { check, timeoutMs: 60_000 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.supervisor.stop();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(s.clock.pending).toBe(0);
  });

  it("a liveness that passes does not make a service ready", async () => {
    const a = scripted("a", {
      readiness: { check: () => false, intervalMs: 100 },
      liveness: { check: () => true, intervalMs: 100 },
    });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(1_000);
    expect([started.state, s.supervisor.status("a").phase]).toEqual(["pending", "unhealthy"]);
  });

  it("readiness works beside liveness, each with its own thresholds", async () => {
    const up = { ready: true, live: true };
    const a = scripted("a", {
      readiness: { check: () => up.ready, intervalMs: 100, failureThreshold: 1 },
      liveness: { check: () => up.live, intervalMs: 100, failureThreshold: 3 },
    });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    up.ready = false;
    await s.clock.advance(500);
    expect(s.supervisor.status("a")).toMatchObject({ phase: "unhealthy", incarnation: 1 });
    up.ready = true;
    await s.clock.advance(100);
    expect(s.supervisor.status("a").phase).toBe("healthy");
    up.live = false;
    await s.clock.advance(200);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", phase: "healthy" });
    await s.clock.advance(100);
    expect(s.supervisor.status("a").state).toBe("backoff");
    up.live = true;
  });
});

it.each([
  ["a liveness with a success threshold other than 1", { liveness: { check: () => {}, successThreshold: 2 } }],
  ["a threshold of 0", { readiness: { check: () => {}, failureThreshold: 0 } }],
  ["an interval that is negative", { readiness: { check: () => {}, intervalMs: -1 } }],
  ["a probe without a check", { readiness: { intervalMs: 1 } }],
  ["an unknown probe option", { readiness: { check: () => {}, interval: 1 } }],
])("%s is refused before anything starts", (_, options) => {
  // case 126
  const spec = { name: "app", services: [{ name: "a", run: () => {}, ...(options as object) }] };
  expect(() => createSupervisor(spec)).toThrow(expect.objectContaining({ code: "ERR_INVALID_SPEC" }));
});

/** Whether it is ready after each check, with thresholds. */
function after(script: string, successes: number, failures: number): string {
  let ready = false;
  return [...script]
    .map((_, index) => {
      const so = script.slice(0, index + 1);
      if (so.endsWith("1".repeat(successes))) ready = true;
      if (so.endsWith("0".repeat(failures))) ready = false;
      return ready ? "1" : "0";
    })
    .join("");
}

describe("health, one check for both, until it has passed once", () => {
  it("its failures are a start that is not over: nothing is restarted", async () => {
    // Case K14
    let isUp = false;
    const a = scripted("a", { health: { check: () => isUp, intervalMs: 1_000 } });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(12_000);
    expect([a.starts, started.state, s.supervisor.status("a").phase]).toEqual([1, "pending", "unhealthy"]);
    isUp = true;
    await s.clock.advance(1_000);
    expect([a.starts, started.state]).toEqual([1, "resolved"]);
  });

  it("without a pass within startTimeoutMs of its launch the incarnation fails", async () => {
    const a = scripted("a", {
      health: () => false,
      startTimeoutMs: 5_000,
      restart: { maxRetries: 0 },
      critical: false,
    });
    const s = createScenario({ services: [a.spec] });
    await s.supervisor.start();
    await s.clock.advance(5_000);
    expect(s.supervisor.status("a")).toMatchObject({
      state: "failed",
      error: { code: "ERR_GAVE_UP", message: expect.stringContaining("its health check has not passed") },
    });
  });

  it("after it has passed, its failures restart the service", async () => {
    let isUp = true;
    const a = scripted("a", { health: { check: () => isUp, intervalMs: 100 }, restart: { jitter: false } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    isUp = false;
    await s.clock.advance(300);
    expect(s.supervisor.status("a").state).toBe("backoff");
  });
});
