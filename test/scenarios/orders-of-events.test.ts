// Verbs and events in every order: in the middle of a group restart, inside listeners, from other async contexts, on
// clocks of the user's, with specs that change, and with errors of the library itself.

import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { type AnyActorRef, createMachine } from "xstate";
import { type Clock, createSupervisor, type ServiceSpec, type Update } from "../../src/index.ts";
import { createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";
import { type Incarnation, type Scoped, treeKey } from "../../src/tree/scope.ts";
import { rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const backoff = { restart: { initialBackoffMs: 1_000, jitter: false as const } };

describe("while a group waits for its backoff", () => {
  async function begin(strategy: "rest-for-one" | "one-for-all") {
    const [b, c, d] = [scripted("b", backoff), scripted("c", backoff), scripted("d", backoff)];
    const s = createScenario({ strategy, services: [b.spec, c.spec, d.spec] });
    await s.start();
    b.fail();
    await s.clock.advance(0);
    expect(s.supervisor.status("b").phase).toBe("held");
    return { s, b, c, d };
  }

  it.each([
    "rest-for-one",
    "one-for-all",
  ] as const)("%s: the failed one can be removed; the rest starts", async (strategy) => {
    const { s, c, d } = await begin(strategy);
    await s.supervisor.removeService("b");
    await s.clock.advance(1_000);
    expect([c.live, d.live, s.supervisor.status().state]).toEqual([1, 1, "running"]);
  });

  it("one that was started by hand and fails is restarted with the group, not left held", async () => {
    // Case C2
    const { s, c, d } = await begin("rest-for-one");
    await s.supervisor.removeService("b");
    const started = watch(s.supervisor.startService("c"));
    await s.clock.advance(0);
    expect(started.state).toBe("resolved");
    c.fail();
    await s.clock.advance(0);
    await s.clock.advance(5_000);
    expect([c.live, d.live]).toEqual([1, 1]);
    c.fail();
    await s.clock.advance(10_000);
    expect([c.live, d.live, s.supervisor.status("c").phase]).toEqual([1, 1, "healthy"]);
  });

  it("the failed one can be stopped by hand; the rest starts without it", async () => {
    const { s, b, c, d } = await begin("one-for-all");
    await s.supervisor.stopService("b");
    await s.clock.advance(1_000);
    expect([b.live, c.live, d.live]).toEqual([0, 1, 1]);
    expect(s.supervisor.status("b").phase).toBe("byHand");
  });

  it("one that waits to start with it can be stopped by hand, and stays so", async () => {
    const { s, c, d } = await begin("one-for-all");
    expect(s.supervisor.status("c").phase).toBe("grouped");
    await s.supervisor.stopService("c");
    await s.clock.advance(1_000);
    expect([c.live, d.live, s.supervisor.status("c").phase]).toEqual([0, 1, "byHand"]);
  });

  it("a stop of the tree leaves nothing grouped", async () => {
    const { s } = await begin("one-for-all");
    await s.supervisor.stop();
    expect(s.supervisor.status().services.map(({ phase }) => phase)).toEqual(["idle", "idle", "idle"]);
  });
});

it("one that was started by hand during the backoff of its group goes with its dependencies again", async () => {
  const api = scripted("api", { dependsOn: [{ service: "db", onFailure: "restart" }], critical: false, ...backoff });
  const db = scripted("db");
  const s = createScenario({ strategy: "one-for-all", services: [db.spec, api.spec] });
  await s.start();
  api.fail();
  await s.clock.advance(0);
  expect([s.supervisor.status("api").phase, s.supervisor.status("db").phase]).toEqual(["held", "grouped"]);
  const started = [watch(s.supervisor.startService("api")), watch(s.supervisor.startService("db"))];
  await s.clock.advance(0);
  expect(started.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
  db.complete();
  await s.clock.advance(0);
  expect(api.live).toBe(0);
});

it("one that was dismissed by `decide`, and then waits to start when its group stops it, is missing for health", async () => {
  const slow = scripted("slow", { critical: false });
  const decide = () => "stop" as const;
  const job = scripted("job", { restart: { policy: "never", decide }, critical: false, dependsOn: ["slow"] });
  const x = scripted("x", backoff);
  const s = createScenario({ strategy: "rest-for-one", services: [slow.spec, x.spec, job.spec] });
  await s.start();
  job.fail();
  await s.clock.advance(0);
  expect([s.supervisor.status("job").phase, s.supervisor.health().status]).toEqual(["dismissed", "healthy"]);
  await s.supervisor.stopService("slow");
  const started = watch(s.supervisor.startService("job"));
  x.fail();
  await s.clock.advance(1_000);
  expect([started.state, s.supervisor.status("job").phase, s.supervisor.health().status]).toEqual([
    "rejected",
    "dismissed",
    "degraded",
  ]);
  expect(s.supervisor.explain("job").summary).toMatch(/^stopped with its group/);
});

it("a run of a schedule that fails in a group is retried with the group, and comes again after one that was cut off", async () => {
  const nextRun = (now: Date) => new Date(Math.floor(now.getTime() / 60_000 + 1) * 60_000);
  const job = scripted("job", { nextRun, ...backoff } as Partial<ServiceSpec>);
  const night = scripted("night", { nextRun, restart: "never" } as Partial<ServiceSpec>);
  const a = scripted("a", backoff);
  const s = createScenario({ strategy: "one-for-all", services: [a.spec, job.spec, night.spec] });
  await s.start();
  await s.clock.advance(60_000);
  expect([job.live, night.live]).toEqual([1, 1]);
  job.fail();
  await s.clock.advance(1_000);
  expect([a.starts, job.starts, job.live, night.live]).toEqual([2, 2, 1, 0]);
  expect(s.supervisor.status("night").phase).toBe("scheduled");
  job.complete();
  await s.clock.advance(60_000);
  expect([job.starts, night.starts]).toEqual([3, 2]);
});

describe("a critical service that never restarts, stopped with its group", () => {
  const never = { restart: "never" as const, critical: true };

  it("fails its supervisor: it cannot come back", async () => {
    const [a, b] = [scripted("a", backoff), scripted("b", never)];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    await s.start();
    a.fail();
    await s.clock.advance(0);
    const exit = await s.supervisor.exit;
    expect(exit).toMatchObject({ kind: "failed", error: { code: "ERR_SERVICE_FAILED", path: "app/b" } });
  });

  it("fails a start that is under way", async () => {
    // Case C17
    const [a, b] = [scripted("a", { ...backoff, readyOn: "signal" }), scripted("b", never)];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    const error = rejection(s.supervisor.start());
    await s.clock.advance(0);
    a.fail();
    await s.clock.advance(2_000);
    expect((await error).code).toBe("ERR_START_FAILED");
  });

  it("fails it too when it was only waiting to start", async () => {
    const [a, b] = [scripted("a", { ...backoff, readyOn: "signal" }), scripted("b", { ...never, dependsOn: ["a"] })];
    const s = createScenario({ strategy: "one-for-all", services: [a.spec, b.spec] });
    const error = rejection(s.supervisor.start());
    await s.clock.advance(0);
    a.fail();
    await s.clock.advance(2_000);
    expect((await error).code).toBe("ERR_START_FAILED");
  });
});

it("a wait for the completion of a service that is always restarted is refused", async () => {
  const services = (restart: ServiceSpec["restart"]): ServiceSpec[] => [
    { name: "job", run: () => {}, restart },
    { name: "after", run: () => {}, dependsOn: [{ service: "job", condition: "completed" }] },
  ];
  expect(() => createSupervisor({ name: "app", services: services("always") })).toThrow(/never lets happen/);
  expect(() => createSupervisor({ name: "app", services: services("on-failure") })).not.toThrow();
  const decided = { policy: "always" as const, decide: () => "stop" as const };
  expect(() => createSupervisor({ name: "app", services: services(decided) })).not.toThrow();
  const s = createScenario({ services: [{ name: "job", run: () => {}, restart: "always" }] });
  await s.start();
  const late = s.supervisor.addService(services("always")[1]!);
  expect((await rejection(late)).code).toBe("ERR_INVALID_SPEC");
});

it("a listener that starts a service whenever it fails starves no timer", async () => {
  // Case C15
  const clock = createSimulatedClock();
  let starts = 0;
  const supervisor = createSupervisor(
    {
      name: "app",
      services: [{ name: "a", run: () => Promise.reject(new Error(`${++starts}`)), restart: "never" }],
    },
    { clock },
  );
  let isBounded = true;
  supervisor.on("status", ({ to }) => {
    if (to === "failed" && isBounded) supervisor.startService("a").catch(() => {});
  });
  await supervisor.start();
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
    isBounded = false;
  }, 0);
  const before = starts;
  await clock.advance(0);
  expect(fired).toBe(true);
  expect(starts - before).toBeLessThan(10);
});

it("a listener that starts the tree whenever it fails starves no timer", async () => {
  const clock = createSimulatedClock();
  let starts = 0;
  const run = () => {
    starts++;
    throw new Error("at once");
  };
  const services = [{ name: "a", run, restart: { maxRetries: 0 } }];
  const supervisor = createSupervisor({ name: "app", services }, { clock });
  let isBounded = true;
  supervisor.on("status", ({ path, to }) => {
    if (path === "app" && to === "failed" && isBounded && starts < 1_000) supervisor.start().catch(() => {});
  });
  clock.setTimeout(() => {
    isBounded = false;
  }, 0);
  await rejection(supervisor.start());
  await clock.advance(0);
  expect(starts).toBeLessThan(10);
});

it("services live in the async context of whoever created the tree", async () => {
  // Case C16
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const clock = createSimulatedClock();
  const supervisor = request.run("creator", () =>
    createSupervisor(
      {
        name: "app",
        services: [
          {
            name: "a",
            run: ({ signal }) => {
              seen.push(request.getStore());
              return untilAborted(signal);
            },
          },
        ],
      },
      { clock },
    ),
  );
  await request.run("starter", () => supervisor.start());
  await request.run("request", () => supervisor.restartService("a"));
  await clock.advance(0);
  expect(seen).toEqual(["creator", "creator"]);
  await supervisor.stop();
});

it.each([
  "start",
  "run",
] as const)("what the signal of %s() stops, stops in the context of the tree, too", async (verb) => {
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const note = () => void seen.push(request.getStore());
  const clock = createSimulatedClock();
  const services: ServiceSpec[] = [
    { name: "a", start: ({ signal }) => signal.addEventListener("abort", note), stop: note },
    { name: "b", run: () => {}, readyOn: "signal", dependsOn: ["a"], restart: { policy: "always" } },
  ];
  const supervisor = request.run("creator", () => createSupervisor({ name: "app", services }, { clock }));
  const controller = new AbortController();
  const begun = watch(request.run("starter", () => supervisor[verb]({ signal: controller.signal })));
  await clock.advance(0);
  request.run("request", () => controller.abort());
  await clock.advance(0);
  expect([begun.state, seen]).toEqual([verb === "run" ? "resolved" : "rejected", ["creator", "creator"]]);
});

it("a machine that a request has touched ends in the context of the tree, and so begins anew there", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const note = () => void seen.push(request.getStore());
  const simulated = createSimulatedClock();
  // As the host's own timers do, these carry the context along in which they were set.
  const setTimeout = (fn: () => void, ms: number) => simulated.setTimeout(AsyncResource.bind(fn), ms);
  const clock: Clock = { now: simulated.now, setTimeout, clearTimeout: simulated.clearTimeout };
  const machine = createMachine({
    initial: "on",
    states: { on: { on: { go: "going" } }, going: { after: { 100: "off" } }, off: { type: "final" } },
  });
  const m: ServiceSpec = { name: "m", actor: machine, input: note, restart: { policy: "always", jitter: false } };
  const supervisor = request.run("creator", () => createSupervisor({ name: "app", services: [m] }, { clock }));
  await supervisor.start();
  request.run("request", () => (supervisor.use("m") as AnyActorRef).send({ type: "go" }));
  await simulated.advance(2_000);
  expect(seen).toEqual(["creator", "creator"]);
  await supervisor.stop();
});

it("what an escaped error ends, ends in the context of the tree, and not in that of the request that threw it", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const clock = createSimulatedClock();
  const a: ServiceSpec = { name: "a", start: () => {}, stop: () => void seen.push(request.getStore()) };
  const supervisor = request.run("creator", () => createSupervisor({ name: "app", services: [a] }, { clock }));
  const incarnations: Incarnation[] = [];
  (supervisor as unknown as { [treeKey]: Scoped })[treeKey].scope = {
    inside: (incarnation, code) => {
      incarnations.push(incarnation);
      return code();
    },
    outside: (code) => code(),
  };
  await supervisor.start();
  request.run("request", () => incarnations[0]!.blame(new Error("escaped")));
  expect([supervisor.status("a").state, seen]).toEqual(["backoff", ["creator"]]);
  await supervisor.stop();
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

it("a clock of the user's is asked for no more than its timers can take", async () => {
  // Case C18
  const asked: number[] = [];
  const simulated = createSimulatedClock();
  const clock: Clock = {
    ...simulated,
    now: simulated.now,
    setTimeout: (fn, ms) => {
      asked.push(ms);
      return simulated.setTimeout(fn, ms);
    },
    clearTimeout: simulated.clearTimeout,
  };
  let starts = 0;
  const days = 86_400_000;
  const restart = { initialBackoffMs: 30 * days, maxBackoffMs: 60 * days, jitter: false } as const;
  const services: ServiceSpec[] = [
    { name: "a", run: () => Promise.reject(new Error(`${++starts}`)), restart, critical: false },
  ];
  const supervisor = createSupervisor({ name: "app", services }, { clock });
  await supervisor.start();
  await simulated.advance(29 * days);
  expect(starts).toBe(1);
  await simulated.advance(days);
  expect(starts).toBe(2);
  expect(Math.max(...asked)).toBeLessThanOrEqual(2 ** 31 - 1);
  await supervisor.stop();
  expect(simulated.pending).toBe(0);
});

it("the simulated clock reports a loop at one moment instead of going round for ever", async () => {
  // Case C19
  const clock = createSimulatedClock();
  const restart = { policy: "always", initialBackoffMs: 0 } as const;
  const supervisor = createSupervisor({ name: "app", services: [{ name: "a", run: () => {}, restart }] }, { clock });
  await supervisor.start();
  await expect(clock.advance(1)).rejects.toThrow(/does not get beyond 0 ms/);
  await supervisor.stop();
}, 60_000);

it("the simulated clock works under fake timers of a framework", async () => {
  // Case C6
  vi.useFakeTimers();
  try {
    const clock = createSimulatedClock();
    await clock.advance(1);
    expect(clock.now()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

it("a tree keeps to its spec as it was", async () => {
  // Case C21
  const ran: string[] = [];
  const spec = { name: "a", run: () => void ran.push("first"), restart: "never" as const };
  const s = createScenario({ services: [spec] });
  spec.run = () => void ran.push("second");
  await s.start();
  expect(ran).toEqual(["first"]);
});

it("a slow reader gets updates between the reports of what it has missed", async () => {
  // Case C22
  const s = createScenario({ services: [scripted("a").spec] });
  await s.start();
  const updates = s.supervisor.updates({ bufferSize: 4 });
  const got: (Update["type"] | "dropped")[] = [];
  for (let n = 0; n < 20; n++) {
    await s.supervisor.restartService("a");
    got.push((await updates.next()).value.type);
  }
  expect(got.slice(2).filter((type) => type === "dropped").length).toBeLessThanOrEqual(got.length / 2);
  expect(got.filter((type) => type !== "dropped").length).toBeGreaterThanOrEqual(9);
});

it("an error of many services names the first few, and has all of them", async () => {
  // Case C23
  const services = Array.from(
    { length: 479 },
    (_, n): ServiceSpec => ({
      name: `s${n}`,
      start: () => 1,
      stop: () => Promise.reject(new Error("a reason of some length, as reasons are".repeat(5))),
    }),
  );
  const s = createScenario({ services });
  await s.start();
  const error = await rejection(s.supervisor.stop());
  expect(error.errors).toHaveLength(479);
  expect(error.message).toMatch(/; and 474 more/);
  expect(error.message.length).toBeLessThan(3_000);
});

describe("a spec that cannot be read is an invalid spec", () => {
  const throwing = new Proxy(
    { name: "a" },
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each([
    ["a proxy that throws", throwing],
    ["a revoked one", revoked.proxy],
  ])("%s", async (_, spec) => {
    // Case C24
    const refused = expect.objectContaining({ code: "ERR_INVALID_SPEC" });
    expect(() => createSupervisor(spec as never)).toThrow(refused);
    expect(() => createSupervisor({ name: "app", services: [spec as never] })).toThrow(refused);
    const s = createScenario({ services: [] });
    await s.start();
    expect((await rejection(s.supervisor.addService(spec as never))).code).toBe("ERR_INVALID_SPEC");
  });
});

it("a service that depends on itself is a cycle", async () => {
  // Case C26
  const s = createScenario({ services: [scripted("b").spec] });
  await s.start();
  const error = await rejection(s.supervisor.addService({ name: "x", run: () => {}, dependsOn: ["x"] }));
  expect(error).toMatchObject({ code: "ERR_DEPENDENCY_CYCLE", message: expect.stringContaining("x -> x") });
});

describe("an answer to a stop request", () => {
  it.each([
    ["an error of code ERR_CANCELED", () => Object.assign(new Error("canceled"), { code: "ERR_CANCELED" })],
    ["an error of code ABORT_ERR", () => Object.assign(new Error("aborted"), { code: "ABORT_ERR" })],
    ["an error whose cause is the reason", (reason: unknown) => new Error("request failed", { cause: reason })],
    [
      "an error with the reason deep among its causes",
      (reason: unknown) => new Error("outer", { cause: new Error("inner", { cause: reason }) }),
    ],
  ])("%s has stopped", async (_, make) => {
    // Case C13
    const run: ServiceSpec["run"] = ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(make(signal.reason))));
    const s = createScenario({ services: [{ name: "a", run } as ServiceSpec] });
    await s.start();
    await s.supervisor.stop();
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", exit: "stopped" });
  });

  it("the same without a stop request is a failure", async () => {
    const run = () => Promise.reject(Object.assign(new Error("canceled"), { code: "ERR_CANCELED" }));
    const s = createScenario({ services: [{ name: "a", run, restart: "never" }] });
    await s.start();
    await s.clock.advance(0);
    expect(s.supervisor.status("a").exit).toBe("failed");
  });
});

it("an internal error ends the run: every promise of it settles", async () => {
  // Case C20
  const a = scripted("a", { readyOn: "signal" });
  const s = createScenario({ services: [a.spec] });
  const record = recordUpdates(s.supervisor);
  const started = rejection(s.supervisor.start());
  await s.clock.advance(0);
  const restarted = rejection(s.supervisor.restartService("a"));
  const readers = [s.supervisor.updates(), s.supervisor.updates()];
  const waiting = watch(readers[0]!.next());
  const { actor } = s.supervisor;
  // A part of the chart fails, as it would with a version of XState that is different inside.
  actor.send({ type: "children.rated", tally: null } as never);
  await s.clock.advance(0);
  expect([(await started).code, (await restarted).code]).toEqual(["ERR_INTERNAL", "ERR_INTERNAL"]);
  expect(await s.supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_INTERNAL" } });
  expect(s.supervisor.status().state).toBe("failed");
  expect((await rejection(s.supervisor.start())).code).toBe("ERR_INTERNAL");
  expect(waiting.state).toBe("resolved");
  for (const reader of [...readers, s.supervisor.updates()]) for await (const _ of reader);
  await s.supervisor.stop();
  expect(a.live).toBe(0);
  record.stop();
});

describe("a stop by hand that is not over at its deadline", () => {
  const deaf = () => scripted("a", { stopTimeoutMs: 100 });

  it("fails a start of the tree that is under way: the service will not come up", async () => {
    const [a, b] = [deaf(), scripted("b", { readyOn: "signal" })];
    const s = createScenario({ services: [a.spec, b.spec] });
    const started = rejection(s.supervisor.start());
    await s.clock.advance(0);
    a.ignoreStop();
    const stopped = rejection(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    expect((await stopped).code).toBe("ERR_STOP_FAILED");
    expect(await started).toMatchObject({ code: "ERR_START_FAILED" });
    a.complete();
  });

  it("makes a tree that is up unhealthy, and no more", async () => {
    const a = deaf();
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    const stopped = rejection(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    await stopped;
    expect(s.supervisor.status()).toMatchObject({ state: "running", phase: "unhealthy" });
    a.complete();
  });

  it("overtakes a restart by hand, which rejects as aborted", async () => {
    const a = deaf();
    const s = createScenario({ services: [a.spec] });
    await s.start();
    a.ignoreStop();
    const restarted = rejection(s.supervisor.restartService("a"));
    const stopped = rejection(s.supervisor.stopService("a"));
    await s.clock.advance(100);
    expect((await stopped).code).toBe("ERR_STOP_FAILED");
    expect((await restarted).code).toBe("ERR_START_ABORTED");
    a.complete();
  });
});

describe("a listener that hears of the start of the tree and stops a service", () => {
  it.each(["the first", "a later"])("(%s start) is heard: the service is not started", async (which) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ services: [a.spec, b.spec] });
    if (which === "a later") {
      await s.start();
      await s.supervisor.stopService("b");
      await s.supervisor.stop();
    }
    const startsOfA = a.starts;
    const off = s.supervisor.on("status", ({ path, to }) => {
      if (path === "app" && to === "starting") s.supervisor.stopService("a");
    });
    await s.supervisor.start();
    off();
    expect(s.supervisor.status("a")).toMatchObject({ state: "stopped", phase: "byHand" });
    expect([a.starts, b.live]).toEqual([startsOfA, 1]);
  });

  it("that had failed is heard, too, and one that a redefinition has replaced", async () => {
    const [a, b] = [scripted("a", { restart: { maxRetries: 0 } }), scripted("b")];
    const again = scripted("b", { startTimeoutMs: 5 });
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    a.fail(new Error("boom"));
    await s.clock.advance(0);
    expect(s.supervisor.status().state).toBe("failed");
    await s.supervisor.redefine({ name: "app", services: [a.spec, again.spec] });
    const off = s.supervisor.on("status", ({ path, to }) => {
      if (path !== "app" || to !== "starting") return;
      s.supervisor.stopService("a");
      s.supervisor.stopService("b");
    });
    await s.supervisor.start();
    off();
    const phaseOf = (name: string) => s.supervisor.status(name).phase;
    expect([phaseOf("a"), phaseOf("b"), a.starts, b.starts, again.starts]).toEqual(["byHand", "byHand", 1, 1, 0]);
    await s.supervisor.startService("a");
    expect(a.starts).toBe(2);
  });

  it("or removes one that the start would have made anew: it is gone", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    const s = createScenario({ services: [a.spec, b.spec] });
    await s.start();
    await s.supervisor.removeService("b");
    await s.supervisor.redefine({ name: "app", services: [a.spec, b.spec] });
    await s.supervisor.stop();
    const off = s.supervisor.on("status", ({ path, to }) => {
      if (path === "app" && to === "starting") void s.supervisor.removeService("b");
    });
    await s.supervisor.start();
    off();
    await s.clock.advance(0);
    expect([s.supervisor.status().services.map(({ name }) => name), b.live]).toEqual([["a"], 0]);
  });
});
