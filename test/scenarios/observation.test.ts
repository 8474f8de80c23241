// Updates: which go out, in which order, and how listeners and readers receive them.

import { describe, expect, it } from "vitest";
import type { Dropped, Update } from "../../src/index.ts";
import { expectHistory } from "../support/invariants.ts";
import { watch } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

/** Everything that a reader has received so far. */
async function drain(s: Scenario, reader: AsyncIterator<Update | Dropped>): Promise<(Update | Dropped)[]> {
  const read: (Update | Dropped)[] = [];
  for (;;) {
    const next = watch(reader.next());
    await s.clock.advance(0);
    if (next.state === "pending" || next.value!.done) return read;
    read.push(next.value!.value);
  }
}

const numbers = (updates: readonly (Update | Dropped)[]) =>
  updates.map((update) => ("seq" in update ? update.seq : `dropped ${update.count}`));

describe("what goes out", () => {
  it("each update has the next number, the time, and a path, and is frozen", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    await s.supervisor.stop();
    const { updates } = s.record;
    expect(updates.map(({ seq }) => seq)).toEqual(updates.map((_, index) => index + 1));
    expect(updates.every((update) => Object.isFrozen(update))).toBe(true);
    expect([...new Set(updates.map(({ at }) => at))]).toEqual([0, 1_000]);
    expectHistory(updates);
  });

  it("the updates give the whole life of a service and its tree, fact by fact", async () => {
    const a = scripted("a", { readyOn: "signal", startDelayMs: 50, restart: { maxRetries: 1 }, dependsOn: ["b"] });
    const b = scripted("b");
    const s = createScenario({ services: [a.spec, b.spec] });
    const started = watch(s.supervisor.start());
    await s.clock.advance(50);
    a.ready();
    await s.clock.advance(0);
    a.fail();
    await s.clock.advance(1_000);
    a.ready();
    await s.supervisor.stop();
    expect(started.state).toBe("resolved");
    const told = s.record.updates.map((update) => {
      if (update.type === "health") return `${update.path} health ${update.from} ${update.to}`;
      if (update.type !== "status") return `${update.path} ${update.type}`;
      const { path, from, to, phase, incarnation, exit, delayMs, failures } = update;
      return [path, from, to, phase, incarnation, exit?.kind, delayMs, failures].filter((one) => one != null).join(" ");
    });
    expect(told).toEqual([
      "app stopped starting launching 1",
      "app/a stopped starting waiting 0",
      "app/b stopped starting launching 1",
      "app/b starting running healthy 1",
      "app/a starting starting delaying 0",
      "app/a starting starting waiting 0",
      "app/a starting starting launching 1",
      "app/a starting running healthy 1",
      "app health unhealthy healthy",
      "app starting running healthy 1",
      "app/a running backoff counting 1 failed 1000 1",
      "app health healthy unhealthy",
      "app running running unhealthy 1",
      "app/a backoff starting waiting 1",
      "app/a starting starting launching 2",
      "app/a starting running healthy 2",
      "app health unhealthy healthy",
      "app running running healthy 1",
      "app health healthy unhealthy",
      "app running stopping 1",
      "app/a running stopping 2",
      "app/a stopping stopped idle 2 stopped",
      "app/b running stopping 1",
      "app/b stopping stopped idle 1 stopped",
      "app stopping stopped idle 1 stopped",
    ]);
  });

  it("the update that leaves an incarnation carries its exit, of each kind", async () => {
    const error = new Error("boom");
    const [done, bad, deaf, held] = [
      scripted("done"),
      scripted("bad", { restart: "never" }),
      deafService("deaf", { stopTimeoutMs: 10 }),
      scripted("held"),
    ];
    const s = createScenario({ services: [done.spec, bad.spec, deaf.spec, held.spec] });
    await s.start();
    done.complete({ rows: 3 });
    bad.fail(error);
    await s.clock.advance(0);
    const stopped = watch(s.supervisor.stop());
    await s.clock.advance(10);
    expect(stopped.state).toBe("rejected");
    const exits = Object.fromEntries(
      s.record.updates.flatMap((update) =>
        update.type === "status" && update.exit ? [[update.path, update.exit]] : [],
      ),
    );
    expect(exits).toMatchObject({
      "app/done": { kind: "completed", value: { rows: 3 } },
      "app/bad": { kind: "failed", error, cause: "error" },
      "app/deaf": { kind: "unstopped" },
      "app/held": { kind: "stopped" },
      app: { kind: "failed", cause: "supervisor", error: { code: "ERR_STOP_FAILED" } },
    });
    deaf.end(1);
  });

  it("nested supervisors send updates of their own health and status", async () => {
    const x = scripted("x");
    const s = createScenario({ services: [{ name: "sub", services: [x.spec] }] });
    await s.start();
    expect(s.record.updates.map(({ type, path }) => `${path} ${type}`)).toEqual([
      "app status",
      "app/sub status",
      "app/sub/x status",
      "app/sub/x status",
      "app/sub health",
      "app/sub status",
      "app health",
      "app status",
    ]);
  });
});

describe("a listener", () => {
  it("a listener hears the updates of its type only, in order, until it is removed", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const told: Update[] = [];
    const remove = s.supervisor.on("health", (update) => told.push(update));
    await s.start();
    expect(told.map(({ type, path }) => [type, path])).toEqual([["health", "app"]]);
    remove();
    remove();
    await s.supervisor.stop();
    expect(told).toHaveLength(1);
  });

  it('a listener of "*" hears every update, in order, as a reader does', async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const told: Update[] = [];
    const remove = s.supervisor.on("*", (update) => told.push(update));
    const reader = s.supervisor.updates();
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    const seen = told.length;
    expect(told.map(({ seq }) => seq)).toEqual(Array.from({ length: seen }, (_, i) => i + 1));
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(["status", "health"]));
    for (const update of told) expect((await reader.next()).value).toBe(update);
    await reader.return?.();
    remove();
    await s.supervisor.stop();
    expect(told).toHaveLength(seen);
  });

  it("a listener that is registered twice is two listeners, with two removers", async () => {
    const s = createScenario({ services: [] });
    let calls = 0;
    const listener = () => void calls++;
    const removers = [s.supervisor.on("status", listener), s.supervisor.on("status", listener)];
    await s.start();
    const once = s.facts().length;
    expect(calls).toBe(2 * once);
    removers[0]!();
    await s.supervisor.stop();
    expect(calls).toBe(2 * once + s.facts().length);
  });

  it("a listener may remove itself, and add others, while it is called", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const told: string[] = [];
    const remove = s.supervisor.on("status", ({ path }) => {
      told.push(`first ${path}`);
      remove();
      s.supervisor.on("status", (update) => told.push(`second ${update.path}`));
    });
    await s.start();
    expect(told[0]).toBe("first app");
    expect(told.filter((one) => one.startsWith("first"))).toHaveLength(1);
    expect(told).toContain("second app/a");
  });

  it("a slow listener delays no restart", async () => {
    // case 149
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    s.supervisor.on("status", () => new Promise<void>(() => {}));
    await s.start();
    a.fail();
    await s.clock.advance(1_000);
    expect(a.starts).toBe(2);
  });

  it("a listener that calls the handle hears what follows from that after what it hears now", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    const told: number[] = [];
    s.supervisor.on("status", ({ path, to, seq }) => {
      told.push(seq);
      if (path === "app/a" && to === "backoff") {
        watch(s.supervisor.restartService("b"));
        watch(s.supervisor.stopService("a"));
      }
    });
    a.fail();
    await s.clock.advance(10_000);
    expect(told).toEqual([...told].sort((x, y) => x - y));
    expect([s.supervisor.status("a").state, b.starts]).toEqual(["stopped", 2]);
    expectHistory(s.record.updates);
  });

  it("a listener hears of a state when status() says so, too", async () => {
    const s = createScenario({ services: [scripted("a", { readyOn: "signal" }).spec] });
    const seen: unknown[] = [];
    s.supervisor.on("status", ({ path, to, phase }) => {
      const status = s.supervisor.status(path);
      seen.push([path, status.state === to && status.phase === phase]);
    });
    watch(s.supervisor.start());
    await s.clock.advance(0);
    await s.supervisor.stop();
    expect(seen.every((one) => (one as [string, boolean])[1])).toBe(true);
    expect(seen.length).toBeGreaterThan(4);
  });
});

describe("updates()", () => {
  it("updates() buffers from the call on, for each reader by itself", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const first = s.supervisor.updates();
    await s.start();
    const second = s.supervisor.updates();
    const soFar = s.record.updates.length;
    a.fail();
    await s.clock.advance(1_000);
    const all = s.record.updates.map(({ seq }) => seq);
    expect(numbers(await drain(s, first))).toEqual(all);
    expect(numbers(await drain(s, second))).toEqual(all.slice(soFar));
  });

  it("updates() gives a waiting reader what comes, in order, also to several waits at once", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const reader = s.supervisor.updates();
    const waits = [reader.next(), reader.next(), reader.next()];
    await s.start();
    expect((await Promise.all(waits)).map(({ value }) => (value as Update).seq)).toEqual([1, 2, 3]);
  });

  it("updates() drops the oldest of a reader that falls behind, and reports once how many", async () => {
    const a = scripted("a");
    const s = createScenario({ services: [a.spec] });
    const reader = s.supervisor.updates({ bufferSize: 4 });
    await s.start();
    for (let round = 0; round < 5; round++) await s.supervisor.restartService("a");
    const total = s.record.updates.length;
    const read = await drain(s, reader);
    expect(numbers(read)).toEqual([`dropped ${total - 4}`, total - 3, total - 2, total - 1, total]);
    expect(read[0]).toEqual({ type: "dropped", count: total - 4 });
  });

  it("updates() drops nothing while the buffer has room, for 1024 by default", async () => {
    const s = createScenario({ services: [] });
    const [reader, narrow] = [s.supervisor.updates(), s.supervisor.updates({ bufferSize: 1_023 })];
    await s.start();
    while (s.record.updates.length < 1_024) {
      const left = 1_024 - s.record.updates.length;
      if (s.supervisor.status().state === "running") await s.supervisor.stop();
      else await s.start();
      if (left < 4) break;
    }
    const total = s.record.updates.length;
    const dropped = Math.max(0, total - 1_024);
    expect(numbers(await drain(s, reader))[0]).toBe(dropped === 0 ? 1 : `dropped ${dropped}`);
    expect(numbers(await drain(s, narrow))[0]).toBe(`dropped ${total - 1_023}`);
  });

  it("updates() ends when its signal aborts, and wakes readers that wait", async () => {
    const s = createScenario({ services: [] });
    const controller = new AbortController();
    const reader = s.supervisor.updates({ signal: controller.signal });
    const waiting = watch(reader.next());
    await s.clock.advance(0);
    expect(waiting.state).toBe("pending");
    controller.abort();
    await s.clock.advance(0);
    expect(waiting.value).toEqual({ done: true, value: undefined });
    await s.start();
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    const late = s.supervisor.updates({ signal: controller.signal });
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it("updates() ends when its loop is left", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const reader = s.supervisor.updates();
    await s.start();
    for await (const update of reader) {
      expect((update as Update).seq).toBe(1);
      break;
    }
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it("updates() goes on across a stop and a new start", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    const reader = s.supervisor.updates();
    await s.start();
    await s.supervisor.stop();
    await s.start();
    const read = await drain(s, reader);
    expect(numbers(read)).toEqual(s.record.updates.map(({ seq }) => seq));
    expect(
      read.filter((update) => update.type === "status" && update.path === "app" && update.to === "running"),
    ).toHaveLength(2);
  });

  it("updates without a listener are numbered all the same", async () => {
    const s = createScenario({ services: [scripted("a").spec] });
    s.record.stop();
    await s.start();
    await s.supervisor.stop();
    const reader = s.supervisor.updates();
    await s.start();
    const read = numbers(await drain(s, reader)) as number[];
    expect(read[0]).toBeGreaterThan(5);
    expect(read).toEqual(read.map((_, index) => read[0]! + index));
  });

  it.each([0, -1, 1.5, Number.NaN, "4" as unknown as number])("updates() refuses a bufferSize of %s", (bufferSize) => {
    const s = createScenario({ services: [] });
    expect(() => s.supervisor.updates({ bufferSize })).toThrow(expect.objectContaining({ code: "ERR_INVALID_SPEC" }));
  });
});
