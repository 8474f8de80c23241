// Throws around the services: in listeners, the logger, the inspector, getters, and calls after the end. Case 149.

import { describe, expect, it } from "vitest";
import type { Logger, ServiceContext, ServiceSpec } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { createKeepingLogger } from "../support/logger.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, exitsOf, type Scenario, scripted } from "../support/scenario.ts";
import { raise, thrown } from "../support/thrown.ts";

describe("a listener", () => {
  it.each(
    thrown,
  )("a listener that throws or rejects is logged, and harms neither the others nor the tree: %s", async (_what, value) => {
    // case 149
    const { logger, entries } = createKeepingLogger();
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] }, { logger });
    const told: string[] = [];
    s.supervisor.on("status", () => raise(value));
    s.supervisor.on("status", () => Promise.reject(value));
    s.supervisor.on("health", async () => raise(value));
    s.supervisor.on("status", ({ path, to }) => void told.push(`${path} ${to}`));
    const reader = s.supervisor.updates();
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    expect(told.filter((one) => one.startsWith("app/a"))).toEqual([
      "app/a starting",
      "app/a running",
      "app/a backoff",
      "app/a starting",
      "app/a running",
    ]);
    expect(entries.filter(({ level }) => level === "error").length).toBeGreaterThanOrEqual(10);
    expect((await reader.next()).value).toMatchObject({ seq: 1 });
    await reader.return!();
    expect(s.supervisor.status().state).toBe("running");
  });

  it("a listener that answers with a thenable that throws is logged too", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    s.supervisor.on("status", () => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      then() {
        throw new Error("no");
      },
    }));
    await s.start();
    expect(s.supervisor.status().state).toBe("running");
  });
});

describe("what the tree is made with", () => {
  const failing = () => raise(new Error("no"));
  const asyncFailing = () => Promise.reject(new Error("no")) as unknown as undefined;

  it.each([
    ["throws", { debug: failing, info: failing, warn: failing, error: failing, child: failing }],
    [
      "rejects",
      { debug: asyncFailing, info: asyncFailing, warn: asyncFailing, error: asyncFailing, child: () => silentNot },
    ],
  ] as const)("a logger that %s harms nothing", async (_, logger) => {
    const told: unknown[] = [];
    const a: ServiceSpec = {
      name: "a",
      run: ({ log, signal }) => {
        log.info({}, "up");
        log.child({}).error({}, "up");
        told.push("up");
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      },
    };
    const b = scripted("b", { restart: "never" });
    const s = createScenario(
      { services: [a, b.spec, { name: "c", start: () => 1, stop: failing }] },
      { logger: logger as unknown as Logger },
    );
    s.supervisor.on("status", failing);
    await s.start();
    b.fail();
    await s.clock.advance(1_000);
    expect([told, s.supervisor.status().state]).toEqual([["up"], "running"]);
    expect(await rejection(s.supervisor.stop())).toMatchObject({ code: "ERR_STOP_FAILED" });
  });
  const silentNot: Logger = {
    debug: asyncFailing,
    info: asyncFailing,
    warn: asyncFailing,
    error: asyncFailing,
    child: () => silentNot,
  };

  it("an inspector that throws or rejects harms nothing", async () => {
    let events = 0;
    for (const inspect of [failing, asyncFailing]) {
      const a = scripted("a");
      const counted = () => {
        events++;
        return inspect();
      };
      const s = createScenario(
        { services: [a.spec, { name: "sub", services: [scripted("x").spec] }] },
        { inspect: counted },
      );
      await s.start();
      a.fail();
      await s.clock.advance(1_000);
      expect([a.starts, s.supervisor.status().state]).toEqual([2, "running"]);
    }
    expect(events).toBeGreaterThan(10);
  });

  it("an inspector that calls the handle harms nothing", async () => {
    const a = scripted("a");
    let asked = 0;
    const s: Scenario = createScenario(
      { services: [a.spec] },
      {
        inspect: () => {
          if (s === undefined || asked++ > 500) return;
          s.supervisor.status();
          if (asked === 20) watch(s.supervisor.restartService("a"));
        },
      },
    );
    await s.start().catch(() => {});
    await s.clock.advance(1_000);
    expect(s.supervisor.status().state).toBe("running");
    expectHistory(s.record.updates);
  });
});

describe("getters and answers of the user's", () => {
  it("a health answer that is neither a boolean nor a promise is a pass, whatever it is", async () => {
    for (const answer of [0, "", null, {}, [], "false"]) {
      const a = scripted("a", { readiness: { check: (() => answer) as never, failureThreshold: 1 } });
      const s = createScenario({ services: [a.spec] });
      await s.start();
      expect(s.supervisor.status("a").healthy).toBe(true);
    }
  });

  it("an answer whose then throws counts as a throw", async () => {
    const error = new Error("then");
    const trap = {
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then() {
        return raise(error);
      },
    };
    const services: ServiceSpec[] = [
      { name: "run", run: () => trap, restart: "never" },
      { name: "start", start: () => trap, restart: "never" },
      {
        name: "ready",
        run: scripted("ready").spec.run!,
        readiness: { check: (() => trap) as never, failureThreshold: 1 },
        critical: false,
      },
      { name: "stop", start: () => 1, stop: () => trap as never },
    ];
    const s = createScenario({ services });
    await s.start();
    for (const name of ["run", "start"]) expect((exitsOf(s, `app/${name}`)[0] as { error: Error }).error).toBe(error);
    expect(s.supervisor.status("ready").healthy).toBe(false);
    expect((await rejection(s.supervisor.stop())).errors).toMatchObject([{ path: "app/stop", cause: error }]);
  });

  it("the members of a context work when they are destructured", async () => {
    const told: unknown[] = [];
    let parts: Pick<ServiceContext, "ready" | "fail" | "heartbeat" | "use"> | undefined;
    const a: ServiceSpec = {
      name: "a",
      readyOn: "signal",
      run: ({ name, path, incarnation, signal, ready, heartbeat, fail, use, log }) => {
        told.push(name, path, incarnation, typeof log.info);
        parts = { ready, fail, heartbeat, use };
        return new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      },
    };
    const s = createScenario({ services: [a] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    parts!.heartbeat();
    parts!.ready();
    await s.clock.advance(0);
    expect([told, started.state]).toEqual([["a", "app/a", 1, "function"], "resolved"]);
    parts!.fail("gone");
    await s.clock.advance(0);
    expect(s.supervisor.status("a").state).toBe("backoff");
  });

  it("ready, heartbeat and fail after the end of the incarnation do nothing, ever again", async () => {
    const a = scripted("a", { readyOn: "signal", watchdogMs: 1_000_000 });
    const s = createScenario({ services: [a.spec, scripted("mate").spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const old = a.ctx!;
    old.ready();
    a.complete();
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
    const before = s.record.updates.length;
    const touch = () => {
      old.ready();
      old.heartbeat();
      old.fail(new Error("late"));
    };
    touch();
    await s.clock.advance(1_000);
    expect(s.record.updates).toHaveLength(before);
    const again = watch(s.supervisor.startService("a"));
    await s.clock.advance(0);
    touch();
    await s.clock.advance(0);
    expect([again.state, s.supervisor.status("a").phase]).toEqual(["pending", "launching"]);
    a.ready();
    await s.clock.advance(0);
    touch();
    await s.clock.advance(1_000);
    expect([again.state, s.supervisor.status("a").state]).toEqual(["resolved", "running"]);
  });

  it("a second failure while the first is being dealt with does not replace it", async () => {
    const first = new Error("first");
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    a.ctx!.fail(first);
    a.ctx!.fail(new Error("second"));
    await s.clock.advance(0);
    a.fail(new Error("third"));
    await s.clock.advance(0);
    expect(exitsOf(s, "app/a")).toEqual([{ kind: "failed", cause: "error", error: first }]);
    expect((exitsOf(s, "app/a")[0] as { error: Error }).error).toBe(first);
    expect(s.supervisor.status("a").failures).toBe(1);
    a.ignoreStop(false);
  });
});
