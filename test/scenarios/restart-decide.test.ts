// restart.decide: the user's own answer to an end.

import { describe, expect, it } from "vitest";
import type { Exit, RestartPolicy, RunServiceSpec, ServiceSpec, SupervisorSpec } from "../../src/index.ts";
import { rejection } from "../support/promises.ts";
import { createScenario, type Scenario, scripted } from "../support/scenario.ts";

const boom = new Error("boom");
const policies: readonly RestartPolicy[] = ["always", "on-failure", "never"];

function deciding(answer: unknown, more: object = {}): Partial<ServiceSpec> {
  return { restart: { decide: () => answer as never, ...more } };
}

describe("an answer replaces the policy's", () => {
  const rows = policies.flatMap((policy) => [
    [policy, "completed", "restart", ["a backoff 1000"]] as const,
    [policy, "failed", "restart", ["a backoff 1000"]] as const,
    [policy, "completed", "stop", ["a stopped"]] as const,
    [policy, "failed", "stop", ["a stopped"]] as const, //    case 37
    [policy, "completed", "fail", ["a failed"]] as const,
    [policy, "failed", "fail", ["a failed"]] as const,
  ]);

  it.each(rows)("%s, %s, decide %s: %j", async (policy, end, answer, then) => {
    const a = scripted("a", { ...deciding(answer, { policy }), critical: false });
    const { supervisor, clock, facts, start } = createScenario({ services: [a.spec] });
    await start();
    facts();
    if (end === "completed") a.complete();
    else a.fail(boom);
    await clock.advance(0);
    expect([facts("a"), supervisor.status().state]).toEqual([then, "running"]);
  });

  it("an undefined answer leaves the end to the policy", async () => {
    for (const [policy, then] of [
      ["always", "backoff"],
      ["on-failure", "backoff"],
      ["never", "failed"],
    ] as const) {
      const a = scripted("a", { ...deciding(undefined, { policy }), critical: false });
      const { supervisor, clock, start } = createScenario({ services: [a.spec] });
      await start();
      a.fail();
      await clock.advance(0);
      expect(supervisor.status("a").state).toBe(then);
    }
  });

  it("a service that decides to stop after a failure does not fail its supervisor, and does not hold a start up", async () => {
    const a: ServiceSpec = { name: "a", start: () => Promise.reject(boom), ...deciding("stop") } as ServiceSpec;
    const { supervisor, start } = createScenario({ services: [a] });
    await start();
    expect(supervisor.status()).toMatchObject({ state: "running", healthy: true });
    expect(supervisor.status("a")).toMatchObject({ state: "stopped", exit: "failed", error: { message: "boom" } });
  });
});

// Case 38.
describe("escalate fails the supervisor, critical or not", () => {
  it.each(policies)("escalate fails the root, under %s", async (policy) => {
    const [a, b] = [scripted("a", { ...deciding("escalate", { policy }), critical: false }), scripted("b")];
    const { supervisor, clock, facts, start } = createScenario({ services: [b.spec, a.spec] });
    await start();
    facts();
    a.fail(boom);
    await clock.advance(0);
    expect(facts()).toEqual([
      "a failed",
      "app escalation ERR_SERVICE_FAILED",
      "app stopping",
      "b stopping",
      "b stopped",
      "app failed",
    ]);
    expect(await supervisor.exit).toMatchObject({
      kind: "failed",
      error: { code: "ERR_SERVICE_FAILED", path: "app/a", cause: boom },
    });
  });

  it("escalate after a completed end fails the supervisor as well", async () => {
    const a = scripted("a", deciding("escalate"));
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.complete();
    await clock.advance(0);
    expect(await supervisor.exit).toMatchObject({
      kind: "failed",
      error: { code: "ERR_SERVICE_FAILED", path: "app/a" },
    });
  });

  const nested = (inner: Partial<SupervisorSpec>, ...services: ServiceSpec[]): SupervisorSpec => ({
    name: "app",
    services: [{ name: "inner", services, ...inner }],
  });

  it("escalate two levels deep ends the outer supervisor too, where the inner one may not come back", async () => {
    const [a, b] = [scripted("a", deciding("escalate")), scripted("b")];
    const { supervisor, clock, facts, start } = createScenario(nested({ restart: { maxRetries: 0 } }, b.spec, a.spec));
    await start();
    facts();
    a.fail(boom);
    await clock.advance(0);
    expect(facts("inner", "app", "inner/b")).toEqual([
      "inner escalation ERR_SERVICE_FAILED",
      "inner/b stopping",
      "inner/b stopped",
      "inner failed",
      "app escalation ERR_GAVE_UP",
      "app stopping",
      "app failed",
    ]);
    expect(supervisor.status().state).toBe("failed");
  });

  it("escalate two levels deep ends only the inner supervisor, where that is not critical", async () => {
    const [a, b] = [scripted("a", deciding("escalate")), scripted("b")];
    const { supervisor, clock, start } = createScenario(nested({ restart: "never" }, b.spec, a.spec));
    await start();
    a.fail(boom);
    await clock.advance(600_000);
    expect([supervisor.status("inner").state, supervisor.status().state]).toEqual(["failed", "running"]);
    expect([a.starts, b.starts, b.live]).toEqual([1, 1, 0]);
  });
});

describe("decide is asked", () => {
  it("decide is asked with the exit as it is reported", async () => {
    const asked: Exit[] = [];
    const decide = (exit: Exit) => void asked.push(exit);
    const a = scripted("a", { restart: { policy: "always", decide } });
    const { clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.complete(42);
    await clock.advance(1_000);
    a.fail(boom);
    await clock.advance(1_000);
    a.ctx!.fail(boom);
    await clock.advance(0);
    expect(asked).toEqual([
      { kind: "completed", value: 42 },
      { kind: "failed", error: boom, cause: "error" },
      { kind: "failed", error: boom, cause: "error" },
    ]);
  });

  it("decide is asked once for an end, and not about a requested one", async () => {
    let asked = 0;
    const a = scripted("a", { restart: { policy: "always", decide: () => void asked++ } });
    const { supervisor, start, stop } = createScenario({ services: [a.spec] });
    await start();
    await supervisor.restartService("a");
    await supervisor.stopService("a");
    await supervisor.startService("a");
    await stop();
    expect(asked).toBe(0);
  });

  it("decide cannot go beyond maxRetries", async () => {
    const a = scripted("a", deciding("restart", { maxRetries: 1 }));
    const { supervisor, clock, start } = createScenario({ services: [a.spec] });
    await start();
    a.fail(boom);
    await clock.advance(1_000);
    a.fail(boom);
    await clock.advance(0);
    expect(supervisor.status("a")).toMatchObject({ state: "failed", failures: 2, error: { code: "ERR_GAVE_UP" } });
  });
});

describe("a decide that goes wrong is logged, and the policy applies", () => {
  function logging(): { errors: unknown[]; scenario: (service: ServiceSpec) => Scenario } {
    const errors: unknown[] = [];
    const nothing = () => {};
    const error = (data: object) => void errors.push((data as { err: Error }).err.message);
    const logger = { debug: nothing, info: nothing, warn: nothing, error, child: () => logger };
    return { errors, scenario: (service) => createScenario({ services: [service] }, { logger }) };
  }

  it.each<[title: string, decide: () => unknown, message: RegExp]>([
    [
      "it throws",
      () => {
        throw new Error("undecided");
      },
      /undecided/,
    ],
    ["it answers what is no answer", () => "restrt", /"restart", "stop", "fail", "escalate".*restrt/],
    ["it answers a boolean", () => true, /"restart", "stop", "fail", "escalate".*true/],
    ["it answers null", () => null, /"restart", "stop", "fail", "escalate".*null/],
    ["it answers a symbol", () => Symbol("x"), /"restart", "stop", "fail", "escalate"/],
    ["it answers what cannot be printed", () => Object.create(null), /"restart", "stop", "fail", "escalate"/],
    ["it is an async function", async () => "stop", /"restart", "stop", "fail", "escalate"/],
    [
      "it is an async function that rejects",
      async () => {
        throw new Error("later");
      },
      /"restart"/,
    ],
  ])("%s", async (_title, decide, message) => {
    const { errors, scenario } = logging();
    const a = scripted("a", { restart: { decide: decide as never } });
    const { supervisor, clock, start } = scenario(a.spec);
    await start();
    a.fail(boom);
    await clock.advance(0);
    expect(supervisor.status("a").state).toBe("backoff");
    expect(errors).toEqual([expect.stringMatching(message)]);
  });

  it("startService rejects with the reason when decide fails the service", async () => {
    const a = scripted("a", { ...(deciding("fail") as Partial<RunServiceSpec>), readyOn: "signal" });
    const { supervisor, clock, start } = createScenario({ services: [scripted("b").spec] });
    await start();
    const added = rejection(supervisor.addService(a.spec));
    await clock.advance(0);
    a.fail(boom);
    await clock.advance(0);
    expect(await added).toMatchObject({ code: "ERR_START_FAILED", cause: boom });
  });
});
