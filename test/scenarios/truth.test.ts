// Errors that happen in the middle of something else reach the caller, the status or the log.

import { describe, expect, it } from "vitest";
import { createSupervisor, type SupervisorSpec } from "../../src/index.ts";
import { createScriptedService, createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";

function create(spec: Omit<SupervisorSpec, "name">) {
  const clock = createSimulatedClock();
  const supervisor = createSupervisor({ name: "app", ...spec }, { clock, random: () => 0.5 });
  return { clock, supervisor, record: recordUpdates(supervisor) };
}

const deaf = () => new Promise<never>(() => {});

describe("a stop that throws at once", () => {
  const failing = {
    name: "a",
    start: () => 1,
    stop: () => {
      throw new Error("S");
    },
  };

  it("a stop that throws at once is reported, although nothing else stops after it", async () => {
    const { supervisor } = create({ services: [failing] });
    await supervisor.start();
    await expect(supervisor.stop()).rejects.toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/a" }] });
    expect(await supervisor.exit).toMatchObject({ kind: "failed", error: { code: "ERR_STOP_FAILED" } });
    expect([supervisor.status("a").state, supervisor.status().state]).toEqual(["failed", "failed"]);
  });

  it("a stop that throws at once is among the errors of a roll-back", async () => {
    const broken = {
      name: "b",
      dependsOn: ["a"],
      restart: { maxRetries: 0 },
      start() {
        throw new Error("B");
      },
    };
    const { supervisor } = create({ services: [failing, broken] });
    await expect(supervisor.start()).rejects.toMatchObject({ code: "ERR_START_FAILED", errors: [{ path: "app/a" }] });
  });
});

it("a run that returns at once has been up", async () => {
  const { supervisor } = create({ services: [{ name: "tick", restart: "always", run: () => {} }] });
  await supervisor.start();
  await supervisor.stop();
});

it("a critical service that its group stopped, and that never restarts, is not healthy", async () => {
  const a = createScriptedService("a", { restart: { initialBackoffMs: 100, jitter: false } });
  const b = createScriptedService("b", { restart: "never", critical: true });
  const { supervisor, clock } = create({ strategy: "one-for-all", services: [a.spec, b.spec] });
  await supervisor.start();
  a.fail();
  await clock.advance(500);
  expect(supervisor.health().status).toBe("unhealthy");
  expect(supervisor.explain("b").summary).toContain("stopped with its group");
  await supervisor.stop();
});

it("the error of an incarnation that failed and did not end names its failure", async () => {
  const spec = { name: "a", start: deaf, startTimeoutMs: 50, stopTimeoutMs: 10, restart: { maxRetries: 0 } };
  const { supervisor, clock } = create({ services: [spec] });
  const started = supervisor.start().catch((error: Error) => error);
  await clock.advance(100);
  const codes: unknown[] = [];
  for (let error = (await started) as Error | undefined; error; error = error.cause as Error | undefined) {
    codes.push((error as { code?: unknown }).code);
  }
  expect(codes).toEqual(["ERR_START_FAILED", "ERR_GAVE_UP", "ERR_UNSTOPPED", "ERR_START_TIMEOUT"]);
});

it("a readiness that fails from the beginning is in the updates, once", async () => {
  const refused = new Error("ECONNREFUSED");
  const readiness = () => {
    throw refused;
  };
  const { supervisor, clock, record } = create({ services: [{ name: "a", run: deaf, stopTimeoutMs: 0, readiness }] });
  const started = supervisor.start().catch(() => {});
  await clock.advance(10_000);
  const heard = record.updates.filter(({ type }) => type === "service-health");
  expect(heard).toMatchObject([{ path: "app/a", healthy: false, error: refused }]);
  const stopped = supervisor.stop();
  await clock.advance(0);
  await Promise.all([stopped, started]);
});

it("the error of an intensity names the service that was last to restart", async () => {
  const a = createScriptedService("a");
  const { supervisor, clock } = create({ intensity: { maxRestarts: 0, withinMs: 1_000 }, services: [a.spec] });
  await supervisor.start();
  a.fail(new Error("ECONNRESET"));
  await clock.advance(0);
  const exit = await supervisor.exit;
  expect(exit).toMatchObject({ kind: "failed", error: { code: "ERR_INTENSITY", path: "app" } });
  expect((exit as { error: Error }).error.message).toContain("app/a: ECONNRESET");
});

it("the signal of a check that ran out of time says so", async () => {
  let signal: AbortSignal | undefined;
  const readiness = (ctx: { signal: AbortSignal }) => {
    signal = ctx.signal;
    return deaf();
  };
  const { supervisor, clock } = create({
    services: [{ name: "a", run: deaf, stopTimeoutMs: 0, readiness, critical: false }],
  });
  await supervisor.start();
  await clock.advance(1_000);
  expect((signal?.reason as Error).message).toContain("took longer than 1000 ms");
  const stopped = supervisor.stop();
  await clock.advance(0);
  await stopped;
});

it("options that do not exist are refused where the handle takes options", async () => {
  const { supervisor } = create({ services: [] });
  await expect(supervisor.stop({ timeoutMS: 5 } as never)).rejects.toMatchObject({ code: "ERR_INVALID_SPEC" });
  await expect(supervisor.start({ singal: null } as never)).rejects.toMatchObject({ code: "ERR_INVALID_SPEC" });
  const added = supervisor.addService({ name: "a", run: deaf }, { udner: "b" } as never);
  await expect(added).rejects.toThrow('unknown option "udner" of addService(); did you mean "under"?');
  expect(() => supervisor.on("statuss" as never, () => {})).toThrow('did you mean "status"?');
});
