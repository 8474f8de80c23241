// explain(): why a service is in its state, in one sentence and as data. Every scenario that calls expectOneStory also
// compares it with status().

import { describe, expect, it } from "vitest";
import { expectOneStory } from "../support/invariants.ts";
import { drive, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

describe("the sentence", () => {
  it("the summary of a waiting service names its dependency, and that one's state", async () => {
    const db = scripted("database", { restart: { maxRetries: 5 }, readyOn: "signal" });
    const api = scripted("api", { dependsOn: ["database"] });
    const s = createScenario({ services: [db.spec, api.spec] });
    watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(s.supervisor.explain("api").summary).toMatch(/^waiting for database \(launching/);
    for (const delayMs of [1_000, 2_000, 0]) {
      db.fail();
      await s.clock.advance(delayMs);
    }
    expect(s.supervisor.explain("api")).toMatchObject({
      summary: "waiting for database (in backoff, next attempt in 4.0 s, 2 of 5 retries left)",
      waitingFor: [
        {
          path: "app/database",
          condition: "healthy",
          state: "backoff",
          because: "in backoff, next attempt in 4.0 s, 2 of 5 retries left",
        },
      ],
    });
    await s.clock.advance(1_500);
    expect(s.supervisor.explain("api").summary).toMatch(/next attempt in 2\.5 s/);
    expectOneStory(s);
  });

  it("the summary of a service that waits for several names all that it still waits for, and no others", async () => {
    const [a, b, c] = [scripted("a"), scripted("b", { readyOn: "signal" }), scripted("c")];
    const dependsOn = ["a", { service: "b", condition: "started" }, { service: "c", condition: "completed" }] as const;
    const s = createScenario({ services: [a.spec, b.spec, c.spec, scripted("d", { dependsOn }).spec] });
    watch(s.supervisor.start());
    await s.clock.advance(0);
    const { summary, waitingFor } = s.supervisor.explain("d");
    expect(waitingFor.map(({ path, condition }) => [path, condition])).toEqual([
      ["app/b", "started"],
      ["app/c", "completed"],
    ]);
    expect(summary).toMatch(/^waiting for b \(.*\), c \(running.*\)$/);
  });

  it.each([
    ["delaying", /start delay of 5\.0 s/],
    ["launching", /launching for 2\.0 s.*30\.0 s.*not said that it is ready/],
    ["running", /^running and healthy for 2\.0 s$/],
    ["stopping", /^stopping for 2\.0 s.*10\.0 s/],
    ["backoff", /in backoff, next attempt in 3\.0 s, 4 of 5 retries left.*boom/],
    ["stopped by hand", /^stopped by hand 2\.0 s ago/],
    ["completed", /^completed 2\.0 s ago/],
    ["failed", /^failed for good 2\.0 s ago.*boom/],
    ["unstopped", /^failed 2\.0 s ago.*still running/],
  ])("the summary explains a service that is %s", async (state, sentence) => {
    const deaf = deafService("a", { stopTimeoutMs: 0 });
    const a = scripted("a", {
      critical: false,
      restart: { policy: state === "failed" ? "never" : "on-failure", initialBackoffMs: 5_000 },
      ...(state === "delaying" && { startDelayMs: 5_000 }),
      ...(state === "launching" && { readyOn: "signal" }),
    });
    const s = createScenario({ services: [state === "unstopped" ? deaf.spec : a.spec, scripted("mate").spec] });
    await s.start();
    if (state === "stopping") a.ignoreStop();
    if (["stopping", "stopped by hand", "unstopped"].includes(state)) watch(s.supervisor.stopService("a"));
    if (state === "backoff" || state === "failed") a.fail(new Error("boom"));
    if (state === "completed") a.complete();
    await s.clock.advance(2_000);
    expect(s.supervisor.explain("a").summary).toMatch(sentence);
    expectOneStory(s);
    if (state === "stopping") a.complete();
    if (state === "unstopped") deaf.end(1);
  });

  it("the summary of a service whose readiness fails says since when it runs, and what the check said", async () => {
    let fails = false;
    const check = () => {
      if (fails) throw new Error("pool is full");
    };
    const a = scripted("a", { readiness: { check, failureThreshold: 1, initialDelayMs: 100 } });
    const s = createScenario({ services: [a.spec] });
    watch(s.supervisor.start());
    await s.clock.advance(50);
    expect(s.supervisor.explain("a").summary).toMatch(/its readiness has not passed yet/);
    await s.clock.advance(50);
    fails = true;
    await s.clock.advance(1_900);
    expect(s.supervisor.explain("a").summary).toMatch(/^running for 2\.0 s, not healthy: pool is full$/);
  });

  it("the summary of what is down with a supervisor in backoff says when that starts it again", async () => {
    const failing = scripted("failing", { restart: { maxRetries: 0 } });
    const sub = { name: "sub", services: [failing.spec, scripted("beside").spec] };
    const s = createScenario({ services: [{ name: "ads", restart: { maxRetries: 2 }, services: [sub] }] });
    await s.start();
    failing.fail(new Error("boom"));
    await s.clock.advance(0);
    const sooner = /its supervisor app\/ads\/sub (is |\()in backoff, next attempt in 1\.0 s, 4 of 5 retries left/;
    expect(s.supervisor.explain("ads/sub/failing").summary).toMatch(
      /^failed 0\.0 s ago; starts again with .*: .*boom$/,
    );
    for (const name of ["failing", "beside"]) expect(s.supervisor.explain(`ads/sub/${name}`).summary).toMatch(sooner);
    await s.supervisor.stopService("ads/sub");
    expect(s.supervisor.explain("ads/sub/failing").summary).toMatch(/^failed for good .*boom$/);
    expect(s.supervisor.explain("ads/sub/beside").summary).toBe(
      "stopped; its supervisor app/ads/sub is stopped by hand",
    );
  });

  it("the summary of a service that restarts with its group says so", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    b.ignoreStop();
    a.fail();
    await s.clock.advance(100);
    expect(s.supervisor.explain("a").summary).toMatch(/restarts with its group/);
    b.ignoreStop(false);
    b.complete();
    await s.clock.advance(400);
    expect(s.supervisor.explain("a").summary).toMatch(/next attempt in 0\.6 s/);
    expect(s.supervisor.explain("b").summary).toMatch(/restarts with its group/);
    expectOneStory(s);
  });

  it("the summary of a starting supervisor, nested or the root, names what it waits for", async () => {
    const x = scripted("x", { readyOn: "signal" });
    const s = createScenario({ services: [{ name: "sub", services: [x.spec, scripted("y").spec] }] });
    expect(s.supervisor.explain("app").summary).toBe("stopped");
    watch(s.supervisor.start());
    await s.clock.advance(0);
    expect(s.supervisor.explain("sub").summary).toMatch(/launching.*waiting for x \(launching/);
    expect(s.supervisor.explain("app").summary).toMatch(/^starting: waiting for sub/);
    x.ready();
    await s.clock.advance(0);
    expect(s.supervisor.explain("app").summary).toBe("running and healthy");
    x.fail();
    await s.clock.advance(0);
    expect(s.supervisor.explain("app").summary).toMatch(/^running, unhealthy: waiting for sub/);
    expect(s.supervisor.explain("sub").summary).toMatch(/not healthy.*x \(in backoff/);
  });

  it("the summary of a stopping tree names what is still there, and that of a failed tree why", async () => {
    const [a, b] = [scripted("a"), scripted("b", { restart: { maxRetries: 0 } })];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    a.ignoreStop();
    b.fail(new Error("boom"));
    await s.clock.advance(100);
    expect(s.supervisor.explain("app").summary).toMatch(/^stopping.*a/);
    a.complete();
    await s.clock.advance(0);
    expect(s.supervisor.explain("app")).toMatchObject({ state: "failed", lastError: { code: "ERR_GAVE_UP" } });
    expect(s.supervisor.explain("app").summary).toMatch(/^failed.*boom/);
    expect(s.supervisor.explain("a").summary).toMatch(/^stopped/);
    expectOneStory(s);
  });

  it("the summary of a tree whose stop failed names the services that did not stop", async () => {
    const a = deafService("a", { stopTimeoutMs: 10 });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    watch(s.supervisor.stop());
    await s.clock.advance(10);
    expect(s.supervisor.explain("app")).toMatchObject({ state: "failed", summary: expect.stringMatching(/app\/a/) });
    expectOneStory(s);
    a.end(1);
  });
});

describe("what is left", () => {
  it("retriesLeft goes down with each failure, and is full again after a start by hand", async () => {
    const a = scripted("a", { restart: { maxRetries: 3 } });
    const s = createScenario({ services: [a.spec] });
    await s.start();
    const left = [s.supervisor.explain("a").retriesLeft];
    for (const delayMs of [1_000, 2_000, 4_000]) {
      a.fail();
      await s.clock.advance(delayMs);
      left.push(s.supervisor.explain("a").retriesLeft);
    }
    expect(left).toEqual([3, 2, 1, 0]);
    await s.supervisor.restartService("a");
    expect(s.supervisor.explain("a").retriesLeft).toBe(3);
  });

  it("retriesLeft is Infinity for a service without a limit, and 0 for one without retries", async () => {
    const a = scripted("a", { restart: { maxRetries: Number.POSITIVE_INFINITY } });
    const s = createScenario({ services: [a.spec, scripted("b", { restart: { maxRetries: 0 } }).spec] });
    expect(s.supervisor.explain("a").retriesLeft).toBe(Number.POSITIVE_INFINITY);
    expect(s.supervisor.explain("b").retriesLeft).toBe(0);
  });

  it("intensityLeft is that of the service's own supervisor, and comes back as the window moves on", async () => {
    const x = scripted("x", { restart: { initialBackoffMs: 100, multiplier: 1 } });
    const sub = { name: "sub", services: [x.spec], intensity: { maxRestarts: 3, withinMs: 1_000 } };
    const s = createScenario({ services: [sub] });
    await s.start();
    expect([s.supervisor.explain("sub/x").intensityLeft, s.supervisor.explain("sub").intensityLeft]).toEqual([
      3,
      Number.POSITIVE_INFINITY,
    ]);
    for (let round = 0; round < 2; round++) {
      x.fail();
      await s.clock.advance(100);
    }
    expect(s.supervisor.explain("sub/x").intensityLeft).toBe(1);
    await s.clock.advance(799);
    expect(s.supervisor.explain("sub/x").intensityLeft).toBe(1);
    await s.clock.advance(1);
    expect(s.supervisor.explain("sub/x").intensityLeft).toBe(2);
    await s.clock.advance(100);
    expect(s.supervisor.explain("sub/x").intensityLeft).toBe(3);
  });

  it("nextAttemptAt is when the next attempt comes", async () => {
    const a = scripted("a", { startDelayMs: 10 });
    const s = createScenario({ services: [a.spec] });
    await drive(s.clock, s.supervisor.start());
    a.fail();
    await s.clock.advance(400);
    expect(s.supervisor.explain("a")).toMatchObject({
      nextAttemptAt: 1_010,
      lastError: { message: "a was told to fail" },
    });
    await s.clock.advance(600);
    expect([a.starts, s.supervisor.explain("a").nextAttemptAt]).toEqual([2, null]);
  });
});
