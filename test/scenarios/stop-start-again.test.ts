// A start that fails is rolled back, and a tree that has ended starts again.

import { describe, expect, it } from "vitest";
import { expectHistory } from "../support/invariants.ts";
import { drive, rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

describe("a start that fails", () => {
  it("a start that fails stops what has started in reverse, and carries the first error and those of the roll-back", async () => {
    // case 13
    const error = new Error("no port");
    const rollBack = new Error("cannot let go");
    const s = createScenario({
      services: [
        { name: "a", start: () => 1, stop: () => Promise.reject(rollBack) },
        scripted("b").spec,
        { name: "c", start: () => Promise.reject(error), restart: { maxRetries: 0 }, dependsOn: ["a", "b"] },
        scripted("d", { dependsOn: ["c"] }).spec,
      ],
    });
    const failure = await rejection(s.supervisor.start());
    expect(failure).toMatchObject({
      code: "ERR_START_FAILED",
      cause: { code: "ERR_GAVE_UP", path: "app/c", cause: error },
    });
    expect(failure.errors).toMatchObject([{ path: "app/a", cause: rollBack }]);
    expect(s.supervisor.status().counts).toMatchObject({ running: 0, starting: 0, stopping: 0 });
    expect(await s.supervisor.exit).toMatchObject({ kind: "failed" });
    expect(s.supervisor.status()).toMatchObject({ state: "failed", exit: "failed" });
    expect(s.facts("b", "a", "app").slice(-7)).toEqual([
      "app escalation ERR_GAVE_UP",
      "app stopping",
      "b stopping",
      "a stopping",
      "b stopped",
      "a failed",
      "app failed",
    ]);
    expectHistory(s.record.updates);
  });

  it("a start that fails names the error itself where there were no retries to use up", async () => {
    const error = new Error("no port");
    const s = createScenario({
      services: [{ name: "a", start: () => Promise.reject(error), restart: "never", critical: true }],
    });
    const failure = await rejection(s.supervisor.start());
    expect(failure.code).toBe("ERR_START_FAILED");
    expect(failure.cause).toBe(error);
  });
});

describe("a start", () => {
  it.each([
    "starting",
    "running",
    "stopping",
  ])("a start of a tree that is %s is refused, naming the state, and changes nothing", async (state) => {
    // case 19
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    if (state !== "starting") a.ready();
    if (state === "stopping") a.ignoreStop();
    if (state === "stopping") watch(s.supervisor.stop());
    await s.clock.advance(0);
    const error = await rejection(s.supervisor.start());
    expect(error).toMatchObject({ code: "ERR_ALREADY_RUNNING", message: expect.stringContaining(state) });
    expect([s.supervisor.status().state, a.starts]).toEqual([state, 1]);
    if (state === "stopping") a.complete();
    else a.ready();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
  });

  it("a start after a stop begins anew: incarnations go on, budgets are fresh, delays are waited again", async () => {
    // case 81
    const a = scripted("a", { restart: { maxRetries: 1 }, startDelayMs: 200 });
    const s = createScenario({ services: [a.spec], intensity: { maxRestarts: 1, withinMs: 1_000_000 } });
    await drive(s.clock, s.supervisor.start());
    a.fail();
    await s.clock.advance(1_000);
    expect(s.supervisor.explain("a")).toMatchObject({ retriesLeft: 0, intensityLeft: 0 });
    await s.supervisor.stop();
    const started = watch(s.supervisor.start());
    await s.clock.advance(199);
    expect([a.starts, started.state]).toEqual([2, "pending"]);
    await s.clock.advance(1);
    expect([a.starts, started.state]).toEqual([3, "resolved"]);
    expect(s.supervisor.status("a")).toMatchObject({ incarnation: 3, failures: 0 });
    expect(s.supervisor.explain("a")).toMatchObject({ retriesLeft: 1, intensityLeft: 1 });
    expect(s.supervisor.status().incarnation).toBe(2);
    a.fail();
    await s.clock.advance(1_000);
    expect(a.starts).toBe(4);
    expectHistory(s.record.updates);
  });

  it("a new start waits the start delay again, also behind a gate", async () => {
    const [a, b] = [scripted("a"), scripted("b", { dependsOn: ["a"], startDelayMs: 200 })];
    const s = createScenario({ services: [a.spec, b.spec] });
    for (const starts of [1, 2]) {
      const started = watch(s.supervisor.start());
      await s.clock.advance(199);
      expect([b.starts, started.state]).toEqual([starts - 1, "pending"]);
      await s.clock.advance(1);
      expect([b.starts, started.state]).toEqual([starts, "resolved"]);
      await s.supervisor.stop();
    }
  });

  it("a start after a failure begins anew, without the old error", async () => {
    const a = scripted("a", { restart: { maxRetries: 0 } });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status()).toMatchObject({ state: "failed", exit: "failed", error: { code: "ERR_GAVE_UP" } });
    const exit = s.supervisor.exit;
    await s.start();
    expect(s.supervisor.exit).not.toBe(exit);
    expect(s.supervisor.status()).toMatchObject({ state: "running", healthy: true, counts: { running: 2 } });
    await s.supervisor.stop();
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    expect((await exit).kind).toBe("failed");
  });

  it("a start after a failed stop starts what was left behind anew, beside it", async () => {
    const a = deafService("a", { stopTimeoutMs: 10 }, 1);
    const s = createScenario({ services: [a.spec] });
    await s.start();
    watch(s.supervisor.stop());
    await s.clock.advance(10);
    await s.start();
    expect([a.starts, s.supervisor.status("a").state]).toEqual([2, "running"]);
    a.end(1);
    await s.supervisor.stop();
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
  });

  it("a new start brings back what was removed, if it is part of the definition", async () => {
    const [a, b] = [scripted("a"), scripted("b", { dependsOn: [{ service: "a", required: false }] })];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    await s.supervisor.removeService("a");
    await s.supervisor.stop();
    await s.start();
    expect(s.supervisor.status().services.map(({ name, state }) => [name, state])).toEqual([
      ["a", "running"],
      ["b", "running"],
    ]);
    await s.supervisor.stop();
    expect(s.facts("a", "b").slice(-4)).toEqual(["b stopping", "b stopped", "a stopping", "a stopped"]);
  });
});
