// Throws in a service's own code: whatever it throws, wherever, the tree stays in a defined state and goes on. Cases
// 130, 149.

import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { expectHistory, expectOneStory } from "../support/invariants.ts";
import { rejection } from "../support/promises.ts";
import { createScenario, exitsOf, scripted } from "../support/scenario.ts";
import { raise, thrown } from "../support/thrown.ts";

/** An Error is kept as the very same object; anything else becomes an Error with the original as its cause. */
function expectKept(error: unknown, value: unknown): void {
  if (value instanceof Error) return expect(error).toBe(value);
  expect(error).toBeInstanceOf(Error);
  expect(Object.is((error as Error).cause, value)).toBe(true);
  expect("cause" in (error as Error)).toBe(true);
  expect((error as Error).message).not.toBe("");
}

const places: [place: string, spec: (value: unknown) => Partial<ServiceSpec>][] = [
  ["run throws", (value) => ({ run: () => raise(value) })],
  ["run rejects", (value) => ({ run: () => Promise.reject(value) })],
  ["run rejects later", (value) => ({ run: () => Promise.resolve().then(() => raise(value)) })],
  ["start throws", (value) => ({ start: () => raise(value) })],
  ["start rejects", (value) => ({ start: () => Promise.reject(value) })],
  [
    "ctx.fail is given",
    (value) => ({
      run: (ctx) => {
        ctx.fail(value);
        return new Promise<void>((done) => ctx.signal.addEventListener("abort", () => done()));
      },
    }),
  ],
];

describe.each(places)("what %s", (_, toSpec) => {
  it.each(
    thrown,
  )("a thrown value is the failure of the incarnation, and the tree goes on: %s", async (_what, value) => {
    const mate = scripted("mate");
    const a: ServiceSpec = {
      name: "a",
      restart: { maxRetries: 1, initialBackoffMs: 10 },
      critical: false,
      ...toSpec(value),
    };
    const s = createScenario({ services: [a, mate.spec] });
    await s.start();
    await s.clock.advance(10);
    expect(exitsOf(s, "app/a")).toHaveLength(2);
    for (const exit of exitsOf(s, "app/a")) {
      expect(exit).toMatchObject({ kind: "failed", cause: "error" });
      expectKept((exit as { error: Error }).error, value);
    }
    const { error } = s.supervisor.status("a");
    expect(error).toMatchObject({ code: "ERR_GAVE_UP" });
    expect(s.supervisor.status()).toMatchObject({ state: "running", counts: { running: 1, failed: 1 } });
    expectOneStory(s);
    expectHistory(s.record.updates);
  });
});

describe.each([
  ["throws", (value: unknown) => () => raise(value)],
  ["rejects", (value: unknown) => () => Promise.reject(value)],
] as const)("a stop that %s", (_, toStop) => {
  it.each(thrown)("a failed stop is reported, with the error: %s", async (_what, value) => {
    const s = createScenario({ services: [{ name: "a", start: () => 1, stop: toStop(value) }, scripted("b").spec] });
    await s.start();
    const failure = await rejection(s.supervisor.stop());
    expect(failure).toMatchObject({ code: "ERR_STOP_FAILED", errors: [{ path: "app/a" }] });
    expectKept(failure.errors![0]!.cause, value);
    expect(s.supervisor.status().counts).toMatchObject({ stopped: 1, failed: 1 });
  });
});

describe.each([
  ["readiness", "throws", (value: unknown) => () => raise(value)],
  ["readiness", "rejects", (value: unknown) => () => Promise.reject(value)],
  ["liveness", "throws", (value: unknown) => () => raise(value)],
  ["liveness", "rejects", (value: unknown) => () => Promise.reject(value)],
] as const)("a %s check that %s", (kind, _, toCheck) => {
  it.each(thrown)("a thrown value is a failed check: %s", async (_what, value) => {
    const a = scripted("a", { critical: false, [kind]: { check: toCheck(value), failureThreshold: 1 } });
    const s = createScenario({ services: [a.spec, scripted("b").spec] });
    await s.start();
    if (kind === "readiness") {
      expect(s.supervisor.status("a")).toMatchObject({ state: "running", phase: "unhealthy" });
      expect(typeof s.supervisor.health().services["app/a"]!.error).toBe("string");
    } else {
      expect(exitsOf(s, "app/a")).toMatchObject([{ kind: "failed", cause: "liveness" }]);
      expectKept(((exitsOf(s, "app/a")[0] as { error: Error }).error as Error).cause, value);
    }
    await s.clock.advance(2_500);
    expect(s.supervisor.status().state).toBe("running");
    expectOneStory(s);
  });
});
