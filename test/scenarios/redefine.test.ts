// redefine: a new definition of a running tree: what changes, in which order, and what stays as it is.

import { describe, expect, it } from "vitest";
import type { ChildSpec, ServiceSpec, Supervisor } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { drive, rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";
import { deafService } from "../support/services.ts";

/** A definition of the scenario's tree with these services. */
const app = (...services: ChildSpec[]) => ({ name: "app", services });
const order = (supervisor: Supervisor) => supervisor.describe().services.map(({ name }) => name);
const nothing = { added: [], removed: [], changed: [] };

describe("redefine", () => {
  it("adds what is new, removes what is gone, replaces what has changed, and leaves the rest alone", async () => {
    const [kept, gone, before, added] = [scripted("kept"), scripted("gone"), scripted("changed"), scripted("added")];
    const after = scripted("changed", { stopTimeoutMs: 5 });
    const s = createScenario(app(kept.spec, gone.spec, before.spec));
    await s.start();
    const difference = await s.supervisor.redefine(app(added.spec, kept.spec, after.spec));
    expect(difference).toEqual({ added: ["app/added"], removed: ["app/gone"], changed: ["app/changed"] });
    expect([kept.starts, gone.live, before.live, after.live, added.live]).toEqual([1, 0, 0, 1, 1]);
    expect(order(s.supervisor)).toEqual(["added", "kept", "changed"]);
    expect(() => s.supervisor.status("gone")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_SERVICE" }));
    expectHistory(s.record.updates);
    expectOneStory(s);
  });

  it("changes nothing for a definition that says the same in other objects", async () => {
    const [a, b] = [scripted("a", { restart: { maxRetries: 3 } }), scripted("b", { dependsOn: ["c"] })];
    const pool = (strategy?: "one-for-all") => ({ name: "pool", strategy, services: [{ ...b.spec }, c.spec] });
    const c = scripted("c");
    const s = createScenario(app(a.spec, pool()));
    await s.start();
    const copy = { ...a.spec, restart: { maxRetries: 3 } };
    expect(await s.supervisor.redefine(app(copy, pool()))).toEqual(nothing);
    expect([a.starts, b.starts, c.starts]).toEqual([1, 1, 1]);
    expect(await s.supervisor.redefine(app(copy, pool("one-for-all")))).toEqual({ ...nothing, changed: ["app/pool"] });
    expect([a.starts, b.starts, c.starts]).toEqual([1, 2, 2]);
  });

  it("only says what it would do with dryRun", async () => {
    const a = scripted("a");
    const s = createScenario(app(a.spec));
    await s.start();
    const difference = await s.supervisor.redefine(app(scripted("b").spec), { dryRun: true });
    expect(difference).toEqual({ added: ["app/b"], removed: ["app/a"], changed: [] });
    expect(order(s.supervisor)).toEqual(["a"]);
    expect(a.live).toBe(1);
  });

  it("makes what it brings a part of a start that is under way: that fails if one of it does", async () => {
    const [a, b] = [scripted("a", { readyOn: "signal" }), scripted("b", { restart: { maxRetries: 0 } })];
    const s = createScenario(app(a.spec));
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const redefined = watch(s.supervisor.redefine(app(a.spec, { ...b.spec, readyOn: "signal" } as ServiceSpec)));
    await s.clock.advance(0);
    b.fail();
    a.ready();
    await s.clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", path: "app/b" });
    expect([redefined.error.code, a.live]).toEqual(["ERR_START_FAILED", 0]);
  });

  it("makes a service whose addition is under way a part of a start that is under way", async () => {
    const [a, b] = [
      scripted("a", { readyOn: "signal" }),
      scripted("b", { readyOn: "signal", restart: { maxRetries: 0 } }),
    ];
    const s = createScenario(app(a.spec));
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    const added = watch(s.supervisor.addService(b.spec));
    await s.clock.advance(0);
    const redefined = await s.supervisor.redefine(app(a.spec, b.spec));
    b.fail();
    await s.clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", path: "app/b" });
    expect([redefined, added.state, a.live]).toEqual([nothing, "rejected", 0]);
  });

  it("fails a start that is under way where what it takes away is critical, and does not stop", async () => {
    const [a, b] = [scripted("a", { readyOn: "signal" }), scripted("b", { readyOn: "signal", stopTimeoutMs: 0 })];
    const s = createScenario(app(a.spec, b.spec));
    const started = watch(s.supervisor.start());
    await s.clock.advance(0);
    b.ignoreStop();
    const redefined = watch(s.supervisor.redefine(app(a.spec)));
    await s.clock.advance(10);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED", path: "app/b" });
    // The tree is down, and has taken its new definition.
    expect([redefined.state, order(s.supervisor)]).toEqual(["resolved", ["a"]]);
    b.complete();
    await s.clock.advance(0);
  });

  it("asks isSame for what is not the same value", async () => {
    const s = createScenario(app(scripted("a").spec, { name: "pool", services: [scripted("b").spec] }));
    await s.start();
    const again = app(scripted("a").spec, { name: "pool", services: [scripted("b").spec] });
    const changed = { ...nothing, changed: ["app/a", "app/pool/b"] };
    expect(await s.supervisor.redefine(again, { dryRun: true })).toEqual(changed);
    const isSameCode = (before: unknown, after: unknown) =>
      typeof before === "function" && typeof after === "function" ? true : undefined;
    expect(await s.supervisor.redefine(again, { isSame: isSameCode })).toEqual(nothing);
  });

  it("a dependency that has changed does not change those that name it by its definition", async () => {
    const db = scripted("db");
    const api = scripted("api", { dependsOn: [{ service: db.spec, condition: "started" }] });
    const s = createScenario(app(db.spec, api.spec));
    await s.start();
    const again = { ...db.spec, stopTimeoutMs: 7 };
    const changed = await s.supervisor.redefine(
      app(again, { ...api.spec, dependsOn: [{ service: again, condition: "started" }] }),
      { dryRun: true },
    );
    expect(changed).toEqual({ ...nothing, changed: ["app/db"] });
  });

  it("changes nested services without their siblings", async () => {
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario(app({ name: "pool", services: [a.spec, b.spec] }));
    await s.start();
    const difference = await s.supervisor.redefine(app({ name: "pool", services: [c.spec, a.spec] }));
    expect(difference).toEqual({ added: ["app/pool/c"], removed: ["app/pool/b"], changed: [] });
    expect([a.starts, b.live, c.live]).toEqual([1, 0, 1]);
  });

  it.each([
    ["ignore", 1, 0],
    ["restart", 2, 1],
    ["stop", 1, 1],
  ] as const)("a dependant of what has changed does as its onFailure says: %s", async (onFailure, starts, stops) => {
    const dependant = scripted("dependant", { dependsOn: [{ service: "db", onFailure }] });
    const s = createScenario(app(scripted("db").spec, dependant.spec));
    await s.start();
    s.facts();
    await s.supervisor.redefine(app(scripted("db").spec, dependant.spec));
    expect(dependant.starts).toBe(starts);
    const stopped = s.facts("db", "dependant").filter((fact) => fact.endsWith(" stopped"));
    expect(stopped).toEqual(["dependant stopped", "db stopped"].slice(1 - stops));
    expect(s.supervisor.explain("dependant").waitingFor).toEqual([]);
  });

  it("removes dependants before what they depend on", async () => {
    const services = [scripted("db"), scripted("api", { dependsOn: ["db"] }), scripted("web", { dependsOn: ["api"] })];
    const s = createScenario(app(...services.map(({ spec }) => spec)));
    await s.start();
    s.facts();
    await s.supervisor.redefine(app());
    expect(s.facts().filter((fact) => fact.endsWith(" stopped"))).toEqual(["web stopped", "api stopped", "db stopped"]);
  });

  it("links the new form by its own dependencies, and its dependants to the new form", async () => {
    const web = scripted("web", { dependsOn: ["api"] });
    const s = createScenario(app(scripted("api").spec, web.spec));
    await s.start();
    const db = scripted("db", { readyOn: "signal" });
    const redefined = s.supervisor.redefine(app(scripted("api", { dependsOn: ["db"] }).spec, web.spec, db.spec));
    await drive(s.clock, Promise.resolve(), 0);
    expect(s.supervisor.status("api")).toMatchObject({ state: "starting", waitingFor: ["app/db"] });
    await s.supervisor.stopService("web");
    const started = s.supervisor.startService("web");
    await drive(s.clock, Promise.resolve(), 0);
    expect(s.supervisor.status("web")).toMatchObject({ state: "starting", waitingFor: ["app/api"] });
    db.ready();
    await Promise.all([redefined, started]);
    expect(s.supervisor.status().state).toBe("running");
  });

  it("refuses a bad definition, and what a running root cannot change, and changes nothing", async () => {
    const a = scripted("a");
    const s = createScenario(app(a.spec));
    await s.start();
    const refused = [
      app(scripted("b", { dependsOn: ["nobody"] }).spec),
      { ...app(), name: "other" },
      { ...app(), strategy: "one-for-all" as const },
      { ...app(), intensity: { maxRestarts: 1, withinMs: 1_000 } },
      { ...app(), autoShutdown: "any-significant" as const },
      { ...app(), maxServices: 3 },
    ];
    for (const definition of refused) {
      const error = await rejection(s.supervisor.redefine(definition));
      expect(error.code).toMatch(/ERR_(INVALID_SPEC|UNKNOWN_DEPENDENCY)/);
    }
    expect(a.live).toBe(1);
    expect(order(s.supervisor)).toEqual(["a"]);
  });

  it("keeps services that were added at run time, and what they require", async () => {
    const s = createScenario(app(scripted("db").spec, scripted("a").spec));
    await s.start();
    await s.supervisor.addService(scripted("guest", { dependsOn: ["db"] }).spec);
    const refused = await rejection(s.supervisor.redefine(app(scripted("b").spec)));
    expect(refused).toMatchObject({ code: "ERR_INVALID_SPEC", path: "app/db" });
    await s.supervisor.redefine(app(scripted("db").spec, scripted("b").spec));
    expect(order(s.supervisor)).toEqual(["db", "b", "guest"]);
    await s.stop();
    await s.start();
    expect(order(s.supervisor)).toEqual(["db", "b"]);
  });

  it("what the user has stopped stays stopped, and takes its new form at its next start", async () => {
    const [before, after] = [scripted("a"), scripted("a")];
    const s = createScenario(app(before.spec));
    await s.start();
    await s.supervisor.stopService("a");
    await s.supervisor.redefine(app(after.spec));
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", phase: "byHand" });
    await s.supervisor.startService("a");
    expect([before.starts, after.starts]).toEqual([1, 1]);
  });

  it("a new form that fails for good fails neither its siblings nor the tree, until it has been up", async () => {
    const a = scripted("a");
    const s = createScenario(app(a.spec, scripted("b").spec));
    await s.start();
    const broken = { name: "b", restart: { maxRetries: 0 }, start: () => Promise.reject(new Error("no such table")) };
    const error = await rejection(s.supervisor.redefine(app(a.spec, broken)));
    expect(error).toMatchObject({ code: "ERR_START_FAILED", path: "app" });
    expect(error.message).toContain("no such table");
    expect(error.errors).toEqual([expect.objectContaining({ path: "app/b" })]);
    expect([s.supervisor.status().state, a.starts]).toEqual(["running", 1]);
    const mended = scripted("b");
    await s.supervisor.redefine(app(a.spec, mended.spec));
    mended.fail();
    await s.clock.advance(60_000);
    expect(s.supervisor.status("b")).toMatchObject({ state: "running", incarnation: 2 });
  });

  it("what does not stop in time stays as it was, and the error names it", async () => {
    const s = createScenario(app(deafService("a", { stopTimeoutMs: 10 }).spec, scripted("b").spec));
    await s.start();
    const after = scripted("a");
    const error = await drive(s.clock, rejection(s.supervisor.redefine(app(after.spec))));
    expect(error).toMatchObject({ code: "ERR_STOP_FAILED", errors: [expect.objectContaining({ path: "app/a" })] });
    expect(s.supervisor.status("a").state).toBe("failed");
    expect(after.starts).toBe(0);
    expect(order(s.supervisor)).toEqual(["a"]);
    await s.supervisor.redefine(app(after.spec));
    expect(after.starts).toBe(1);
  });

  it("a tree that is down takes the definition without a start", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario(app(a.spec));
    expect(await s.supervisor.redefine(app(b.spec))).toEqual({ added: ["app/b"], removed: ["app/a"], changed: [] });
    expect(order(s.supervisor)).toEqual(["b"]);
    expect(b.starts).toBe(0);
    await s.start();
    expect([a.starts, b.starts]).toEqual([0, 1]);
  });

  it("a stop in the middle ends it, and the next start has the whole new definition", async () => {
    const slow = deafService("slow", { stopTimeoutMs: 1_000 }).spec;
    const [kept, added] = [scripted("kept"), scripted("added")];
    const s = createScenario(app(kept.spec, slow));
    await s.start();
    const redefined = rejection(s.supervisor.redefine(app(added.spec, kept.spec)));
    await drive(s.clock, Promise.resolve(), 0);
    await drive(s.clock, rejection(s.supervisor.stop()));
    expect(await redefined).toMatchObject({ code: "ERR_STOP_FAILED" });
    expect(added.starts).toBe(0);
    await s.start();
    expect(order(s.supervisor)).toEqual(["added", "kept"]);
    expect([added.starts, kept.starts]).toEqual([1, 2]);
  });

  it("a supervisor that is restarted later has the new definition", async () => {
    const pool = (...services: ChildSpec[]) => app({ name: "pool", services });
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario(pool(a.spec, b.spec));
    await s.start();
    await s.supervisor.redefine(pool(c.spec, a.spec));
    await s.supervisor.restartService("pool");
    expect([a.starts, b.starts, c.starts]).toEqual([2, 1, 2]);
    await s.supervisor.redefine(pool(a.spec));
    await s.supervisor.restartService("pool");
    expect([a.starts, b.starts, c.live]).toEqual([3, 1, 0]);
  });

  it("a group that restarts meanwhile restarts those that follow in the new order", async () => {
    const pool = (...services: ChildSpec[]) => app({ name: "pool", strategy: "rest-for-one", services });
    const [a, b, c, d] = [scripted("a"), scripted("b"), scripted("c"), scripted("d")];
    const s = createScenario(pool(a.spec, b.spec, c.spec));
    await s.start();
    b.fail();
    await drive(s.clock, Promise.resolve(), 0);
    await s.supervisor.redefine(pool(d.spec, a.spec, b.spec, c.spec));
    await s.clock.advance(2_000);
    expect([a.starts, b.starts, c.starts, d.starts]).toEqual([1, 2, 2, 1]);
    a.fail();
    await s.clock.advance(2_000);
    expect([a.starts, b.starts, c.starts, d.starts]).toEqual([2, 3, 3, 1]);
  });

  it("a group that restarts meanwhile waits for all that it stops, wherever the new order has them", async () => {
    const pool = (...services: ChildSpec[]) => app({ name: "pool", strategy: "rest-for-one", services });
    const [a, b, c] = [scripted("a"), scripted("b"), deafService("c", { stopTimeoutMs: 5_000 }, 1)];
    const s = createScenario(pool(a.spec, b.spec, c.spec));
    await s.start();
    b.fail();
    await s.clock.advance(0);
    await s.supervisor.redefine(pool(c.spec, b.spec, a.spec));
    a.fail();
    await s.clock.advance(3_000);
    expect([a.starts, b.starts, s.supervisor.status("pool/c").state]).toEqual([1, 1, "stopping"]);
    c.end(1);
    await s.clock.advance(3_000);
    expect([a.starts, b.starts, s.supervisor.status("pool/c").state]).toEqual([2, 2, "running"]);
  });

  it.each([
    ["stopService", { state: "stopped", phase: "byHand" }],
    ["restartService", { state: "running", incarnation: 2 }],
    ["removeService", null],
  ] as const)("what the user asks of a service that is being replaced is asked of its new form: %s", async (verb, expected) => {
    const slow: ServiceSpec = {
      name: "a",
      run: ({ signal }) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => s.clock.setTimeout(resolve, 50));
        }),
    };
    const b = scripted("b").spec;
    const s = createScenario(app(slow, b));
    await s.start();
    const after = scripted("a");
    const redefined = s.supervisor.redefine(app(after.spec, b));
    const asked = s.supervisor[verb]("a");
    await drive(s.clock, Promise.all([redefined, asked]));
    if (expected === null) expect(order(s.supervisor)).toEqual(["b"]);
    else expect(s.supervisor.status("a")).toMatchObject(expected);
  });

  it("what a service requires stays with it when it fails to stop", async () => {
    const stuck = deafService("stuck", { stopTimeoutMs: 10, dependsOn: ["db"] });
    const s = createScenario(app(scripted("db").spec, stuck.spec));
    await s.start();
    const error = await drive(s.clock, rejection(s.supervisor.redefine(app())));
    expect(error.errors?.map(({ message }) => message)).toEqual([
      expect.stringContaining("app/stuck: failed to stop"),
      expect.stringContaining("app/db: cannot be removed: app/stuck requires it"),
    ]);
    expect(order(s.supervisor)).toEqual(["db", "stuck"]);
    await s.supervisor.redefine(app());
    expect(order(s.supervisor)).toEqual([]);
  });

  it("during a stop nothing is made under a nested supervisor whose turn to stop has not come", async () => {
    const slow: ServiceSpec = {
      name: "slow",
      dependsOn: [{ service: "pool", required: false }],
      start: () => {},
      stop: () => new Promise((resolve) => s.clock.setTimeout(() => resolve(undefined), 50)),
    };
    const [a, b] = [scripted("a"), scripted("b")];
    const pool = (...services: ChildSpec[]) => app({ name: "pool", services }, slow);
    const s = createScenario(pool(a.spec));
    await s.start();
    const stopped = s.supervisor.stop();
    await s.supervisor.redefine(pool(a.spec, b.spec));
    expect(s.supervisor.describe().services[0]).toMatchObject({ services: [{ name: "a" }] });
    await drive(s.clock, stopped);
    await s.start();
    expect([a.starts, b.starts]).toEqual([2, 1]);
  });

  it("two at once are done one after another", async () => {
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const s = createScenario(app(a.spec));
    await s.start();
    const [first, second] = await Promise.all([s.supervisor.redefine(app(b.spec)), s.supervisor.redefine(app(c.spec))]);
    expect(first).toEqual({ added: ["app/b"], removed: ["app/a"], changed: [] });
    expect(second).toEqual({ added: ["app/c"], removed: ["app/b"], changed: [] });
    expect([a.live, b.live, c.live]).toEqual([0, 0, 1]);
  });

  it("one that a listener asks for, which hears of the first stop, is done after the one that has stopped it", async () => {
    const [a, b] = [scripted("a"), scripted("b", { dependsOn: ["a"] })];
    a.ignoreStop();
    const whole = app(a.spec, b.spec);
    const s = createScenario(whole);
    await s.start();
    let again: Promise<unknown> | undefined;
    s.supervisor.on("status", ({ to }) => {
      if (to === "stopping") again ??= s.supervisor.redefine(whole);
    });
    const first = s.supervisor.redefine(app());
    await s.clock.advance(100);
    expect([a.live, b.live]).toEqual([1, 0]);
    a.ignoreStop(false);
    a.complete();
    await s.clock.advance(0);
    expect(await first).toEqual({ ...nothing, removed: ["app/a", "app/b"] });
    expect(await again).toEqual({ ...nothing, added: ["app/a", "app/b"] });
    expect([a.live, b.live]).toEqual([1, 1]);
  });

  it("a definition that names a service whose addition is under way keeps it, though the addition fails", async () => {
    const [a, b] = [scripted("a"), scripted("b", { readyOn: "signal" } as Partial<ServiceSpec>)];
    const s = createScenario(app(a.spec));
    await s.start();
    const added = rejection(s.supervisor.addService(b.spec));
    await s.supervisor.redefine(app(a.spec, b.spec));
    await s.supervisor.stop();
    expect((await added).code).toBe("ERR_START_ABORTED");
    expect(order(s.supervisor)).toEqual(["a", "b"]);
  });

  it("what a service requires that is being replaced, or added, cannot be removed meanwhile", async () => {
    const [db, cache, slow] = [scripted("db"), scripted("cache"), scripted("slow")];
    const web = (stopTimeoutMs: number) => scripted("web", { stopTimeoutMs, dependsOn: ["db"] }).spec;
    const [before, after, added] = [web(10), web(20), scripted("added", { dependsOn: ["cache"] })];
    const changed = scripted("slow", { stopTimeoutMs: 7_000 });
    const s = createScenario(app(db.spec, cache.spec, slow.spec, before));
    await s.start();
    slow.ignoreStop();
    const replaced = s.supervisor.redefine(app(db.spec, cache.spec, changed.spec, after, added.spec));
    await s.clock.advance(100);
    for (const [name, by] of [
      ["db", "web"],
      ["cache", "added"],
    ] as const) {
      const error = await rejection(s.supervisor.removeService(name));
      expect(error.message).toBe(`app/${name}: cannot be removed: app/${by} requires it; remove those first`);
    }
    slow.complete();
    await replaced;
    expect(s.supervisor.status("web")).toMatchObject({ phase: "healthy" });
    await s.supervisor.removeService("web");
    await s.supervisor.removeService("db");
  });
});
