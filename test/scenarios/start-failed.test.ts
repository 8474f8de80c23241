// start() that fails: the roll-back, the error, and what a failed start counts as.

import { describe, expect, it } from "vitest";
import type { ServiceSpec, SupervisorError } from "../../src/index.ts";
import { drive, rejection, watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const final = { restart: { maxRetries: 0 } } as const;
const boom = new Error("boom");

function fails(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return { name, ...final, start: () => Promise.reject(boom), ...more } as ServiceSpec;
}

describe("a critical service that ends up failed", () => {
  it("a critical service that ends up failed stops everything that has started, in reverse, and then rejects the start", async () => {
    const [a, b] = [scripted("a"), scripted("b", { dependsOn: ["a"] })];
    const { supervisor, facts } = createScenario({ services: [a.spec, b.spec, fails("c", { dependsOn: ["b"] })] });
    const error = await rejection(supervisor.start());
    expect(error).toMatchObject({ code: "ERR_START_FAILED", path: "app/c" });
    expect(error.message).toMatch(/^app: .*boom/);
    expect(facts()).toEqual([
      "app starting",
      "a starting",
      "b starting",
      "c starting",
      "a running",
      "b running",
      "c failed",
      "app escalation ERR_GAVE_UP",
      "app stopping",
      "b stopping",
      "b stopped",
      "a stopping",
      "a stopped",
      "app failed",
    ]);
    expect([a.live, b.live]).toEqual([0, 0]);
  });

  it("independent services are rolled back last defined first", async () => {
    const [a, b, c] = [scripted("a"), scripted("b"), scripted("c")];
    const { supervisor, facts } = createScenario({ services: [a.spec, b.spec, c.spec, fails("d")] });
    await rejection(supervisor.start());
    expect(facts("a", "b", "c").filter((fact) => fact.endsWith("stopping"))).toEqual([
      "c stopping",
      "b stopping",
      "a stopping",
    ]);
  });

  it("the error of the failed service is the cause, as the very same object", async () => {
    const { supervisor } = createScenario({ services: [fails("a", { restart: "never", critical: true })] });
    const error = await rejection(supervisor.start());
    expect(error.cause).toBe(boom);
    expect(error.errors ?? []).toEqual([]);
  });

  it("the cause after retries is ERR_GAVE_UP, and the cause of that the last error", async () => {
    const { supervisor, clock } = createScenario({ services: [fails("a", { restart: { maxRetries: 2 } })] });
    const error = await rejection(drive(clock, supervisor.start()));
    expect(error.cause).toMatchObject({ code: "ERR_GAVE_UP", path: "app/a", cause: boom });
    expect(clock.now()).toBe(3_000); // 1 s and 2 s of backoff
  });

  it.each<[title: string, start: () => unknown, message: RegExp]>([
    [
      "a synchronous throw",
      () => {
        throw boom;
      },
      /^boom$/,
    ],
    [
      "a string",
      () => {
        throw "no disk";
      },
      /no disk/,
    ],
    ["undefined", () => Promise.reject(undefined), /undefined/],
    [
      "null",
      () => {
        throw null;
      },
      /null/,
    ],
    ["an object", () => Promise.reject({ status: 503 }), /status/],
  ])("%s is a failed start", async (_title, start, message) => {
    const { supervisor } = createScenario({ services: [fails("a", { start, restart: "never", critical: true })] });
    const { cause } = (await rejection(supervisor.start())) as { cause: Error };
    expect(cause).toBeInstanceOf(Error);
    expect(cause.message).toMatch(message);
    expect(supervisor.status("a").error?.message).toBe(cause.message);
  });

  it("a thrown value is kept as the cause of an error", async () => {
    const thrown = { status: 503 };
    const start = () => Promise.reject(thrown);
    const { supervisor } = createScenario({ services: [fails("a", { start, restart: "never", critical: true })] });
    const error = (await rejection(supervisor.start())) as { cause: Error };
    expect(error.cause.cause).toBe(thrown);
  });

  // Case 13.
  it("errors of the roll-back are listed beside the first one", async () => {
    const stop = () => Promise.reject(new Error("stuck"));
    const a: ServiceSpec = { name: "a", start: () => 1, stop };
    const b: ServiceSpec = { name: "b", start: () => 1, stop: () => {} };
    const { supervisor, facts } = createScenario({ services: [a, b, fails("c")] });
    const error = await rejection(supervisor.start());
    expect(error.code).toBe("ERR_START_FAILED");
    expect((error.cause as Error).cause).toBe(boom);
    expect(error.errors?.map((one) => (one as SupervisorError).path)).toEqual(["app/a"]);
    expect(facts("b").at(-1)).toBe("b stopped");
  });

  it("a service that does not stop in the roll-back is reported, and the others are stopped", async () => {
    const [a, b] = [scripted("a"), scripted("b")];
    a.ignoreStop();
    const { supervisor, clock, facts } = createScenario({ services: [a.spec, b.spec, fails("c")] });
    const error = await rejection(drive(clock, supervisor.start()));
    expect(error.errors).toMatchObject([{ code: "ERR_UNSTOPPED", path: "app/a" }]);
    expect(clock.now()).toBe(10_000);
    expect(facts("a", "b").slice(-4)).toEqual(["a stopping", "b stopped", "a unstopped", "a failed"]);
    a.complete();
    await clock.advance(0);
  });

  it("the exit of the run is failed, status and health say so, and the error is escalated once", async () => {
    const { supervisor, record } = createScenario({ services: [fails("a")] });
    const exit = supervisor.exit;
    const error = await rejection(supervisor.start());
    expect(await exit).toEqual({ kind: "failed", error });
    expect(supervisor.status()).toMatchObject({ state: "failed", exit: "failed", healthy: false });
    expect(supervisor.health().status).toBe("unhealthy");
    expect(record.updates.filter(({ type }) => type === "escalation")).toHaveLength(1);
  });

  it("stop is not called for services that never started, nor for the one that failed", async () => {
    const stopped: string[] = [];
    const stop = (_value: unknown, { name }: { name: string }) => void stopped.push(name);
    const { supervisor } = createScenario({
      services: [
        { name: "a", start: () => 1, stop },
        fails("b", { stop }),
        { name: "c", start: () => 1, stop, dependsOn: ["b"] },
      ],
    });
    await rejection(supervisor.start());
    expect(stopped).toEqual(["a"]);
  });

  it("a service whose start is still in progress is asked to stop, and what it brought up is taken down", async () => {
    const stopped: unknown[] = [];
    const slow: ServiceSpec = {
      name: "slow",
      start: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("pool"))),
      stop: (value) => void stopped.push(value),
    };
    const { supervisor, facts } = createScenario({ services: [slow, fails("b")] });
    await rejection(supervisor.start());
    expect([stopped, facts("slow")]).toEqual([["pool"], ["slow starting", "slow stopping", "slow stopped"]]);
  });

  it("the first of two services that fail at once is the cause", async () => {
    const services = [fails("a"), fails("b", { start: () => Promise.reject(new Error("second")) })];
    const { supervisor, record } = createScenario({ services });
    const error = await rejection(supervisor.start());
    expect([error.path, (error.cause as Error).cause]).toEqual(["app/a", boom]);
    expect(record.updates.filter(({ type }) => type === "escalation")).toHaveLength(1);
  });
});

describe("a service that is not critical", () => {
  it("a service that is not critical does not fail the start when it fails", async () => {
    const a = scripted("a");
    const { supervisor, start } = createScenario({ services: [a.spec, fails("b", { critical: false })] });
    await start();
    expect(supervisor.status("b").state).toBe("failed");
    expect(supervisor.health().status).toBe("degraded");
  });

  it("a service with the policy never does not fail the start when it fails", async () => {
    const a = scripted("a");
    const { supervisor, start } = createScenario({ services: [a.spec, fails("b", { restart: "never" })] });
    await start();
    expect([supervisor.status("b").state, supervisor.status().state]).toEqual(["failed", "running"]);
  });
});

describe("a failed start counts like a failed run", () => {
  it("a failed start waits the backoff, and is tried again", async () => {
    let attempts = 0;
    const start = () => (++attempts < 3 ? Promise.reject(boom) : Promise.resolve("up"));
    const { supervisor, clock, facts } = createScenario({ services: [{ name: "a", start }] });
    await drive(clock, supervisor.start());
    expect(facts("a")).toEqual([
      "a starting",
      "a backoff 1000",
      "a starting",
      "a backoff 2000",
      "a starting",
      "a running",
    ]);
    expect(supervisor.status("a")).toMatchObject({ incarnation: 3, restarts: 2, failures: 2, startedAt: 3_000 });
  });

  it("a nested supervisor whose start fails is restarted as a whole", async () => {
    let attempts = 0;
    const db = scripted("db");
    const api: ServiceSpec = {
      name: "api",
      ...final,
      start: () => (++attempts === 1 ? Promise.reject(boom) : Promise.resolve("up")),
    };
    const { supervisor, clock, facts } = createScenario({ services: [{ name: "web", services: [db.spec, api] }] });
    const started = watch(supervisor.start());
    await clock.advance(1_000);
    expect([started.state, db.starts]).toEqual(["resolved", 2]);
    expect(facts("web")).toEqual([
      "web starting",
      "web escalation ERR_GAVE_UP",
      "web backoff 1000",
      "web starting",
      "web running",
    ]);
  });
});
