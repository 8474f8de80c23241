// start() that is overtaken by its signal, by a stop, or by another start.

import { describe, expect, it } from "vitest";
import type { ServiceSpec, SupervisorError } from "../../src/index.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const waits = { readyOn: "signal" } as const;

describe("a signal that aborts", () => {
  // Case 23.
  it("a signal that has aborted before the start starts nothing at all", async () => {
    const a = scripted("a");
    const { supervisor, record, clock } = createScenario({ services: [a.spec] });
    const reason = new Error("not today");
    const error = await rejection(supervisor.start({ signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: "ERR_START_ABORTED", path: "app", cause: reason });
    await clock.advance(60_000);
    expect([a.starts, record.updates]).toEqual([0, []]);
    expect(await supervisor.exit).toEqual({ kind: "stopped" });
    expect(supervisor.status().state).toBe("stopped");
  });

  it("a signal that aborts during the start starts nothing more, and the rest is rolled back", async () => {
    const [a, b, c] = [
      scripted("a"),
      scripted("b", { ...waits, dependsOn: ["a"] }),
      scripted("c", { dependsOn: ["b"] }),
    ];
    const { supervisor, clock, facts } = createScenario({ services: [a.spec, b.spec, c.spec] });
    const controller = new AbortController();
    const started = watch(supervisor.start({ signal: controller.signal }));
    await clock.advance(0);
    facts();
    controller.abort();
    await clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_ABORTED", path: "app", cause: controller.signal.reason });
    expect(facts()).toEqual([
      "app stopping",
      "c stopped",
      "b stopping",
      "b stopped",
      "a stopping",
      "a stopped",
      "app stopped",
    ]);
    expect([c.starts, await supervisor.exit]).toEqual([0, { kind: "stopped" }]);
  });

  // Case 22.
  it("a signal that aborts during a start delay fails the start at once, and the delayed service never starts", async () => {
    const [a, x] = [scripted("a"), scripted("x", { startDelayMs: 5_000 })];
    const { supervisor, clock } = createScenario({ services: [a.spec, x.spec] });
    const controller = new AbortController();
    const started = watch(supervisor.start({ signal: controller.signal }));
    await clock.advance(1_000);
    controller.abort();
    await clock.advance(0);
    expect([started.state, a.live, clock.pending]).toEqual(["rejected", 0, 0]);
    await clock.advance(60_000);
    expect(x.starts).toBe(0);
  });

  it("a signal that aborts during a backoff fails the start at once", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    const started = watch(supervisor.start({ signal: controller.signal }));
    await clock.advance(0);
    a.fail();
    await clock.advance(500);
    controller.abort();
    await clock.advance(0);
    expect([started.error.code, clock.pending]).toEqual(["ERR_START_ABORTED", 0]);
  });

  it("a signal that aborts after the start has no effect", async () => {
    const a = scripted("a");
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const controller = new AbortController();
    await supervisor.start({ signal: controller.signal });
    controller.abort();
    await clock.advance(60_000);
    expect([supervisor.status().state, a.live, a.ctx!.signal.aborted]).toEqual(["running", 1, false]);
  });

  it("start() leaves no listener on the signal, however it went", async () => {
    const signal = new AbortController().signal;
    let listeners = 0;
    const counted: AbortSignal = Object.create(signal, {
      aborted: { get: () => signal.aborted },
      addEventListener: { value: () => listeners++ },
      removeEventListener: { value: () => listeners-- },
    });
    const failing: ServiceSpec = { name: "a", start: () => Promise.reject(new Error("x")), restart: { maxRetries: 0 } };
    for (const services of [[scripted("a").spec], [failing]]) {
      const { supervisor } = createScenario({ services });
      await supervisor.start({ signal: counted }).catch(() => {});
      expect(listeners).toBe(0);
    }
  });
});

describe("a stop during the start", () => {
  it("a stop during the start cancels it: the start rejects, the stop resolves, the exit is stopped", async () => {
    const a = scripted("a", waits);
    const { supervisor, clock, facts } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await clock.advance(0);
    const stopped = watch(supervisor.stop());
    await clock.advance(0);
    expect(started.error).toMatchObject({ code: "ERR_START_ABORTED", path: "app" });
    expect([stopped.state, await supervisor.exit]).toEqual(["resolved", { kind: "stopped" }]);
    expect(facts()).toEqual(["app starting", "a starting", "app stopping", "a stopping", "a stopped", "app stopped"]);
  });

  it("a stop in the turn of the start keeps delayed services from beginning", async () => {
    const a = scripted("a", { startDelayMs: 1 });
    const { supervisor, clock } = createScenario({ services: [a.spec] });
    const started = watch(supervisor.start());
    await supervisor.stop();
    await clock.advance(60_000);
    expect([started.error.code, a.starts]).toEqual(["ERR_START_ABORTED", 0]);
  });

  it("no service that was to start later starts while or after the tree stops", async () => {
    const [a, b] = [scripted("a", waits), scripted("b", { dependsOn: ["a"] })];
    const { supervisor, clock } = createScenario({ services: [a.spec, b.spec] });
    a.ignoreStop();
    const started = watch(supervisor.start());
    const stopped = watch(supervisor.stop());
    await clock.advance(5_000);
    a.ready();
    await clock.advance(55_000);
    expect([started.error.code, stopped.state]).toEqual(["ERR_START_ABORTED", "rejected"]);
    a.complete();
    await clock.advance(60_000);
    expect(b.starts).toBe(0);
  });

  it.each(["stop", "signal"] as const)("a start cut off by %s rejects with the errors of its roll-back", async (by) => {
    const stuck = new Error("stuck");
    const a: ServiceSpec = { name: "a", start: () => 1, stop: () => Promise.reject(stuck) };
    const b = scripted("b", waits);
    const { supervisor, clock } = createScenario({ services: [a, b.spec] });
    const controller = new AbortController();
    const started = watch(supervisor.start({ signal: controller.signal }));
    await clock.advance(0);
    const stopped = by === "stop" ? watch(supervisor.stop()) : null;
    controller.abort();
    await clock.advance(0);
    expect(started.error.code).toBe("ERR_START_ABORTED");
    expect(started.error.errors?.map((error) => (error as SupervisorError).path)).toEqual(["app/a"]);
    if (stopped) expect(stopped.error).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/a" }] });
  });
});

// A listener, or a service's own code, can call a start off in the middle of a turn.
describe("called off from inside, nothing more is started", () => {
  const ways = ["stop", "signal"] as const;

  function calledOff(by: (typeof ways)[number], callOffWhen: (path: string, to: string) => boolean) {
    const [a, b] = [scripted("a"), scripted("b")];
    const scenario = createScenario({ services: [a.spec, b.spec] });
    const { supervisor, clock } = scenario;
    const controller = new AbortController();
    const callOff = () => (by === "stop" ? void supervisor.stop() : controller.abort());
    supervisor.on("status", ({ path, from, to }) => {
      if (from !== to && callOffWhen(path, to)) callOff();
    });
    const started = watch(supervisor.start({ signal: controller.signal }));
    return clock.advance(0).then(() => ({ ...scenario, a, b, started }));
  }

  it.each(ways)("a start called off while the tree is starting, by %s, begins no code", async (by) => {
    const { a, b, started, supervisor } = await calledOff(by, (path, to) => path === "app" && to === "starting");
    expect([a.starts, b.starts, started.error?.code]).toEqual([0, 0, "ERR_START_ABORTED"]);
    expect(supervisor.status().state).toBe("stopped");
  });

  it.each(ways)("a start called off while the first service is starting, by %s, begins no code", async (by) => {
    const { a, b, started, supervisor } = await calledOff(by, (path, to) => path === "app/a" && to === "starting");
    expect([a.starts, b.starts, started.error?.code]).toEqual([0, 0, "ERR_START_ABORTED"]);
    expect(supervisor.status().state).toBe("stopped");
  });

  it.each(ways)("a start called off by the code of the first service, by %s, does not begin the second", async (by) => {
    const b = scripted("b");
    const controller = new AbortController();
    const a: ServiceSpec = {
      name: "a",
      run: ({ signal }) => {
        if (by === "stop") void supervisor.stop();
        else controller.abort();
        return new Promise((resolve) => (signal.aborted ? resolve(1) : signal.addEventListener("abort", resolve)));
      },
    };
    const { supervisor, clock } = createScenario({ services: [a, b.spec] });
    const started = watch(supervisor.start({ signal: controller.signal }));
    await clock.advance(0);
    expect([b.starts, started.error?.code, supervisor.status().state]).toEqual([0, "ERR_START_ABORTED", "stopped"]);
  });

  it("a service whose addition is called off does not begin, and addService rejects with the reason", async () => {
    const b = scripted("b");
    const { supervisor, clock, start } = createScenario({ services: [scripted("a").spec] });
    await start();
    supervisor.on("health", ({ to }) => {
      if (to === "unhealthy") void supervisor.stop();
    });
    const added = watch(supervisor.addService(b.spec));
    await clock.advance(60_000);
    expect([added.state, added.error?.code, b.starts]).toEqual(["rejected", "ERR_START_ABORTED", 0]);
    expect(supervisor.status().services.map(({ state }) => state)).toEqual(["stopped"]);
  });

  it("a signal that aborts when the tree has just come up leaves it up, or fails the start", async () => {
    const { started, supervisor } = await calledOff("signal", (path, to) => path === "app" && to === "running");
    expect([started.state, supervisor.status().state]).toBeOneOf([
      ["resolved", "running"],
      ["rejected", "stopped"],
    ]);
  });
});

// Case 19.
describe("a start of a tree that has not ended is refused, and names its state", () => {
  it("a start is refused while the tree starts, runs and stops, and its state is unchanged", async () => {
    const a = scripted("a", waits);
    a.ignoreStop();
    const { supervisor, clock, facts } = createScenario({ services: [a.spec] });
    const refused = async (state: string) => {
      const error = await rejection(supervisor.start());
      expect(error).toMatchObject({ code: "ERR_ALREADY_RUNNING", path: "app" });
      expect(error.message).toContain(state);
      expect(supervisor.status().state).toBe(state);
    };
    const started = watch(supervisor.start());
    await refused("starting");
    await clock.advance(0);
    a.ready();
    await clock.advance(0);
    expect(started.state).toBe("resolved");
    await refused("running");
    const stopped = watch(supervisor.stop());
    await refused("stopping");
    a.complete();
    await clock.advance(0);
    expect([stopped.state, a.starts]).toEqual(["resolved", 1]);
    expect(facts("app")).toEqual(["app starting", "app running", "app stopping", "app stopped"]);
  });

  it("a start with an aborted signal is refused and does not touch the running tree", async () => {
    const a = scripted("a");
    const { supervisor, start } = createScenario({ services: [a.spec] });
    await start();
    const error = await rejection(supervisor.start({ signal: AbortSignal.abort() }));
    expect([error.code, a.live]).toEqual(["ERR_ALREADY_RUNNING", 1]);
  });
});
