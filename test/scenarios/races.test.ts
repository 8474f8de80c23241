// Races: two things in the same turn, and two things at the same instant. The last wish holds, every promise settles,
// and the updates stay consistent. Cases 13, 143.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { sleep, type Watched, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

type Script = ReturnType<typeof scripted>;
type Deed = (s: Scenario, a: Script) => Promise<unknown> | undefined;

const safely = (deed: () => void) => {
  try {
    deed();
  } catch {
    // The scripted service had ended already.
  }
  return undefined;
};

const deeds: Record<string, Deed> = {
  fail: (_, a) => safely(() => a.fail()),
  complete: (_, a) => safely(() => a.complete()),
  "ctx.fail": (_, a) => safely(() => a.ctx!.fail(new Error("ctx.fail"))),
  stopService: (s) => s.supervisor.stopService("a"),
  startService: (s) => s.supervisor.startService("a"),
  restartService: (s) => s.supervisor.restartService("a"),
  removeService: (s) => s.supervisor.removeService("a"),
  stop: (s) => s.supervisor.stop(),
};
const names = Object.keys(deeds);

describe("in the same turn", () => {
  const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));

  it.each(
    pairs,
  )("%s, then %s in the same turn: the last request holds, and every promise settles", async (first, second) => {
    const a = scripted("a", { restart: { initialBackoffMs: 100 }, critical: false });
    const s = createScenario({ services: [a.spec, scripted("mate").spec] });
    await s.start();
    const promises: [name: string, promise: Watched<unknown>][] = [];
    for (const name of [first, second]) {
      const promise = deeds[name]!(s, a);
      if (promise) promises.push([name, watch(promise)]);
    }
    await s.clock.advance(60_000);
    expect(promises.map(([, { state }]) => state)).not.toContain("pending");
    // An error that arrives after a stop request counts as the answer to it.
    const answers = first === "fail" ? "failed" : "stopped";
    const tree = s.supervisor.status();
    const own = tree.services.find(({ name }) => name === "a");
    expect(tree.state).toBe([first, second].includes("stop") ? answers : "running");
    if (tree.state !== "running" || second === "stopService")
      expect([own?.state ?? answers, a.live]).toEqual([answers, 0]);
    else if (second === "removeService")
      expect([own?.state, a.live]).toEqual([first === "fail" ? "failed" : undefined, 0]);
    else if (
      first !== "removeService" &&
      (second === "restartService" || (second === "startService" && first !== "complete"))
    )
      expect([own!.state, a.live]).toEqual(["running", 1]);
    else if (own) expect(["running", "stopped"]).toContain(own.state);
    for (const [name, { state }] of promises) if (name === "removeService" && own) expect(state).toBe("rejected");
    expectOneStory(s);
    expectHistory(s.record.updates);
  });

  it.each(names)("%s twice in the same turn does the same as once", async (name) => {
    const [once, twice] = await Promise.all(
      [1, 2].map(async (times) => {
        const a = scripted("a", { critical: false });
        const s = createScenario({ services: [a.spec, scripted("mate").spec] });
        await s.start();
        for (let time = 0; time < times; time++) watch(deeds[name]!(s, a) ?? Promise.resolve());
        await s.clock.advance(60_000);
        return s.facts();
      }),
    );
    expect(twice).toEqual(once);
  });

  it("start and stop in the same turn leave nothing up and nothing pending; the other way round is refused", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec, scripted("b", { readyOn: "signal" }).spec] });
    const [started, stopped] = [watch(s.supervisor.start()), watch(s.supervisor.stop())];
    await s.clock.advance(0);
    expect([started.error?.code, stopped.state, a.live]).toEqual(["ERR_START_ABORTED", "resolved", 0]);
    expect(await s.supervisor.exit).toEqual({ kind: "stopped" });
    expectHistory(s.record.updates);
  });

  it("a start of a tree that still stops is refused, and the stop goes on", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    const [stopped, started] = [watch(s.supervisor.stop()), watch(s.supervisor.start())];
    await s.clock.advance(0);
    a.complete();
    await s.clock.advance(0);
    expect([started.error.code, stopped.state]).toEqual(["ERR_ALREADY_RUNNING", "resolved"]);
  });

  it("a start that follows the end of a stop at once finds the tree ready", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const both = s.supervisor.stop().then(() => s.supervisor.start());
    await s.clock.advance(0);
    await both;
    expect([a.starts, a.live]).toEqual([2, 1]);
    const byExit = s.supervisor.exit.then(() => s.supervisor.start());
    await s.supervisor.stop();
    await byExit;
    expect([a.starts, a.live]).toEqual([3, 1]);
  });

  it("ready and then a failure in one turn is a failure after a start", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    a.ready();
    a.fail();
    await s.clock.advance(0);
    expect(s.facts("a")).toEqual(["a starting", "a running", "a backoff 1000"]);
    expect(started.state).toBe("resolved");
  });

  it("a failure and then ready in one turn is a failure of the start alone", async () => {
    const a = scripted("a", { readyOn: "signal" });
    const s = createScenario({ services: [a.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    a.ctx!.fail(new Error("no"));
    a.ready();
    await s.clock.advance(0);
    expect(s.facts("a")).toEqual(["a starting", "a stopping", "a backoff 1000"]);
    expect(started.state).toBe("pending");
  });

  it("all services that fail at once make one escalation, and everything is down", async () => {
    const services = ["a", "b", "c"].map((name) => scripted(name, { restart: { maxRetries: 0 } }));
    const s = createScenario({ services: services.map(({ spec }) => spec) });
    await s.start();
    for (const { ctx } of services) ctx!.fail(new Error("all"));
    await s.clock.advance(0);
    expect(s.facts().filter((fact) => fact.includes("escalation"))).toHaveLength(1);
    expect(s.supervisor.status()).toMatchObject({ state: "failed" });
    expect(services.map(({ live }) => live)).toEqual([0, 0, 0]);
    expectHistory(s.record.updates);
  });
});

describe("at the same instant", () => {
  /** Sets the timer of one side before or after that of the other. */
  const orders = ["before", "after"] as const;

  it.each(orders)("a stop %s the end of a backoff at the same instant wins", async (order) => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const stopped: Watched<void>[] = [];
    const stop = () => s.clock.setTimeout(() => stopped.push(watch(s.supervisor.stop())), 1_000);
    if (order === "before") stop();
    a.fail();
    await s.clock.advance(0);
    if (order === "after") stop();
    await s.clock.advance(60_000);
    expect([stopped[0]!.state, a.live]).toEqual(["resolved", 0]);
    expect(a.starts).toBe(order === "before" ? 1 : 2);
    expectHistory(s.record.updates);
  });

  it.each(orders)("of ready %s the start timeout at the same instant one holds, not both", async (order) => {
    const a = scripted("a", { readyOn: "signal", startTimeoutMs: 500, restart: "never" });
    const s = createScenario({ services: [a.spec] });
    if (order === "before") s.clock.setTimeout(() => a.ready(), 500);
    await s.start();
    if (order === "after") s.clock.setTimeout(() => a.ready(), 500);
    await s.clock.advance(500);
    expect(s.supervisor.status("a").state).toBe(order === "before" ? "running" : "failed");
    await s.clock.advance(60_000);
    expect(s.supervisor.status("a").state).toBe(order === "before" ? "running" : "failed");
    expectHistory(s.record.updates);
  });

  it.each(
    orders,
  )("an end %s the stop deadline at the same instant is stopped, or unstopped and late, not both", async (order) => {
    const a = scripted("a", { stopTimeoutMs: 500 });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    const end = () => s.clock.setTimeout(() => a.complete(), 500);
    if (order === "before") end();
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(0);
    if (order === "after") end();
    await s.clock.advance(500);
    const late = s.facts().filter((fact) => /late|unstopped/.test(fact));
    expect(late).toEqual(order === "before" ? [] : ["a unstopped", "a late completed"]);
    expect(stopped.state).toBe(order === "before" ? "resolved" : "rejected");
    expectHistory(s.record.updates);
  });

  it.each(orders)("a result %s the timeout of its check counts once", async (order) => {
    const checks: ((answer: boolean) => void)[] = [];
    const check = () => {
      const answer = new Promise<boolean>((resolve) => {
        checks.push(resolve);
      });
      if (order === "before") s.clock.setTimeout(() => checks.at(-1)!(true), 200);
      return answer;
    };
    const a = scripted("a", {
      critical: false,
      readiness: { check, timeoutMs: 200, failureThreshold: 1, intervalMs: 1_000 },
    });
    const s: Scenario = createScenario({ services: [a.spec] });
    await s.start();
    if (order === "after") s.clock.setTimeout(() => checks.at(-1)!(true), 200);
    await s.clock.advance(200);
    expect(checks).toHaveLength(1);
    const { healthy } = s.supervisor.status("a");
    await s.clock.advance(999);
    expect([s.supervisor.status("a").healthy, checks.length]).toEqual([healthy, 1]);
  });

  it("two services whose backoffs end at the same instant start in the order of their failures", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    s.facts();
    b.fail();
    a.fail();
    await s.clock.advance(1_000);
    expect(s.facts()).toEqual([
      "b backoff 1000",
      "a backoff 1000",
      "b starting",
      "b running",
      "a starting",
      "a running",
    ]);
  });
});

describe("a restart and a stop from outside, at every moment of a slow service", () => {
  // The start takes until 100, the service is up until 300, the stop takes 100.
  const moments = [0, 50, 100, 150, 300, 350, 400];

  it.each(
    moments.flatMap((at) => ["restartService", "stopService", "stop"].map((name) => [name, at] as const)),
  )("%s at %i ms", async (name, at) => {
    let [live, starts, doubled] = [0, 0, false];
    const spec: ServiceSpec = {
      name: "a",
      critical: false,
      start: async (ctx) => {
        starts++;
        doubled ||= ++live > 1;
        await sleep(s, 100);
        s.clock.setTimeout(() => ctx.fail(new Error("tired")), 200);
        return "a";
      },
      stop: async () => {
        await sleep(s, 100);
        live--;
      },
      restart: { maxRetries: 2, initialBackoffMs: 50 },
    };
    const s: Scenario = createScenario({ services: [spec] });
    await s.start();
    await s.clock.advance(at);
    const promise = watch(deeds[name]!(s, undefined as never)!);
    await s.clock.advance(60_000);
    expect([promise.state === "pending", doubled, live]).toEqual([false, false, 0]);
    if (name !== "restartService") expect(starts).toBeLessThanOrEqual(2);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });
});
