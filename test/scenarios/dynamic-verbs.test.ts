// startService, stopService and restartService: what they resolve to or reject with, and what they count as.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { drive, rejection, sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

describe("startService", () => {
  it("startService of a service in backoff starts it now, with fresh retries", async () => {
    const a = scripted("a", { restart: { maxRetries: 2 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    for (const delayMs of [1_000, 0]) {
      a.fail();
      await s.clock.advance(delayMs);
    }
    expect(s.supervisor.explain("a").retriesLeft).toBe(0);
    const before = s.clock.now();
    await s.supervisor.startService("a");
    expect([s.clock.now(), a.starts]).toEqual([before, 3]);
    expect(s.supervisor.explain("a").retriesLeft).toBe(2);
    a.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status("a").state).toBe("backoff");
    await s.clock.advance(1_000);
    expect(a.live).toBe(1);
  });

  it("startService of a service that never comes up rejects with the reason, and does not count for the intensity", async () => {
    // case 73
    const error = new Error("no");
    let starts = 0;
    const a: ServiceSpec = {
      name: "a",
      critical: false,
      restart: { maxRetries: 1 },
      start: () => {
        if (starts++ > 0) throw error;
      },
    };
    const s = createScenario({ services: [a], intensity: { maxRestarts: 2, withinMs: 60_000 } });
    await s.start();
    await s.supervisor.stopService("a");
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    expect([started.state, starts]).toEqual(["pending", 2]);
    await s.clock.advance(1_000);
    expect(started.error).toMatchObject({
      code: "ERR_START_FAILED",
      path: "app/a",
      cause: { code: "ERR_GAVE_UP", cause: error },
    });
    expect(s.supervisor.explain("a").intensityLeft).toBe(1);
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { failed: 1 } });
  });

  it("startService does not wait the start delay again", async () => {
    const a = scripted("a", { startDelayMs: 500 });
    const s = createScenario({ services: [a.spec] });
    await drive(s.clock, s.supervisor.start());
    await s.supervisor.stopService("a");
    await s.supervisor.startService("a");
    expect([a.starts, s.clock.now()]).toEqual([2, 500]);
  });

  it("startService of a critical service that fails for good rejects, and its supervisor fails", async () => {
    let starts = 0;
    const a: ServiceSpec = {
      name: "a",
      restart: { maxRetries: 0 },
      start: () => {
        if (starts++ > 0) throw new Error("no");
      },
    };
    const s = createScenario({ services: [a] });
    await s.start();
    await s.supervisor.stopService("a");
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", cause: { code: "ERR_GAVE_UP" } });
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP", path: "app/a" } });
  });
});

describe("stopService", () => {
  it("stopService stops a service until the user starts it, and its health no longer counts", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.supervisor.stopService("a");
    await s.clock.advance(1_000_000);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped", restarts: 0 });
    expect(s.supervisor.health().status).toBe("healthy");
  });

  it('stopService holds under "always" as well', async () => {
    // case 34
    const a = scripted("a", { restart: "always" });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    await s.supervisor.stopService("a");
    await s.clock.advance(1_000_000);
    expect(a.starts).toBe(1);
    await s.supervisor.restartService("a");
    expect(a.live).toBe(1);
  });

  it("a stop by hand ends with a restart of the supervisor", async () => {
    const [x, y] = [scripted("x"), scripted("y")];
    const s = createScenario({ services: [{ name: "sub", services: [x.spec, y.spec] }] });
    await s.start();
    await s.supervisor.stopService("sub/x");
    await s.supervisor.restartService("sub");
    expect([x.live, y.live, x.starts, y.starts]).toEqual([1, 1, 2, 2]);
    await s.supervisor.stopService("sub/x");
    await s.supervisor.stop();
    await s.supervisor.start();
    expect(x.live).toBe(1);
  });

  it("stopService of a service whose stop fails rejects with the error, and the tree goes on", async () => {
    const error = new Error("cannot");
    const s = createScenario({
      services: [{ name: "a", start: () => 1, stop: () => Promise.reject(error) }, scripted("b").spec],
    });
    await s.start();
    expect(await rejection(s.supervisor.stopService("a"))).toMatchObject({
      code: "ERR_STOP_FAILED",
      path: "app/a",
      cause: error,
    });
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", exit: "failed" });
    await s.clock.advance(60_000);
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { running: 1, failed: 1 } });
  });

  it("stopService of a service that does not stop in time rejects at its deadline, and nothing escalates", async () => {
    const a = deafService("a", { stopTimeoutMs: 300 });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(300);
    expect(stopped.error).toMatchObject({
      code: "ERR_STOP_FAILED",
      errors: [{ code: "ERR_UNSTOPPED", path: "app/a" }],
    });
    expect(s.supervisor.status("a")).toMatchObject({
      state: "failed",
      exit: "unstopped",
      error: { code: "ERR_UNSTOPPED" },
    });
    expect(s.supervisor.status().state).toBe("running");
    await s.supervisor.startService("a");
    expect(a.starts).toBe(2);
    a.end(1);
    a.end(2);
    await s.clock.advance(0);
  });

  it("stopService that is overtaken by startService settles all the same", async () => {
    const s: Scenario = createScenario({ services: [{ name: "a", start: () => "a", stop: () => sleep(s, 500) }] });
    await s.start();
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    const started = watch(s.supervisor.startService("a"));
    await s.clock.advance(400);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2 });
    expect(started.state).toBe("resolved");
    expect(stopped.state).not.toBe("pending");
  });
});

describe("restartService", () => {
  it("restartService stops the old incarnation before it starts the new one, at once and without a backoff", async () => {
    const s: Scenario = createScenario({ services: [{ name: "a", start: () => "a", stop: () => sleep(s, 500) }] });
    await s.start();
    s.facts();
    const restarted = watch(s.supervisor.restartService("a"));
    await s.clock.advance(499);
    expect([s.facts(), restarted.state]).toEqual([["a stopping"], "pending"]);
    await s.clock.advance(1);
    expect([s.facts(), restarted.state]).toEqual([["a starting", "a running"], "resolved"]);
    expect(s.supervisor.status("a")).toMatchObject({ incarnation: 2, restarts: 0, failures: 0, exit: "stopped" });
  });

  it("restartService does not count for the intensity", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec], intensity: { maxRestarts: 0, withinMs: 60_000 } });
    await s.start();
    for (let round = 0; round < 5; round++) await s.supervisor.restartService("a");
    expect([a.starts, s.supervisor.status().state]).toEqual([6, "running"]);
  });

  it("restartService restarts one service of a group alone", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    await s.supervisor.restartService("a");
    expect([a.starts, b.starts]).toEqual([2, 1]);
  });

  it("restartService goes on when the old incarnation does not stop in time", async () => {
    const a = deafService("a", { stopTimeoutMs: 300 }, 1);
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const restarted = watch(s.supervisor.restartService("a"));
    await s.clock.advance(300);
    expect([restarted.state, a.starts]).toEqual(["resolved", 2]);
    expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2, exit: "unstopped" });
    a.end(1, new Error("at last"));
    await s.clock.advance(0);
    expect(s.facts().at(-1)).toBe("a late failed");
  });

  it("restartService goes on when the stop of the old incarnation fails", async () => {
    let starts = 0;
    const s = createScenario({
      services: [
        {
          name: "a",
          start: () => ++starts,
          stop: (value) => (value === 1 ? Promise.reject(new Error("no")) : undefined),
        },
      ],
    });
    await s.start();
    await s.supervisor.restartService("a");
    expect([starts, s.supervisor.status("a").state]).toEqual([2, "running"]);
  });

  it("restartService that is overtaken by a stop by hand rejects ERR_START_ABORTED", async () => {
    const s: Scenario = createScenario({ services: [{ name: "a", start: () => "a", stop: () => sleep(s, 500) }] });
    await s.start();
    const restarted = watch(s.supervisor.restartService("a"));
    const stopped = watch(s.supervisor.stopService("a"));
    await s.clock.advance(500);
    expect(restarted.error).toMatchObject({ code: "ERR_START_ABORTED", path: "app/a" });
    expect([stopped.state, s.supervisor.status("a").state]).toEqual(["resolved", "stopped"]);
  });

  it("restartService that follows a stop by hand before that is over brings the service up", async () => {
    const s: Scenario = createScenario({ services: [{ name: "a", start: () => "a", stop: () => sleep(s, 500) }] });
    await s.start();
    watch(s.supervisor.restartService("a"));
    watch(s.supervisor.stopService("a"));
    const last = watch(s.supervisor.restartService("a"));
    await s.clock.advance(500);
    expect([last.state, s.supervisor.status("a").state]).toEqual(["resolved", "running"]);
  });

  it("restartService of a nested supervisor restarts everything under it, in order", async () => {
    const [x, y] = [scripted("x"), scripted("y", { dependsOn: ["x"] })];
    const s = createScenario({ services: [{ name: "sub", services: [x.spec, y.spec] }] });
    await s.start();
    s.facts();
    await s.supervisor.restartService("sub");
    expect(s.facts()).toEqual([
      "sub stopping",
      "sub/y stopping",
      "sub/y stopped",
      "sub/x stopping",
      "sub/x stopped",
      "sub starting",
      "sub/x starting",
      "sub/y starting",
      "sub/x running",
      "sub/y running",
      "sub running",
    ]);
  });
});

it("what is below a supervisor on its way down is not started, though its own supervisor is up still", async () => {
  const [a, b] = [scripted("a"), scripted("b", { stopTimeoutMs: 5_000, dependsOn: ["inner"] })];
  const inner = { name: "inner", services: [a.spec] };
  const s = createScenario({ services: [{ name: "outer", services: [inner, b.spec] }] });
  await s.start();
  b.ignoreStop();
  const stopped = watch(s.supervisor.stopService("outer"));
  await s.clock.advance(0);
  expect(s.supervisor.status("outer/inner")).toMatchObject({ state: "running" });
  const verbs = [
    () => s.supervisor.startService("outer/inner/a"),
    () => s.supervisor.restartService("outer/inner/a"),
    () => s.supervisor.addService(scripted("c").spec, { under: "outer/inner" }),
  ];
  for (const verb of verbs) {
    expect(await rejection(verb())).toMatchObject({
      code: "ERR_NOT_RUNNING",
      message: "app/outer: it is stopping; its services can be changed while it is starting or running",
    });
  }
  b.complete();
  await s.clock.advance(0);
  expect([stopped.state, a.starts]).toEqual(["resolved", 1]);
});
