// nextRun: a service that runs at its times, instead of with the tree.

import { describe, expect, it } from "vitest";
import type { ServiceSpec, Supervisor } from "../../src/index.ts";
import { createSupervisor } from "../../src/index.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

/** Every `ms` of the wall clock. */
const every = (ms: number) => (now: Date) => new Date(Math.floor(now.getTime() / ms) * ms + ms);
const placeOf = (supervisor: Supervisor, path = "job") => {
  const { state, phase, nextRunAt } = supervisor.status(path);
  return [state, phase, nextRunAt];
};

function createJob(spec: Partial<ServiceSpec> = {}, root: object = {}) {
  const job = scripted("job", { nextRun: every(1_000), ...spec } as Partial<ServiceSpec>);
  const others = "others" in root ? (root.others as ServiceSpec[]) : [];
  const { others: _, ...options } = root as { others?: unknown };
  return { job, ...createScenario({ services: [...others, job.spec], ...options }) };
}

describe("between its runs", () => {
  it("the tree is up and healthy without it", async () => {
    const { job, start, supervisor, clock } = createJob();
    await start();
    expect([job.starts, placeOf(supervisor)]).toEqual([0, ["stopped", "scheduled", 1_000]]);
    expect(supervisor.status()).toMatchObject({ state: "running", healthy: true });
    expect(supervisor.explain("job").summary).toBe("scheduled 0.0 s ago, next run in 1.0 s");
    await clock.advance(1_000);
    job.complete();
    await clock.advance(500);
    expect([job.starts, placeOf(supervisor)]).toEqual([1, ["stopped", "scheduled", 2_000]]);
    expect(supervisor.explain("job").summary).toBe("completed a run 0.5 s ago, next run in 0.5 s");
  });

  it("and in its runs the tree is healthy: only one that has failed for good counts", async () => {
    const job = { readyOn: "signal", restart: { maxRetries: 1, initialBackoffMs: 100, jitter: false } } as const;
    const { job: run, start, supervisor, clock } = createJob(job as Partial<ServiceSpec>);
    await start();
    const told: string[] = [];
    const tell = () => told.push(`${supervisor.status("job").state} ${supervisor.health().status}`);
    await clock.advance(1_000);
    tell();
    run.fail();
    await clock.advance(0);
    tell();
    await clock.advance(100);
    run.fail();
    await clock.advance(0);
    tell();
    await clock.advance(900);
    tell();
    expect(told).toEqual(["starting healthy", "backoff healthy", "failed degraded", "starting healthy"]);
  });

  it("a start by hand begins a run at once, and resolves when that is up", async () => {
    const { job, start, supervisor, clock } = createJob();
    await start();
    await clock.advance(300);
    await supervisor.startService("job");
    expect([job.starts, placeOf(supervisor)]).toEqual([1, ["running", "healthy", 1_000]]);
  });

  it("a stop by hand ends the schedule until a start by hand", async () => {
    const { job, start, supervisor, clock } = createJob();
    await start();
    await supervisor.stopService("job");
    expect(placeOf(supervisor)).toEqual(["stopped", "byHand", null]);
    await clock.advance(5_000);
    await supervisor.startService("job");
    job.complete();
    await clock.advance(0);
    expect([job.starts, placeOf(supervisor)]).toEqual([1, ["stopped", "scheduled", 6_000]]);
  });

  it("a stop of the tree leaves no timer, and a new start begins the schedule anew", async () => {
    const { job, start, stop, supervisor, clock } = createJob();
    await start();
    await stop();
    expect([clock.pending, placeOf(supervisor)]).toEqual([0, ["stopped", "idle", null]]);
    await clock.advance(1_500);
    await start();
    expect([job.starts, placeOf(supervisor)]).toEqual([0, ["stopped", "scheduled", 2_000]]);
  });

  it("a removal leaves no timer, and one that is added waits for its time", async () => {
    const { start, supervisor, clock } = createJob();
    await start();
    await supervisor.removeService("job");
    expect(clock.pending).toBe(0);
    const again = scripted("again", { nextRun: every(1_000) });
    await supervisor.addService(again.spec);
    expect([again.starts, placeOf(supervisor, "again")]).toEqual([0, ["stopped", "scheduled", 1_000]]);
    await clock.advance(1_000);
    expect(again.starts).toBe(1);
  });
});

describe("a run", () => {
  it("that is not over when the next is due makes that one be skipped, and the log says so", async () => {
    const logged: string[] = [];
    const note = (_: object, text: string) => logged.push(text);
    const logger = { debug() {}, info() {}, warn: note, error: note, child: () => logger };
    const job = scripted("job", { nextRun: every(1_000) } as Partial<ServiceSpec>);
    const { start, supervisor, clock } = createScenario({ services: [job.spec] }, { logger });
    await start();
    await clock.advance(2_500);
    expect([job.starts, placeOf(supervisor)]).toEqual([1, ["running", "healthy", 3_000]]);
    expect(logged).toEqual(["a run is due while the one before is not over: it is skipped"]);
    job.complete();
    await clock.advance(500);
    expect(job.starts).toBe(2);
  });

  it("restarts by its policy, and failed for good it counts for health until the next one begins", async () => {
    const { job, start, supervisor, clock } = createJob({
      restart: { maxRetries: 1, initialBackoffMs: 100, jitter: 0 },
    });
    await start();
    await clock.advance(1_000);
    job.fail(new Error("disk full"));
    await clock.advance(0);
    expect([placeOf(supervisor), supervisor.health().status]).toEqual([["backoff", "counting", 2_000], "healthy"]);
    await clock.advance(100);
    job.fail(new Error("disk full"));
    await clock.advance(0);
    expect([placeOf(supervisor), supervisor.health().status]).toEqual([["failed", "scheduled", 2_000], "degraded"]);
    expect(supervisor.explain("job").summary).toMatch(/^its run failed 0\.0 s ago, next run in 0\.9 s: .*disk full/);
    expect(supervisor.status().state).toBe("running");
    await clock.advance(900);
    expect([job.starts, supervisor.status("job").failures, supervisor.health().status]).toEqual([3, 0, "healthy"]);
  });

  it("that a user starts, and that fails for good, rejects the start", async () => {
    const { job, start, supervisor, clock } = createJob({ restart: { maxRetries: 0 }, readyOn: "signal" });
    await start();
    const started = watch(supervisor.startService("job"));
    await clock.advance(0);
    job.fail(new Error("disk full"));
    await clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_FAILED" });
  });

  it("waits for its dependencies, and is lost when they are hopeless", async () => {
    const db = scripted("db", { critical: false });
    const { job, start, supervisor, clock } = createJob({ dependsOn: ["db"] }, { others: [db.spec] });
    await start();
    await supervisor.stopService("db");
    await clock.advance(1_000);
    expect(supervisor.status("job")).toMatchObject({ state: "starting", phase: "waiting" });
    await supervisor.startService("db");
    expect([job.starts, supervisor.status("job").state]).toEqual([1, "running"]);
  });

  it("of a critical service that fails for good fails the tree", async () => {
    const { job, start, supervisor, clock } = createJob({ restart: { maxRetries: 0 }, critical: true });
    await start();
    await clock.advance(1_000);
    job.fail(new Error("disk full"));
    await clock.advance(0);
    expect([supervisor.status().state, clock.pending]).toEqual(["failed", 0]);
  });

  it("of one in a group goes with the group, and waits for its time again", async () => {
    const db = scripted("db", { restart: { initialBackoffMs: 100, jitter: 0 } });
    const { job, start, supervisor, clock } = createJob({}, { others: [db.spec], strategy: "one-for-all" });
    await start();
    await clock.advance(1_000);
    db.fail(new Error("boom"));
    await clock.advance(100);
    expect([db.starts, job.live, placeOf(supervisor)]).toEqual([2, 0, ["stopped", "scheduled", 2_000]]);
  });
});

describe("nextRun", () => {
  it("that returns null ends the schedule: completed", async () => {
    const { job, start, supervisor, clock } = createJob({
      nextRun: (now) => (now.getTime() < 1_000 ? new Date(1_000) : null),
    });
    await start();
    await clock.advance(1_000);
    expect([job.starts, placeOf(supervisor)]).toEqual([1, ["running", "healthy", null]]);
    job.complete();
    await clock.advance(0);
    expect([placeOf(supervisor), clock.pending]).toEqual([["stopped", "completed", null], 0]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no such month");
      },
      "no such month",
    ],
    [
      "gives a time that has passed",
      (now: Date) => now,
      "app/job: nextRun must be a Date after 1970-01-01T00:00:00.000Z, or null",
    ],
    ["gives no time", () => new Date(Number.NaN), "app/job: nextRun must be a Date after"],
    ["gives a number", () => 5 as never, "app/job: nextRun must be a Date after"],
  ])("that %s fails the service, and says why", async (_, nextRun, message) => {
    const { start, supervisor } = createJob({ nextRun });
    await start();
    expect(supervisor.status("job")).toMatchObject({ state: "failed", phase: null });
    expect(supervisor.status("job").error!.message).toContain(message);
  });

  it("is asked by the wall clock, which may be set, and is looked at once a minute", async () => {
    const { job, clock } = createJob();
    let wall = Date.UTC(2026, 0, 1);
    const set = { ...clock, now: () => clock.now(), wallNow: () => wall + clock.now() };
    const noon = Date.UTC(2026, 0, 1, 12);
    const spec = { ...job.spec, nextRun: (now: Date) => (now.getTime() < noon ? new Date(noon) : null) } as ServiceSpec;
    const supervisor = createSupervisor({ name: "app", services: [spec] }, { clock: set });
    await supervisor.start();
    expect(supervisor.status("job").nextRunAt).toBe(12 * 3_600_000);
    // The machine slept: eleven hours and 59 minutes have passed by the wall clock alone.
    wall += 12 * 3_600_000 - 60_000;
    await clock.advance(60_000);
    expect(job.starts).toBe(1);
    await supervisor.stop();
  });

  it("must be a function, of a service, on which nothing depends", () => {
    const create = (services: object[]) => () => createSupervisor({ name: "app", services: services as ServiceSpec[] });
    const run = () => {};
    expect(create([{ name: "a", run, nextRun: 5 }])).toThrow("app/a: nextRun must be a function");
    expect(create([{ name: "a", services: [], nextRun: () => null }])).toThrow("nextRun");
    expect(
      create([
        { name: "a", run, nextRun: () => null },
        { name: "b", run, dependsOn: ["a"] },
      ]),
    ).toThrow('app/b: depends on "a", which runs at the times of its nextRun and is down in between');
  });

  it("of a service that is added is refused as a dependency, too", async () => {
    const { start, supervisor } = createJob();
    await start();
    const error = await rejection(supervisor.addService({ name: "b", run: () => {}, dependsOn: ["job"] }));
    expect(error).toMatchObject({ code: "ERR_INVALID_SPEC" });
  });
});
