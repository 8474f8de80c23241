// Escalation: how a child's end fails its supervisor, and that supervisor's own supervisor.

import { describe, expect, it } from "vitest";
import type { RestartPolicy, ServiceSpec } from "../../src/index.ts";
import { watch } from "../support/promises.ts";
import { createScenario, scripted } from "../support/scenario.ts";

const boom = new Error("boom");
const final = { restart: { maxRetries: 0 } } as const;
const none = { maxRestarts: 0, withinMs: 1_000 } as const;

describe("a failure for good fails the supervisor, by policy and critical", () => {
  it.each<[policy: RestartPolicy, critical: boolean | undefined, fails: boolean]>([
    ["always", undefined, true],
    ["always", false, false],
    ["on-failure", undefined, true],
    ["on-failure", true, true],
    ["on-failure", false, false],
    ["never", undefined, false],
    ["never", false, false],
    ["never", true, true],
  ])("%s, critical %s: %s", async (policy, critical, fails) => {
    const [a, b] = [
      scripted("a", { restart: { policy, maxRetries: 0 }, ...(critical !== undefined && { critical }) }),
      scripted("b"),
    ];
    const { clock, start, supervisor, facts } = createScenario({ services: [a.spec, b.spec] });
    await start();
    facts();
    a.fail(boom);
    await clock.advance(0);
    expect([supervisor.status().state, b.live]).toEqual(fails ? ["failed", 0] : ["running", 1]);
    expect(facts("app", "b").length > 0).toBe(fails);
  });

  it("with retries used up the error is ERR_GAVE_UP, without retries to use up it is ERR_SERVICE_FAILED", async () => {
    for (const [spec, code] of [
      [final, "ERR_GAVE_UP"],
      [{ restart: "never", critical: true }, "ERR_SERVICE_FAILED"],
    ] as const) {
      const a = scripted("a", spec);
      const { clock, start, supervisor } = createScenario({ services: [a.spec] });
      await start();
      a.fail(boom);
      await clock.advance(0);
      expect(await supervisor.exit).toMatchObject({ kind: "failed", error: { code, path: "app/a", cause: boom } });
    }
  });

  it("a critical service that completes fails nothing", async () => {
    const a = scripted("a");
    const { clock, start, supervisor } = createScenario({ services: [a.spec] });
    await start();
    a.complete();
    await clock.advance(0);
    expect([supervisor.status().state, supervisor.health().status]).toEqual(["running", "healthy"]);
  });

  it("a service that ends while the supervisor stops is part of the stop, and escalates nothing", async () => {
    const [a, b] = [scripted("a", final), scripted("b", { ...final, dependsOn: ["a"] })];
    const { clock, start, supervisor, record } = createScenario({ services: [a.spec, b.spec] });
    await start();
    b.ignoreStop();
    const stopped = watch(supervisor.stop());
    a.fail(boom); // while it waits for b
    await clock.advance(0);
    b.complete();
    await clock.advance(0);
    expect([stopped.state, supervisor.status().state]).toEqual(["resolved", "stopped"]);
    expect(record.updates.filter(({ type }) => type === "escalation")).toEqual([]);
  });
});

describe("a nested supervisor that gave up", () => {
  // Case 71: also under on-failure; OTP does not restart a transient one.
  it.each<[policy: RestartPolicy, restarted: boolean]>([
    ["always", true],
    ["on-failure", true],
    ["never", false],
  ])("a nested supervisor that gave up is restarted under %s: %s", async (policy, restarted) => {
    const [a, b] = [scripted("a"), scripted("b")];
    const { clock, start, supervisor } = createScenario({
      services: [{ name: "web", restart: policy, intensity: none, services: [a.spec, b.spec] }],
    });
    await start();
    a.fail(boom);
    await clock.advance(0);
    expect(supervisor.status("web")).toMatchObject({
      state: restarted ? "backoff" : "failed",
      error: { code: "ERR_INTENSITY" },
      exit: "failed",
    });
    expect([a.live, b.live, supervisor.status().state]).toEqual([0, 0, "running"]);
    await clock.advance(1_000);
    expect([a.starts, b.starts, supervisor.status("web").state]).toEqual(
      restarted ? [2, 2, "running"] : [1, 1, "failed"],
    );
  });

  it('a nested supervisor that gave up ends as the failure of a service, with the cause "supervisor"', async () => {
    const a = scripted("a");
    const { clock, start, record, facts } = createScenario({
      services: [{ name: "web", intensity: none, services: [a.spec] }],
    });
    await start();
    facts();
    a.fail(boom);
    await clock.advance(0);
    expect(facts()).toEqual([
      "web/a backoff 1000",
      "web escalation ERR_INTENSITY",
      "web/a stopped",
      "web backoff 1000",
    ]);
    expect(record.updates.findLast(({ type }) => type === "status")).toMatchObject({
      path: "app/web",
      exit: { kind: "failed", cause: "supervisor", error: { code: "ERR_INTENSITY", path: "app/web" } },
      failures: 1,
    });
  });

  // Case 71.
  it("a nested supervisor that gave up comes back with its definition only, and fresh budgets", async () => {
    const [a, b] = [scripted("a", { restart: { maxRetries: 1 } }), scripted("b")];
    const { clock, start, supervisor } = createScenario({
      services: [{ name: "web", intensity: { maxRestarts: 1, withinMs: 60_000 }, services: [a.spec] }],
    });
    await start();
    await supervisor.addService(b.spec, { under: "web" });
    a.fail();
    await clock.advance(1_000);
    a.fail();
    await clock.advance(1_000);
    expect(supervisor.status("web")).toMatchObject({ state: "running", incarnation: 2, failures: 1 });
    expect(supervisor.status("web/a")).toMatchObject({ state: "running", incarnation: 3, failures: 0 });
    expect(supervisor.explain("web/a")).toMatchObject({ retriesLeft: 1, intensityLeft: 1 });
    expect(() => supervisor.status("web/b")).toThrow("web/b");
    expect(b.live).toBe(0);
  });

  it("a nested supervisor that keeps giving up uses up its own retries, and then its supervisor fails", async () => {
    const crash: ServiceSpec = { name: "a", run: () => Promise.reject(boom), ...final };
    const web = { name: "web", restart: { maxRetries: 2 }, services: [crash] };
    const { clock, supervisor, record } = createScenario({ services: [web] });
    void supervisor.start().catch(() => {});
    await clock.advance(60_000);
    expect(record.states("web").filter((state) => state === "backoff" || state === "failed")).toEqual([
      "backoff",
      "backoff",
      "failed",
    ]);
    expect(supervisor.status().state).toBe("failed");
    const escalated = record.updates.flatMap((update) => (update.type === "escalation" ? [update.path] : []));
    expect(escalated).toEqual(["app/web", "app/web", "app/web", "app"]);
  });

  it("a failure through three levels ends the tree, with the chain of causes down to the first error", async () => {
    const a = scripted("a", final);
    const { clock, start, supervisor } = createScenario({
      services: [{ name: "x", ...final, services: [{ name: "y", ...final, services: [a.spec] }] }],
    });
    await start();
    a.fail(boom);
    await clock.advance(0);
    const exit = (await supervisor.exit) as { error: Error };
    const chain: unknown[] = [];
    for (let error: unknown = exit.error; error instanceof Error; error = error.cause) chain.push(error);
    expect(chain.at(-1)).toBe(boom);
    expect(chain.slice(0, -1)).toMatchObject([
      { code: "ERR_GAVE_UP", path: "app/x" },
      { code: "ERR_GAVE_UP", path: "app/x/y" },
      { code: "ERR_GAVE_UP", path: "app/x/y/a" },
    ]);
  });

  it("a restart of a nested supervisor counts in the intensity of its own supervisor as one", async () => {
    const a = scripted("a");
    const { clock, start, supervisor } = createScenario({
      intensity: { maxRestarts: 1, withinMs: 60_000 },
      services: [{ name: "web", intensity: none, services: [a.spec] }],
    });
    await start();
    a.fail();
    await clock.advance(1_000);
    expect([a.live, supervisor.explain("web").intensityLeft]).toEqual([1, 0]);
    a.fail();
    await clock.advance(0);
    expect(supervisor.status()).toMatchObject({ state: "failed", error: { code: "ERR_INTENSITY", message: /^app: / } });
  });

  it("a nested supervisor waits for its services to stop before its backoff begins", async () => {
    const [a, b] = [scripted("a"), scripted("b", { stopTimeoutMs: 300 })];
    b.ignoreStop();
    const { clock, start, supervisor, facts } = createScenario({
      services: [{ name: "web", intensity: none, services: [a.spec, b.spec] }],
    });
    await start();
    facts();
    a.fail();
    await clock.advance(300);
    expect(facts("web", "web/b")).toEqual([
      "web escalation ERR_INTENSITY",
      "web/b stopping",
      "web/b unstopped",
      "web/b failed",
      "web backoff 1000",
    ]);
    expect(supervisor.status("web").nextAttemptAt).toBe(1_300);
    b.ignoreStop(false);
    b.complete();
    await clock.advance(0);
  });
});
