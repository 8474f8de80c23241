// Runs: the promises and signals of one run concern that run, however it ends and whatever the next one does.

import { describe, expect, it } from "vitest";
import { createKeepingLogger } from "../support/logger.ts";
import { rejection, type Watched, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** A tree of one service that takes 50 ms to start. */
function slowly() {
  const s = createScenario({
    services: [{ name: "a", start: (ctx) => ctx.sleep(50), restart: { jitter: false } }],
  });
  return s;
}

describe("a run that was cut off while it started", () => {
  it("by its signal leaves the next start alone", async () => {
    // Case C1
    const s = slowly();
    const abort = new AbortController();
    const run = watch(s.supervisor.run({ signal: abort.signal }));
    await s.clock.advance(10);
    abort.abort();
    await s.clock.advance(0);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    const started = watch(s.supervisor.start());
    await s.clock.advance(50);
    expect([run.state, started.state, s.supervisor.status().state]).toEqual(["resolved", "resolved", "running"]);
  });

  it("by stop() is over, and its signal cannot stop the next one", async () => {
    const s = slowly();
    const abort = new AbortController();
    const run = watch(s.supervisor.run({ signal: abort.signal }));
    await s.clock.advance(10);
    const stopped = s.supervisor.stop();
    await s.clock.advance(0);
    await stopped;
    const started = watch(s.supervisor.start());
    await s.clock.advance(50);
    expect([run.state, started.state]).toEqual(["resolved", "resolved"]);
    abort.abort();
    await s.clock.advance(1_000);
    expect(s.supervisor.status().state).toBe("running");
  });

  it("in the same turn as the next start is told apart from it", async () => {
    const s = slowly();
    const abort = new AbortController();
    abort.abort();
    const run = watch(s.supervisor.run({ signal: abort.signal }));
    const started = watch(s.supervisor.start());
    await s.clock.advance(50);
    expect([run.state, started.state, s.supervisor.status().state]).toEqual(["resolved", "resolved", "running"]);
  });
});

describe("a start that a listener of the end of a run asks for", () => {
  async function stopped(act: (start: () => void, stop: () => void) => void) {
    const s = createScenario({ services: [scripted("a").spec] });
    await s.start();
    const first = s.supervisor.exit;
    let again = watch(new Promise<void>(() => {}));
    const off = s.supervisor.on("status", ({ path, to }) => {
      if (path !== "app" || to !== "stopped") return;
      off();
      act(
        () => {
          again = watch(s.supervisor.start());
        },
        () => void s.supervisor.stop(),
      );
    });
    await s.stop();
    await s.clock.advance(0);
    return { s, first, again: () => again };
  }

  it("is a run of its own, with an exit of its own, and can be stopped", async () => {
    const { s, first, again } = await stopped((start) => start());
    expect([await first, again().state, s.supervisor.status().state]).toEqual([
      { kind: "stopped" },
      "resolved",
      "running",
    ]);
    const exit = watch(s.supervisor.exit);
    await s.clock.advance(0);
    expect(exit.state).toBe("pending");
    await s.stop();
    expect([s.supervisor.status().state, exit.value]).toEqual(["stopped", { kind: "stopped" }]);
  });

  it("is called off by a stop that the same listener asks for after it", async () => {
    const { s, again } = await stopped((start, stop) => {
      start();
      stop();
    });
    expect([again().error.code, s.supervisor.status().state]).toEqual(["ERR_START_ABORTED", "stopped"]);
  });
});

it("a start whose tree completes before it was up is aborted", async () => {
  // Case C17
  const s = createScenario({
    autoShutdown: "any-significant",
    services: [
      { name: "slow", run: (ctx) => ctx.sleep(1_000), readyOn: "signal" },
      { name: "main", run: () => {}, readyOn: "signal", significant: true },
    ],
  });
  const error = rejection(s.supervisor.start());
  await s.clock.advance(0);
  expect(await error).toMatchObject({ code: "ERR_START_ABORTED", message: expect.stringContaining("completed") });
  expect(await s.supervisor.exit).toEqual({ kind: "completed" });
});

it("a run that a listener has asked for, and that is stopped before it begins, resolves as every stopped run does", async () => {
  const s = createScenario({ services: [scripted("a").spec] });
  const runs: Watched<void>[] = [];
  s.supervisor.on("status", ({ path, to }) => {
    if (path === "app" && to === "stopped") runs.push(watch(s.supervisor.run()));
  });
  await s.start();
  await s.supervisor.stop();
  await s.supervisor.stop();
  await s.clock.advance(0);
  expect(runs.map(({ state }) => state)).toEqual(["resolved"]);
  expect(s.supervisor.status().state).toBe("stopped");
});

describe("a tree whose services have all completed", () => {
  it("says once that it goes on for nothing, and how to let it end", async () => {
    // Case C11
    const { logger, entries } = createKeepingLogger();
    const s = createScenario(
      {
        services: [
          { name: "a", run: () => {} },
          { name: "b", run: () => {} },
        ],
      },
      { logger },
    );
    const run = watch(s.supervisor.run());
    await s.clock.advance(1_000);
    expect(run.state).toBe("pending");
    expect(entries.filter(({ level, message }) => level === "warn" && message.includes("autoShutdown"))).toHaveLength(
      1,
    );
    await s.supervisor.stop();
  });

  it("says so, too, when the last that ran is removed", async () => {
    const { logger, entries } = createKeepingLogger();
    const s = createScenario({ services: [{ name: "a", run: () => {} }, scripted("b").spec] }, { logger });
    await s.start();
    await s.clock.advance(0);
    expect(entries.filter(({ level }) => level === "warn")).toEqual([]);
    await s.supervisor.removeService("b");
    expect(entries.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("says nothing while one of them runs, or was stopped by hand", async () => {
    const { logger, entries } = createKeepingLogger();
    const b = scripted("b");
    const s = createScenario({ services: [{ name: "a", run: () => {} }, b.spec] }, { logger });
    await s.start();
    await s.supervisor.stopService("b");
    expect(entries.filter(({ level }) => level === "warn")).toEqual([]);
  });
});
