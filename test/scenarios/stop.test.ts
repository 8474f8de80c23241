// stop(): the order, what each service is asked, and what its answer counts as. Deadlines are in
// stop-deadlines.test.ts, stops in other states than running in stop-anytime.test.ts.

import { describe, expect, it } from "vitest";
import type { ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { drive, rejection, sleep, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

describe("order", () => {
  it("independent services stop side by side, last defined first", async () => {
    // case 137
    const services = ["a", "b", "c", "d", "e"].map((name) => scripted(name));
    const s = createScenario({ services: services.map(({ spec }) => spec) });
    await s.start();
    s.facts();
    await s.supervisor.stop();
    expect(s.facts()).toEqual([
      "app stopping",
      ...["e", "d", "c", "b", "a"].map((name) => `${name} stopping`),
      ...["e", "d", "c", "b", "a"].map((name) => `${name} stopped`),
      "app stopped",
    ]);
    expectHistory(s.record.updates);
  });

  it("the stops of independent services take as long as the longest of them", async () => {
    // case 141
    const takes = (name: string, ms: number): ServiceSpec => ({
      name,
      start: () => name,
      stop: () => sleep(s, ms),
      stopTimeoutMs: 2_000,
    });
    const s: Scenario = createScenario({ services: [takes("a", 1_000), takes("b", 1_000), takes("c", 5_000)] });
    await s.start();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(1_999);
    expect(stopped.state).toBe("pending");
    await s.clock.advance(1);
    expect(stopped.error.errors).toMatchObject([{ code: "ERR_UNSTOPPED", path: "app/c" }]);
    await s.clock.advance(3_000);
    expect(s.facts().at(-1)).toBe("c late completed");
  });

  it("a dependency is asked only after the last of its dependants has stopped", async () => {
    const takes = (name: string, ms: number, dependsOn: string[] = []): ServiceSpec => ({
      name,
      start: () => name,
      stop: () => sleep(s, ms),
      dependsOn,
    });
    const s: Scenario = createScenario({
      services: [
        takes("db", 0),
        takes("api", 100, ["db"]),
        takes("web", 300, ["db"]),
        takes("edge", 50, ["api", "web"]),
      ],
    });
    await s.start();
    s.facts();
    await drive(s.clock, s.supervisor.stop());
    expect(s.facts()).toEqual([
      "app stopping",
      "edge stopping",
      "edge stopped",
      "web stopping",
      "api stopping",
      "api stopped",
      "web stopped",
      "db stopping",
      "db stopped",
      "app stopped",
    ]);
    expect(s.clock.now()).toBe(350);
  });

  it("a nested supervisor stops everything under it before it has stopped", async () => {
    const nest = (name: string, services: ServiceSpec[]) => ({ name, services });
    const s = createScenario({ services: [scripted("a").spec, nest("sub", [scripted("x").spec, scripted("y").spec])] });
    await s.start();
    s.facts();
    await s.supervisor.stop();
    expect(s.facts("sub", "sub/x", "sub/y", "a")).toEqual([
      "sub stopping",
      "a stopping",
      "sub/y stopping",
      "sub/x stopping",
      "a stopped",
      "sub/y stopped",
      "sub/x stopped",
      "sub stopped",
    ]);
  });

  it("a dependency without dependants left alive is not held up by those that are down", async () => {
    const [db, api] = [scripted("db"), scripted("api", { dependsOn: ["db"] })];
    const s = createScenario({ services: [db.spec, api.spec] });
    await s.start();
    await s.supervisor.stopService("api");
    await s.supervisor.stop();
    expect(s.supervisor.status().counts.stopped).toBe(2);
  });
});

describe("what a service is asked", () => {
  it("the signal of a service aborts, then its stop is called, once, with what start returned", async () => {
    const asked: unknown[] = [];
    const s = createScenario({
      services: [
        {
          name: "a",
          start: ({ signal }) => {
            signal.addEventListener("abort", () => asked.push("abort"));
            return { pool: 1 };
          },
          stop: (value, ctx) => {
            asked.push(value, ctx.signal.aborted, ctx.path, ctx.incarnation);
          },
        },
      ],
    });
    await s.start();
    await s.supervisor.stop();
    expect(asked).toEqual(["abort", { pool: 1 }, true, "app/a", 1]);
  });

  it("stop is called only for what start returned: not after a failed start", async () => {
    const asked: unknown[] = [];
    let starts = 0;
    const s = createScenario({
      services: [
        {
          name: "a",
          start: () => (++starts < 3 ? Promise.reject(new Error("no")) : starts),
          stop: (value) => void asked.push(value),
        },
      ],
    });
    await drive(s.clock, s.supervisor.start());
    await s.supervisor.stop();
    expect(asked).toEqual([3]);
  });

  it("a start in progress that resolves after the request is taken down at once", async () => {
    const told: unknown[] = [];
    const s: Scenario = createScenario({
      services: [
        {
          name: "a",
          start: ({ signal }) => sleep(s, 500).then(() => `up, ${signal.aborted}`),
          stop: (value) => void told.push(value),
        },
      ],
    });
    const started = watch(s.supervisor.start());
    await s.clock.advance(100);
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(400);
    expect(told).toEqual(["up, true"]);
    expect([started.error.code, stopped.state]).toEqual(["ERR_START_ABORTED", "resolved"]);
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
    expectHistory(s.record.updates);
  });
});

describe("how a service answers", () => {
  const abortError = () => new DOMException("aborted", "AbortError");
  const onAbort = (answer: (ctx: ServiceContext, resolve: () => void, reject: (error: unknown) => void) => void) => {
    return (ctx: ServiceContext) =>
      new Promise<void>((resolve, reject) => ctx.signal.addEventListener("abort", () => answer(ctx, resolve, reject)));
  };

  it.each([
    ["returning", onAbort((_, resolve) => resolve())],
    ["rejecting with an AbortError", onAbort((_, __, reject) => reject(abortError()))],
    ["rejecting with signal.reason", onAbort((ctx, _, reject) => reject(ctx.signal.reason))],
    ["rejecting with the AbortError of something else", onAbort((_, __, reject) => reject(AbortSignal.abort().reason))],
  ])("a service that answers by %s has stopped", async (_, run) => {
    const s = createScenario({ services: [{ name: "a", run }] });
    await s.start();
    await s.supervisor.stop();
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped", error: null, failures: 0 });
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
  });

  it("an AbortError without a request is a failure like any other", async () => {
    // case 39
    let reject = (_: unknown) => {};
    const run = () =>
      new Promise<void>((_, no) => {
        reject = no;
      });
    const s = createScenario({ services: [{ name: "a", run }] });
    await s.start();
    reject(abortError());
    await s.clock.advance(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "backoff", exit: "failed", error: { name: "AbortError" } });
    await s.supervisor.stop();
  });

  it("a service that answers with any other error ends failed, is not restarted, and stop() reports it after all else is down", async () => {
    // case 142
    const error = new Error("flush failed");
    const run = onAbort((_, __, reject) => reject(error));
    const b = scripted("b");
    const s = createScenario({ services: [b.spec, { name: "a", run, restart: "always", dependsOn: ["b"] }] });
    await s.start();
    const failure = await rejection(s.supervisor.stop());
    expect(failure).toMatchObject({ code: "ERR_STOP_FAILED", path: "app" });
    expect(failure.errors).toHaveLength(1);
    expect(failure.errors![0]).toMatchObject({ path: "app/a", cause: error });
    expect(b.live).toBe(0);
    expect(s.supervisor.status("a")).toMatchObject({ state: "failed", exit: "failed" });
    await s.clock.advance(60_000);
    expect(s.supervisor.status("a").incarnation).toBe(1);
    expectHistory(s.record.updates);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["rejects with undefined", () => Promise.reject(undefined)],
  ])("a stop that %s is a failed stop; the others stop all the same", async (_, stop) => {
    const [x, y] = [scripted("x"), scripted("y")];
    const s = createScenario({ services: [x.spec, { name: "a", start: () => 1, stop }, y.spec] });
    await s.start();
    const failure = await rejection(s.supervisor.stop());
    expect(failure.errors!.map((error) => (error as typeof failure).path)).toEqual(["app/a"]);
    expect([x.live, y.live]).toEqual([0, 0]);
    expect(s.supervisor.status().counts).toMatchObject({ stopped: 2, failed: 1 });
  });

  it("the errors of two levels are listed each under its own path", async () => {
    // case 145
    const bad = (name: string): ServiceSpec => ({ name, start: () => 1, stop: () => Promise.reject(new Error(name)) });
    const s = createScenario({
      services: [
        bad("a"),
        { name: "sub", services: [bad("b"), { name: "deep", services: [bad("c"), scripted("ok").spec] }] },
      ],
    });
    await s.start();
    const failure = await rejection(s.supervisor.stop());
    expect(failure.errors!.map((error) => (error as typeof failure).path).sort()).toEqual([
      "app/a",
      "app/sub/b",
      "app/sub/deep/c",
    ]);
  });

  it("decide is not asked about a requested end", async () => {
    const asked: string[] = [];
    const decide = ({ kind }: { kind: string }) => void asked.push(kind);
    const a = scripted("a", { restart: { policy: "always", decide } });
    const b: ServiceSpec = {
      name: "b",
      start: () => 1,
      stop: () => Promise.reject(new Error("no")),
      restart: { decide },
    };
    const s = createScenario({ services: [a.spec, b] });
    await s.start();
    await s.supervisor.restartService("a");
    await s.supervisor.stopService("a");
    await s.supervisor.stopService("b").catch(() => {});
    await s.supervisor.stop();
    expect(asked).toEqual([]);
  });
});

it("concurrent stops share one, and a stop after the end resolves", async () => {
  const a = scripted("a");
  const s = createScenario({ services: [a.spec] });
  await s.supervisor.stop();
  await s.start();
  a.ignoreStop();
  const stops = [1, 2, 3].map(() => watch(s.supervisor.stop()));
  await s.clock.advance(100);
  expect(stops.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
  a.complete();
  await s.clock.advance(0);
  expect(stops.map(({ state }) => state)).toEqual(["resolved", "resolved", "resolved"]);
  await s.supervisor.stop();
  expect(s.facts("app").filter((fact) => fact === "app stopping")).toHaveLength(1);
});

it("a stop that failed is reported to every caller, and a later one resolves", async () => {
  const s = createScenario({ services: [{ name: "a", start: () => 1, stop: () => Promise.reject(new Error("no")) }] });
  await s.start();
  const stops = [watch(s.supervisor.stop()), watch(s.supervisor.stop())];
  await s.clock.advance(0);
  expect(stops.map(({ error }) => error?.code)).toEqual(["ERR_STOP_FAILED", "ERR_STOP_FAILED"]);
  await s.supervisor.stop();
});
