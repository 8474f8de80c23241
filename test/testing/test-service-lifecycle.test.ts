// testServiceLifecycle passes services that are right, and finds what is wrong with the others.

import { EventEmitter } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { setup } from "xstate";
import type { ServiceSpec } from "../../src/index.ts";
import {
  createSimulatedClock,
  type LifecycleDriver,
  lifecyclePaths,
  testServiceLifecycle,
} from "../../src/testing/index.ts";

const quick: LifecycleDriver = { patienceMs: 500, graceMs: 50 };

/** A server on any port, with a choice of mistakes. */
function serverSpec({ forgetsToClose = false, stopsLate = false } = {}): ServiceSpec {
  return {
    name: "server",
    stopTimeoutMs: 100,
    start: () =>
      new Promise((resolve) => {
        const server = createServer();
        server.listen(0, "127.0.0.1", () => resolve(server));
      }),
    stop: (server) =>
      forgetsToClose
        ? undefined
        : new Promise<void>((resolve) => {
            (server as ReturnType<typeof createServer>).close(() => {
              if (!stopsLate) resolve();
            });
          }),
  };
}

describe("a service that is as it should be", () => {
  it("a correct service takes every path that can be driven, and leaves nothing behind", async () => {
    const report = await testServiceLifecycle(() => serverSpec(), quick);
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.results.length).toBeGreaterThan(20);
    const taken = report.results.map(({ path }) => path.title);
    expect(taken).toContain("start, ready, restart");
    expect(taken.some((title) => title.startsWith("start, stop, end"))).toBe(true);
  });

  it("the report lists what was not covered, and which member of the driver is missing", async () => {
    const { notCovered } = await testServiceLifecycle(() => serverSpec(), quick);
    expect(notCovered).toContainEqual({ what: "stop-timeout while stopping", because: "the driver has no hangStop" });
    expect(notCovered.map(({ what }) => what)).not.toContain("complete while running");
  });

  it("a service takes its time from a simulated clock, where it is given one", async () => {
    const clock = createSimulatedClock();
    const spec: ServiceSpec = {
      name: "slow",
      start: () => new Promise((resolve) => clock.setTimeout(() => resolve("up"), 60_000)),
      startTimeoutMs: 90_000,
      stopTimeoutMs: 90_000, // it does not cut its start short
      stop: () => new Promise<void>((resolve) => clock.setTimeout(() => resolve(), 5_000)),
    };
    const report = await testServiceLifecycle(() => spec, { ...quick, clock });
    expect(report.problems).toEqual([]);
  });

  it("a service loses its health and regains it, hangs, and completes, as the driver makes it", async () => {
    const world = { healthy: true, hangsInStart: false, hangsInStop: false, failsInStart: false, failsInStop: false };
    const take = (what: keyof typeof world) => {
      const was = world[what];
      world[what] = false;
      return was;
    };
    let end = (_how: "fail" | "complete") => {};
    const spec: ServiceSpec = {
      name: "all",
      startTimeoutMs: 50,
      stopTimeoutMs: 50,
      readyOn: "signal",
      readiness: () => world.healthy,
      run: ({ ready, signal }) =>
        new Promise((resolve, reject) => {
          if (take("failsInStart")) return reject(new Error("start"));
          if (!take("hangsInStart")) setTimeout(ready, 1);
          end = (how) => (how === "fail" ? reject(new Error("crash")) : resolve("done"));
          signal.addEventListener("abort", () => {
            if (take("hangsInStop")) return;
            if (take("failsInStop")) reject(new Error("stop"));
            else setTimeout(resolve, 1);
          });
        }),
    };
    const report = await testServiceLifecycle(() => spec, {
      ...quick,
      crash: () => end("fail"),
      complete: () => end("complete"),
      failStart() {
        world.failsInStart = true;
      },
      hangStart() {
        world.hangsInStart = true;
      },
      failStop() {
        world.failsInStop = true;
      },
      hangStop() {
        world.hangsInStop = true;
      },
      breakHealth() {
        world.healthy = false;
      },
      restoreHealth() {
        world.healthy = true;
      },
      after: () =>
        Object.assign(world, { hangsInStart: false, hangsInStop: false, failsInStart: false, failsInStop: false }),
    });
    expect(report.problems).toEqual([]);
    expect(report.notCovered).toEqual([]);
    expect(report.results.map(({ path }) => path.title)).toEqual(lifecyclePaths({ spec }).map(({ title }) => title));
  }, 60_000);

  it("a service that is an actor takes its paths", async () => {
    const machine = setup({}).createMachine({ initial: "on", states: { on: {} } });
    const report = await testServiceLifecycle(() => ({ name: "machine", actor: machine }), quick);
    expect(report.problems).toEqual([]);
    expect(report.notCovered.map(({ because }) => because)).toContain("the driver has no crash");
  });
});

describe("a service that is not", () => {
  it("a leaked socket is found on the paths on which it leaks", async () => {
    const report = await testServiceLifecycle(() => serverSpec({ forgetsToClose: true }), {
      ...quick,
      select: ({ title }) => title === "start, ready, stop",
    });
    expect(report.problems).toEqual(["after start, ready, stop: leaked 1 TCPServerWrap"]);
    expect(String(report)).toContain("server: 0 of 1 paths as they should be");
  });

  // Case U9.
  it("a leak on every path is waited for once, and is one finding with its line", async () => {
    const held: NodeJS.Timeout[] = [];
    const start = () => void held.push(setInterval(() => {}, 1_000));
    const began = performance.now();
    const report = await testServiceLifecycle(() => ({ name: "leaky", start }), { ...quick, graceMs: 1_000 });
    const tookMs = performance.now() - began;
    for (const timer of held) clearInterval(timer);
    expect(report.findings).toEqual([
      {
        what: "leaked Timeout",
        madeAt: expect.stringMatching(/test-service-lifecycle\.test\.ts:\d+$/),
        paths: expect.any(Number),
        shortest: expect.any(String),
      },
    ]);
    expect(report.findings[0]!.paths).toBeGreaterThan(20);
    expect(tookMs).toBeLessThan(5_000);
  });

  it("a leaked timer, a leaked listener of the process, and leaks that the driver counts are found", async () => {
    const bus = new EventEmitter();
    const held: (() => void)[] = [];
    const spec: ServiceSpec = {
      name: "leaky",
      start() {
        const listener = () => {};
        const timer = setInterval(() => {}, 1_000);
        process.on("SIGUSR2", listener);
        bus.on("order", listener);
        held.push(() => {
          clearInterval(timer);
          process.off("SIGUSR2", listener);
        });
      },
    };
    const report = await testServiceLifecycle(() => spec, {
      ...quick,
      count: { "listeners of the bus": () => bus.listenerCount("order") },
      select: ({ title }) => title === "start, ready, stop",
    });
    for (const release of held) release();
    expect(report.problems).toEqual([
      "after start, ready, stop: leaked 1 Timeout",
      "after start, ready, stop: leaked 1 listener of process SIGUSR2",
      "after start, ready, stop: leaked 1 listeners of the bus",
    ]);
  });

  it("a service that does not stop in time is found", async () => {
    const report = await testServiceLifecycle(() => serverSpec({ stopsLate: true }), {
      ...quick,
      select: ({ title }) => title === "start, ready, stop",
    });
    expect(report.problems).toHaveLength(1);
    expect(report.problems[0]).toMatch(/^after start, ready, stop: lifecycle\/server: still running \d+ ms after/);
  });

  it("a service that does not come up again after its first failure is found", async () => {
    let taken = false;
    const spec: ServiceSpec = {
      name: "once",
      async start() {
        if (taken) throw new Error("EADDRINUSE");
        taken = true;
      },
    };
    const report = await testServiceLifecycle(() => spec, {
      ...quick,
      before: () => {
        taken = false;
      },
      select: ({ title }) => title.startsWith("start, ready, restart"),
    });
    expect(report.ok).toBe(true);
    const again = await testServiceLifecycle(() => spec, {
      ...quick,
      before: () => {
        taken = false;
      },
      select: ({ title }) => title.startsWith("start, fail, backoff-over, ready"),
    });
    expect(again.problems[0]).toMatch(
      /^after start, fail, backoff-over, ready: expected running \(healthy\), but it is failed and stays there; its last error: .*EADDRINUSE/,
    );
  });

  it("a service that does not become unhealthy when its check is broken is found", async () => {
    const spec: ServiceSpec = { name: "liar", start: () => 1, readiness: () => true };
    const report = await testServiceLifecycle(() => spec, {
      ...quick,
      patienceMs: 100,
      breakHealth() {},
      restoreHealth() {},
      select: ({ title }) => title === "start, ready, healthy, unhealthy",
    });
    expect(report.problems).toEqual([
      "after start, ready, healthy, unhealthy: expected running (unhealthy), but it is running after 100 ms",
    ]);
  });

  it("a wrong definition is an error", async () => {
    await expect(testServiceLifecycle(() => ({ name: "", start() {} }))).rejects.toMatchObject({
      code: "ERR_INVALID_SPEC",
    });
  });
});

describe("lifecyclePaths", () => {
  const events = (spec: Partial<ServiceSpec>) =>
    new Set(lifecyclePaths({ spec }).flatMap(({ steps }) => steps.map(({ event }) => event)));

  it("lifecyclePaths returns only paths that the definition allows", () => {
    expect(events({ start() {} }).has("complete")).toBe(false);
    expect(events({ run() {} }).has("complete")).toBe(true);
    expect(events({ start() {} }).has("healthy")).toBe(false);
    expect(events({ start() {}, readiness: () => true }).has("unhealthy")).toBe(true);
    expect(events({ start() {}, liveness: () => true }).has("dead")).toBe(true);
    expect(events({ start() {}, watchdogMs: 100 }).has("dead")).toBe(true);
    expect(events({ start() {}, restart: "never" }).has("backoff-over")).toBe(false);
    expect(events({ start() {}, startTimeoutMs: Number.POSITIVE_INFINITY }).has("start-timeout")).toBe(false);
    expect(events({ run() {} }).has("start-timeout")).toBe(false);
  });

  it("the paths of a service that can do everything take every transition", () => {
    const paths = lifecyclePaths();
    expect(new Set(paths.flatMap(({ steps }) => steps.map(({ state }) => state))).size).toBe(6);
    expect(new Set(paths.flatMap(({ steps }) => steps.map(({ event }) => event))).size).toBe(13);
    expect(new Set(paths.map(({ title }) => title)).size).toBe(paths.length);
    for (const { title, steps } of paths) expect(title).toBe(steps.map(({ event }) => event).join(", "));
  });
});
