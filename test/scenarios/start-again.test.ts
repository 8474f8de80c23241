// start() once more after the tree has ended, and run().

import { describe, expect, it } from "vitest";
import { drive, rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const waits = { readyOn: "signal" } as const;

describe("started again after it ended", () => {
  it("a tree that is started again counts incarnations on, and waits start delays again", async () => {
    const [a, x] = [scripted("a"), scripted("x", { startDelayMs: 700 })];
    const { supervisor, clock, stop } = createScenario({ services: [a.spec, x.spec] });
    await drive(clock, supervisor.start());
    await stop();
    const again = watch(supervisor.start());
    await clock.advance(699);
    expect([a.ctx!.incarnation, x.starts, again.state]).toEqual([2, 1, "pending"]);
    await clock.advance(1);
    expect([x.ctx!.incarnation, again.state, clock.now()]).toEqual([2, "resolved", 1_400]);
    expect(supervisor.status()).toMatchObject({ incarnation: 2, state: "running" });
  });

  it("each run has its own exit", async () => {
    const a = scripted("a");
    const { supervisor, start, stop } = createScenario({ services: [a.spec] });
    await start();
    const first = watch(supervisor.exit);
    await stop();
    expect(await supervisor.exit).toEqual({ kind: "stopped" }); // that of the last run
    await start();
    const second = watch(supervisor.exit);
    await Promise.resolve();
    expect([first.state, second.state]).toEqual(["resolved", "pending"]);
  });

  it("a tree can come up after a failed start", async () => {
    let broken = true;
    const start = () => (broken ? Promise.reject(new Error("boom")) : Promise.resolve("up"));
    const { supervisor } = createScenario({ services: [{ name: "a", start, restart: { maxRetries: 0 } }] });
    await rejection(supervisor.start());
    broken = false;
    await supervisor.start();
    expect(supervisor.status()).toMatchObject({ state: "running", healthy: true, incarnation: 2 });
    expect(supervisor.status("a")).toMatchObject({ state: "running", incarnation: 2, failures: 0 });
  });

  it("a tree can come up after an aborted start", async () => {
    const a = scripted("a");
    const { supervisor, start } = createScenario({ services: [a.spec] });
    await rejection(supervisor.start({ signal: AbortSignal.abort() }));
    await start();
    expect([a.live, supervisor.status().incarnation]).toEqual([1, 1]);
  });

  it("a new start forgets what was added at run time, and starts what was stopped by hand", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const { supervisor, start, stop } = createScenario({ services: [a.spec] });
    await start();
    await supervisor.addService(b.spec);
    await supervisor.stopService("a");
    await stop();
    await start();
    expect(supervisor.status().services.map(({ name, state }) => [name, state])).toEqual([["a", "running"]]);
    expect([a.live, b.live]).toEqual([1, 0]);
  });

  it("the state of a dependency at the end of the last run does not count in the next", async () => {
    for (const end of ["complete", "fail"] as const) {
      const needs = [{ service: "job", condition: "completed" as const }];
      const [api, job] = [scripted("api", { dependsOn: needs }), scripted("job", { restart: "never", critical: true })];
      const { supervisor, clock, stop } = createScenario({ services: [api.spec, job.spec] });
      const first = watch(supervisor.start());
      await clock.advance(0);
      job[end]();
      await clock.advance(0);
      expect([first.state, api.live]).toEqual(end === "complete" ? ["resolved", 1] : ["rejected", 0]);
      await stop();
      const before = api.starts;
      const second = watch(supervisor.start());
      await clock.advance(0);
      expect([api.starts - before, supervisor.status("api").phase]).toEqual([0, "waiting"]);
      job.complete();
      await clock.advance(0);
      expect([api.starts - before, second.state]).toEqual([1, "resolved"]);
    }
  });
});

describe("run()", () => {
  it("run() starts, waits for the signal, stops, and resolves", async () => {
    const a = scripted("a");
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    const run = watch(supervisor.run({ signal: controller.signal }));
    await clock.advance(60_000);
    expect([run.state, a.live]).toEqual(["pending", 1]);
    controller.abort();
    await clock.advance(0);
    expect([run.state, a.live, supervisor.status().state]).toEqual(["resolved", 0, "stopped"]);
  });

  it("run() also resolves when the signal aborts before or during the start", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    await supervisor.run({ signal: AbortSignal.abort() });
    expect(a.starts).toBe(0);
    const controller = new AbortController();
    const run = watch(supervisor.run({ signal: controller.signal }));
    await clock.advance(0);
    controller.abort();
    await clock.advance(0);
    expect([run.state, a.live]).toEqual(["resolved", 0]);
  });

  it("run() resolves when the tree is stopped, and when it completes by itself", async () => {
    const a = scripted("a", { significant: true });
    const { supervisor, clock, stop } = createScenario({ services: [a.spec], autoShutdown: "any-significant" });
    const stopped = watch(supervisor.run());
    await clock.advance(0);
    await stop();
    expect(stopped.state).toBe("resolved");
    const completed = watch(supervisor.run());
    await clock.advance(0);
    a.complete();
    await clock.advance(0);
    expect([completed.state, await supervisor.exit]).toEqual(["resolved", { kind: "completed" }]);
  });

  it("run() rejects when the start fails, and when the tree fails later, with the error of its exit", async () => {
    const a = scripted("a", { restart: { maxRetries: 0 } });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const run = watch(supervisor.run());
    await clock.advance(0);
    a.fail(new Error("boom"));
    await clock.advance(0);
    expect(run.error.code).toBe("ERR_GAVE_UP");
    expect(await supervisor.exit).toEqual({ kind: "failed", error: run.error });
    const failing = createScenario({
      services: [{ name: "a", start: () => Promise.reject(new Error("x")), restart: { maxRetries: 0 } }],
    });
    expect((await rejection(failing.supervisor.run())).code).toBe("ERR_START_FAILED");
  });

  it("run() is refused while the tree runs", async () => {
    const { supervisor, start } = createScenario({ services: [] });
    await start();
    expect((await rejection(supervisor.run())).code).toBe("ERR_ALREADY_RUNNING");
    expect(supervisor.status().state).toBe("running");
  });
});

it("a dependant that is defined before its dependency waits for an end in this run, not in the last", async () => {
  const report = scripted("report", { dependsOn: [{ service: "job", condition: "completed" }] });
  const job = scripted("job");
  const s = createScenario({ services: [report.spec, job.spec] });
  for (const run of [1, 2]) {
    const started = s.supervisor.start();
    await s.clock.advance(0);
    expect([s.supervisor.status("report").phase, report.starts]).toEqual(["waiting", run - 1]);
    job.complete();
    await started;
    await s.stop();
  }
});
