// run(), exit and disposal: a whole life of the tree in one call.

import { describe, expect, it } from "vitest";
import { drive, rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

describe("run", () => {
  it("run() starts, waits for its signal, stops, and resolves", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    const run = watch(s.supervisor.run({ signal: controller.signal }));
    await s.clock.advance(100_000);
    expect([run.state, a.live]).toEqual(["pending", 1]);
    controller.abort();
    await s.clock.advance(0);
    expect([run.state, a.live]).toEqual(["resolved", 0]);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
  });

  it("run() resolves at once and starts nothing when its signal had aborted before", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.supervisor.run({ signal: AbortSignal.abort() });
    expect(a.starts).toBe(0);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
  });

  it("run() resolves when its signal aborts during the start, after the roll-back", async () => {
    const [a, b] = [scripted("a"), scripted("b", { readyOn: "signal" })];
    const s = createScenario({ services: [a.spec, b.spec] });
    const controller = new AbortController();
    const run = watch(s.supervisor.run({ signal: controller.signal }));
    await s.clock.advance(100);
    a.ignoreStop();
    controller.abort();
    await s.clock.advance(0);
    expect(run.state).toBe("pending");
    a.complete();
    await s.clock.advance(0);
    expect([run.state, b.live]).toEqual(["resolved", 0]);
  });

  it("run() resolves when another caller stops the tree, running or starting", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec] });
    for (const isUp of [true, false]) {
      const run = watch(s.supervisor.run());
      await s.clock.advance(0);
      if (isUp) a.ready();
      await s.clock.advance(0);
      await s.supervisor.stop();
      await s.clock.advance(0);
      expect([isUp, run.state, run.error]).toEqual([isUp, "resolved", undefined]);
    }
  });

  it("run() resolves when the tree completes", async () => {
    const a = scripted("a", { significant: true });
    const s = createScenario({ autoShutdown: "any-significant", services: [a.spec, scripted("b").spec] });
    const run = watch(s.supervisor.run());
    await s.clock.advance(0);
    a.complete();
    await s.clock.advance(0);
    expect(run.state).toBe("resolved");
    expect(await s.supervisor.exit).toEqual({ kind: "completed" });
  });

  it("run() rejects with what made the tree fail", async () => {
    const a = scripted("a", { restart: { maxRetries: 0 } });
    const s = createScenario({ services: [a.spec] });
    const run = watch(s.supervisor.run());
    await s.clock.advance(0);
    a.fail();
    await s.clock.advance(0);
    expect(run.error).toMatchObject({ code: "ERR_GAVE_UP", path: "app/a" });
    expect(await s.supervisor.exit).toEqual({ kind: "failed", error: run.error });
  });

  it("run() rejects when the start fails", async () => {
    const s = createScenario({
      services: [{ name: "a", start: () => Promise.reject(new Error("no")), restart: { maxRetries: 0 } }],
    });
    expect(await rejection(s.supervisor.run())).toMatchObject({ code: "ERR_START_FAILED" });
  });

  it("run() rejects when the stop that its signal asked for fails", async () => {
    const a = deafService("a", { stopTimeoutMs: 100 });
    const s = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    const run = watch(s.supervisor.run({ signal: controller.signal }));
    await s.clock.advance(0);
    controller.abort();
    await s.clock.advance(100);
    expect(run.error).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/a" }] });
  });

  it("run() of a tree that runs already is refused, and leaves that run alone", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const run = watch(s.supervisor.run());
    await s.clock.advance(0);
    for (const signal of [undefined, AbortSignal.abort()]) {
      expect(await rejection(s.supervisor.run({ signal }))).toMatchObject({ code: "ERR_ALREADY_RUNNING" });
    }
    expect([run.state, a.live]).toEqual(["pending", 1]);
  });

  it("run() leaves no listener on its signal behind", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const counted = { added: 0, removed: 0 };
    const { signal } = new AbortController();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      counted.added++;
      return Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      counted.removed++;
      return Reflect.apply(removeEventListener, signal, args);
    };
    const run = s.supervisor.run({ signal });
    await s.clock.advance(0);
    await s.supervisor.stop();
    await run;
    expect(counted.added).toBeGreaterThan(0);
    expect(counted.removed).toBe(counted.added);
  });
});

describe("exit", () => {
  it("exit is one promise from before the start to the end of the run, and stays that until the next start", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const exit = s.supervisor.exit;
    const watched = watch(exit);
    await s.start();
    expect(s.supervisor.exit).toBe(exit);
    expect(watched.state).toBe("pending");
    await s.supervisor.stop();
    expect(s.supervisor.exit).toBe(exit);
    expect(await exit).toEqual({ kind: "stopped" });
    await s.start();
    expect(s.supervisor.exit).not.toBe(exit);
    expect(watch(s.supervisor.exit).state).toBe("pending");
  });

  it("exit settles when everything is down, not when the stop begins", async () => {
    const [a, b] = [scripted("a"), scripted("b", { restart: { maxRetries: 0 } })];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    const exit = watch(s.supervisor.exit);
    a.ignoreStop();
    b.fail();
    await s.clock.advance(1_000);
    expect([exit.state, s.supervisor.status().state]).toEqual(["pending", "stopping"]);
    a.complete();
    await s.clock.advance(0);
    expect(exit.value).toMatchObject({ kind: "failed", error: { code: "ERR_GAVE_UP" } });
    expect(a.live).toBe(0);
  });
});

it("await using stops the tree", async () => {
  const a = scripted("a");
  const s = createScenario({ services: [a.spec] });
  {
    await using tree = s.supervisor;
    await tree.start();
    expect(a.live).toBe(1);
  }
  expect([a.live, s.supervisor.status().state]).toEqual([0, "stopped"]);
  await s.supervisor[Symbol.asyncDispose]();
});

it("disposal of a tree that cannot be stopped rejects as stop() does", async () => {
  const a = deafService("a", { stopTimeoutMs: 10 });
  const s = createScenario({ services: [a.spec] });
  await s.start();
  const error = await rejection(drive(s.clock, s.supervisor[Symbol.asyncDispose]() as Promise<void>));
  expect(error.code).toBe("ERR_STOP_FAILED");
});
