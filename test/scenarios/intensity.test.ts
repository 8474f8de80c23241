// intensity: how many automatic restarts a supervisor allows within a window before it gives up.

import { describe, expect, it } from "vitest";
import type { ServiceSpec, Update } from "../../src/index.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

const boom = new Error("boom");
const quick = { initialBackoffMs: 0, maxRetries: Number.POSITIVE_INFINITY } as const;
const twice = { maxRestarts: 2, withinMs: 1_000 } as const;

function escalations({ record }: Scenario): Extract<Update, { type: "escalation" }>[] {
  return record.updates.filter((update) => update.type === "escalation");
}

describe("maxRestarts within the window are allowed, one more fails the supervisor", () => {
  // Case 66.
  it("two failures restart, the third stops the others in reverse and fails the supervisor", async () => {
    const [a, b, c] = [scripted("a", { restart: quick }), scripted("b"), scripted("c", { dependsOn: ["b"] })];
    const scenario = createScenario({ services: [a.spec, b.spec, c.spec], intensity: twice });
    const { clock, facts, start, supervisor } = scenario;
    await start();
    for (const at of [10, 20]) {
      await clock.advance(at - clock.now());
      a.fail(boom);
      await clock.advance(0);
      expect([a.live, supervisor.status().state]).toEqual([1, "running"]);
    }
    facts();
    a.fail(boom);
    await clock.advance(0);
    expect(facts()).toEqual([
      "a backoff 0",
      "app escalation ERR_INTENSITY",
      "app stopping",
      "c stopping",
      "a stopped",
      "c stopped",
      "b stopping",
      "b stopped",
      "app failed",
    ]);
    expect([a.starts, b.live, c.live]).toEqual([3, 0, 0]);
  });

  it("the error says which supervisor, which limit and what failed last; exit, status and explain agree", async () => {
    const a = scripted("a", { restart: quick });
    const scenario = createScenario({ services: [a.spec], intensity: { maxRestarts: 0, withinMs: 1_000 } });
    const { clock, start, supervisor } = scenario;
    await start();
    a.fail(boom);
    await clock.advance(0);
    const exit = (await supervisor.exit) as { kind: "failed"; error: Error };
    expect(exit).toMatchObject({ kind: "failed", error: { code: "ERR_INTENSITY", path: "app", cause: boom } });
    expect(exit.error.message).toMatch(/^app: .*0 .*1.?000 ms.*boom/);
    expect(escalations(scenario)).toMatchObject([{ path: "app", error: { code: "ERR_INTENSITY" } }]);
    expect(supervisor.status()).toMatchObject({ state: "failed", exit: "failed", error: { code: "ERR_INTENSITY" } });
    expect(supervisor.explain("app").summary).toContain("automatic restarts");
  });

  // Case 67.
  it("failures far enough apart go on for ever", async () => {
    const a = scripted("a", { restart: quick });
    const { clock, start, supervisor } = createScenario({
      services: [a.spec],
      intensity: { maxRestarts: 1, withinMs: 1_000 },
    });
    await start();
    for (let times = 1; times <= 50; times++) {
      a.fail();
      await clock.advance(2_100);
    }
    expect([a.starts, supervisor.status().state]).toEqual([51, "running"]);
  });

  it.each<[apart: number, state: string]>([
    [999, "failed"],
    [1_000, "running"], // exactly withinMs old is outside
  ])("the window slides: one more %d ms after the first of two leaves it %s", async (apart, state) => {
    const a = scripted("a", { restart: quick });
    const { clock, start, supervisor } = createScenario({ services: [a.spec], intensity: twice });
    await start();
    await clock.advance(5_000);
    a.fail();
    await clock.advance(500);
    a.fail();
    await clock.advance(apart - 500);
    a.fail();
    await clock.advance(0);
    expect(supervisor.status().state).toBe(state);
  });

  // Case 70.
  it("all children of a supervisor share one budget", async () => {
    const [a, b] = [scripted("a", { restart: quick }), scripted("b", { restart: quick })];
    const { clock, start, supervisor } = createScenario({ services: [a.spec, b.spec], intensity: twice });
    await start();
    for (const [service, left] of [
      [a, 1],
      [b, 0],
    ] as const) {
      service.fail();
      await clock.advance(0);
      expect(supervisor.explain("a").intensityLeft).toBe(left);
    }
    b.fail();
    await clock.advance(0);
    expect(supervisor.status().state).toBe("failed");
  });

  it("a restart counts at the failure, not at the start that follows it", async () => {
    const a = scripted("a", { restart: { initialBackoffMs: 5_000 } });
    const { clock, start, supervisor } = createScenario({ services: [a.spec], intensity: twice });
    await start();
    expect(supervisor.explain("a").intensityLeft).toBe(2);
    a.fail();
    await clock.advance(0);
    expect(supervisor.explain("a").intensityLeft).toBe(1);
    await clock.advance(999);
    expect(supervisor.explain("a").intensityLeft).toBe(1);
    await clock.advance(1);
    expect(supervisor.explain("a").intensityLeft).toBe(2);
  });

  it("without an intensity there is no limit", async () => {
    const a = scripted("a", { restart: quick });
    const { clock, start, supervisor } = createScenario({ services: [a.spec] });
    await start();
    for (let times = 1; times <= 200; times++) {
      a.fail();
      await clock.advance(0);
    }
    expect([a.starts, supervisor.explain("a").intensityLeft]).toEqual([201, Number.POSITIVE_INFINITY]);
  });

  it("restarts of services that are not critical count, too", async () => {
    const a = scripted("a", { restart: quick, critical: false });
    const { clock, start, supervisor } = createScenario({
      services: [a.spec],
      intensity: { maxRestarts: 1, withinMs: 1_000 },
    });
    await start();
    a.fail();
    await clock.advance(0);
    a.fail();
    await clock.advance(0);
    expect(supervisor.status().state).toBe("failed");
  });

  it("the automatic restart after a completed end counts", async () => {
    const a = scripted("a", { restart: { policy: "always", initialBackoffMs: 0 } });
    const { clock, start, supervisor } = createScenario({ services: [a.spec], intensity: twice });
    await start();
    for (let times = 1; times <= 3; times++) {
      a.complete();
      await clock.advance(0);
    }
    expect(await supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_INTENSITY" } });
  });

  it("an end that is not restarted does not count", async () => {
    const services = [1, 2, 3, 4].map((n) => scripted(`s${n}`, { restart: "never" }));
    const { clock, start, supervisor } = createScenario({
      services: services.map(({ spec }) => spec),
      intensity: twice,
    });
    await start();
    for (const service of services) service.fail();
    await clock.advance(0);
    expect([supervisor.status().state, supervisor.explain("s1").intensityLeft]).toEqual(["running", 2]);
  });
});

describe("attempts that fail count", () => {
  function flaky(fails: (incarnation: number) => boolean): { spec: ServiceSpec; crash: () => void } {
    let crash = () => {};
    const spec: ServiceSpec = {
      name: "a",
      restart: quick,
      start: ({ incarnation, fail }) => {
        if (fails(incarnation)) throw boom;
        crash = () => fail(boom);
      },
    };
    return { spec, crash: () => crash() };
  }

  // Case 46.
  it("a restart that fails twice and then works ends up running, three counted", async () => {
    const { spec, crash } = flaky((incarnation) => incarnation === 2 || incarnation === 3);
    const { clock, start, supervisor } = createScenario({
      services: [spec],
      intensity: { maxRestarts: 4, withinMs: 1_000 },
    });
    await start();
    crash();
    await clock.advance(0);
    expect(supervisor.status("a")).toMatchObject({ state: "running", incarnation: 4, restarts: 3 });
    expect(supervisor.explain("a").intensityLeft).toBe(1);
  });

  // Case 69.
  it("a restart that always fails uses up the budget, and ends the supervisor with the siblings", async () => {
    const { spec, crash } = flaky((incarnation) => incarnation > 1);
    const b = scripted("b");
    const { clock, start, supervisor } = createScenario({
      services: [b.spec, spec],
      intensity: { maxRestarts: 4, withinMs: 1_000 },
    });
    await start();
    crash();
    await clock.advance(0);
    expect(supervisor.status()).toMatchObject({ state: "failed", error: { code: "ERR_INTENSITY" } });
    expect([supervisor.status("a").incarnation, b.live]).toEqual([5, 0]);
  });

  it("restarts beyond the limit during a start fail the start", async () => {
    const { spec } = flaky(() => true);
    const { clock, supervisor } = createScenario({ services: [spec], intensity: twice });
    const started = watch(supervisor.start());
    await clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", cause: { code: "ERR_INTENSITY", cause: boom } });
    expect(supervisor.status("a").incarnation).toBe(3);
  });
});

describe("what is done by hand does not count", () => {
  it("restarts, starts and stops by hand do not count", async () => {
    const a = scripted("a");
    const { start, supervisor } = createScenario({ services: [a.spec], intensity: twice });
    await start();
    for (let times = 1; times <= 5; times++) {
      await supervisor.restartService("a");
      await supervisor.stopService("a");
      await supervisor.startService("a");
    }
    expect([supervisor.status().state, supervisor.explain("a").intensityLeft]).toEqual(["running", 2]);
  });

  // Case 73: what fails after a start by hand is retried by the policy; where that does not retry, nothing is counted.
  it("a restart by hand that fails for good does not count", async () => {
    let broken = false;
    const a: ServiceSpec = {
      name: "a",
      restart: "never",
      start: () => {
        if (broken) throw boom;
      },
    };
    const { start, supervisor } = createScenario({ services: [a], intensity: twice });
    await start();
    broken = true;
    for (let times = 1; times <= 5; times++) await supervisor.restartService("a").catch(() => {});
    expect(supervisor.status("a")).toMatchObject({ state: "failed", error: { message: "boom" } });
    expect([supervisor.status().state, supervisor.explain("a").intensityLeft]).toEqual(["running", 2]);
  });

  it("a newcomer that never comes up does not count", async () => {
    const { clock, start, supervisor } = createScenario({ services: [scripted("b").spec], intensity: twice });
    await start();
    const a: ServiceSpec = { name: "a", start: () => Promise.reject(boom), restart: { ...quick, maxRetries: 9 } };
    await drive(
      clock,
      supervisor.addService(a).catch(() => {}),
    );
    expect([supervisor.status().state, supervisor.explain("b").intensityLeft]).toEqual(["running", 2]);
  });

  it("the failures of a service that came up by hand count", async () => {
    const a = scripted("a", { restart: quick });
    const { clock, start, supervisor } = createScenario({ services: [], intensity: twice });
    await start();
    await supervisor.addService(a.spec);
    for (let times = 1; times <= 3; times++) {
      a.fail();
      await clock.advance(0);
    }
    expect(supervisor.status().state).toBe("failed");
  });
});

// Case 81, for the budget of the supervisor.
it("the budget is fresh after a stop and a start", async () => {
  const a = scripted("a", { restart: quick });
  const { clock, start, stop, supervisor } = createScenario({ services: [a.spec], intensity: twice });
  for (let run = 1; run <= 3; run++) {
    await start();
    expect(supervisor.explain("a").intensityLeft).toBe(2);
    for (let times = 1; times <= 2; times++) {
      a.fail();
      await clock.advance(0);
    }
    expect(supervisor.status().state).toBe("running");
    await stop();
  }
});

it("a tree that gave up can be started again, with a fresh budget", async () => {
  const a = scripted("a", { restart: quick });
  const { clock, start, supervisor } = createScenario({
    services: [a.spec],
    intensity: { maxRestarts: 0, withinMs: 1_000 },
  });
  await start();
  a.fail();
  await clock.advance(0);
  expect(supervisor.status().state).toBe("failed");
  await start();
  expect([supervisor.health().status, a.live]).toEqual(["healthy", 1]);
});
