// User code that calls the handle from inside the tree's own steps: run, start, stop, an abort listener, a check, a
// listener, decide. Nothing runs inside a transition, so it may call any verb.

import { describe, expect, it } from "vitest";
import type { ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { type Watched, watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";
import { untilStopped } from "../support/services.ts";

/** The places: a service "a" that calls `call` there, and the step that brings it there once the tree is up. */
const places: Record<
  string,
  (call: () => void) => {
    spec: Partial<ServiceSpec>;
    go: (s: Scenario, ctx: () => ServiceContext) => unknown;
    listens?: string;
  }
> = {
  run: (call) => ({
    spec: {
      run: (ctx) => {
        call();
        return untilStopped(ctx);
      },
    },
    go: () => {},
  }),
  start: (call) => ({ spec: { start: call }, go: () => {} }),
  "start, later": (call) => ({ spec: { start: () => Promise.resolve().then(call) }, go: () => {} }),
  stop: (call) => ({ spec: { start: () => {}, stop: call }, go: (s) => watch(s.supervisor.restartService("a")) }),
  "an abort listener": (call) => ({
    spec: {
      run: (ctx) => {
        ctx.signal.addEventListener("abort", call);
        return untilStopped(ctx);
      },
    },
    go: (s) => watch(s.supervisor.restartService("a")),
  }),
  "a readiness check": (call) => ({ spec: { run: untilStopped, readiness: call }, go: () => {} }),
  "a liveness check": (call) => ({ spec: { run: untilStopped, liveness: call }, go: () => {} }),
  decide: (call) => ({
    spec: { run: untilStopped, restart: { initialBackoffMs: 100, decide: () => void call() } },
    go: (_, ctx) => ctx().fail(new Error("for decide")),
  }),
  "a listener of starting": (call) => ({ spec: { run: untilStopped }, go: () => call, listens: "starting" }),
  "a listener of running": (call) => ({ spec: { run: untilStopped }, go: () => call, listens: "running" }),
  "a listener of stopping": (call) => ({
    spec: { run: untilStopped },
    go: (s) => [call, watch(s.supervisor.restartService("a"))],
    listens: "stopping",
  }),
  "a listener of backoff": (call) => ({
    spec: { run: untilStopped, restart: { initialBackoffMs: 100 } },
    go: (_, ctx) => [call, ctx().fail(new Error("for the listener"))],
    listens: "backoff",
  }),
};

/** The calls, and what must be true in the end. */
const calls: Record<string, { call: (s: Scenario) => Promise<unknown> | undefined; holds: (s: Scenario) => void }> = {
  "status, health and explain": {
    call: (s) => {
      expectOneStory(s);
      return undefined;
    },
    holds: (s) => expect(s.supervisor.status("a").state).toBe("running"),
  },
  stop: {
    call: (s) => s.supervisor.stop(),
    holds: (s) => expect(s.supervisor.status()).toMatchObject({ state: "stopped", counts: { stopped: 2 } }),
  },
  "stopService of itself": {
    call: (s) => s.supervisor.stopService("a"),
    holds: (s) => {
      expect(s.supervisor.status("a").state).toBe("stopped");
      expect(s.supervisor.status().state).toBe("running");
    },
  },
  "startService of itself": {
    call: (s) => s.supervisor.startService("a"),
    holds: (s) => expect(s.supervisor.status("a").state).toBe("running"),
  },
  "restartService of itself": {
    call: (s) => s.supervisor.restartService("a"),
    holds: (s) => {
      expect(s.supervisor.status("a").state).toBe("running");
      expect(s.supervisor.status("a").incarnation).toBeGreaterThanOrEqual(1);
    },
  },
  "removeService of itself": {
    call: (s) => s.supervisor.removeService("a"),
    holds: (s) => expect(s.supervisor.status().services.map(({ name }) => name)).toEqual(["mate"]),
  },
  "restartService of a sibling": {
    call: (s) => s.supervisor.restartService("mate"),
    holds: (s) => expect(s.supervisor.status().counts.running).toBe(2),
  },
  "stopService of a sibling": {
    call: (s) => s.supervisor.stopService("mate"),
    holds: (s) => expect(s.supervisor.status().counts).toMatchObject({ running: 1, stopped: 1 }),
  },
  addService: {
    call: (s) => s.supervisor.addService({ name: "added", run: untilStopped }),
    holds: (s) => expect(s.supervisor.status("added").state).toBe("running"),
  },
  start: {
    call: (s) => s.supervisor.start(),
    holds: (s) => expect(s.supervisor.status().state).toBe("running"),
  },
};

describe.each(Object.keys(places))("inside %s", (place) => {
  it.each(Object.keys(calls))("%s can be called from there", async (what) => {
    const { call, holds } = calls[what]!;
    const promises: Watched<unknown>[] = [];
    let called = 0;
    const once = () => {
      if (called++ > 0) return;
      const promise = call(s);
      if (promise) promises.push(watch(promise));
    };
    let ctx: ServiceContext | undefined;
    const { spec, go, listens } = places[place]!(listener(once));
    const body = spec.run;
    const a = {
      name: "a",
      critical: false,
      stopTimeoutMs: 1_000,
      ...spec,
      ...(body && {
        run: (context: ServiceContext) => {
          ctx = context;
          return body(context);
        },
      }),
    } as ServiceSpec;
    const s: Scenario = createScenario({ services: [a, scripted("mate").spec] });
    if (listens) s.supervisor.on("status", ({ path, to }) => path === "app/a" && to === listens && once());
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    go(s, () => ctx!);
    await s.clock.advance(60_000);
    expect(called).toBeGreaterThan(0);
    expect([started, ...promises].map(({ state }) => state)).not.toContain("pending");
    holds(s);
    expectOneStory(s);
    expectHistory(s.record.updates);
  });
});

/** A call without a return value, which a check or a start would take for its own result. */
function listener(call: () => void): () => void {
  return () => {
    call();
  };
}

it("a service that stops the tree and waits for that is left behind at its deadline, without a deadlock", async () => {
  const a: ServiceSpec = {
    name: "a",
    run: async () => {
      await Promise.resolve();
      await s.supervisor.stop().catch(() => {});
    },
    stopTimeoutMs: 500,
  };
  const s: Scenario = createScenario({ services: [a, scripted("b").spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(500);
  expect(s.supervisor.status()).toMatchObject({ state: "failed", counts: { stopped: 1, failed: 1 } });
  expect(started.state).not.toBe("pending");
  expect(s.facts().at(-1)).toBe("a late completed");
});

it("several calls from one listener happen one after the other, and none is lost", async () => {
  const s = createScenario({ services: [scripted("a").spec] });
  await s.start();
  let left = 100;
  s.supervisor.on("status", ({ path, to }) => {
    if (path === "app/a" && to === "running" && left-- > 0) watch(s.supervisor.restartService("a"));
  });
  watch(s.supervisor.restartService("a"));
  await s.clock.advance(0);
  expect(s.supervisor.status("a")).toMatchObject({ state: "running", incarnation: 102 });
  expectHistory(s.record.updates);
});
