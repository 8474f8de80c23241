// The simulated store passes the checks of every store.

import { expect, it } from "vitest";
import { createSimulatedStore, testClusterStore } from "../../../src/testing/index.ts";

const clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (fn: () => void, ms: number) => setTimeout(fn, ms),
  clearTimeout: (id: unknown) => clearTimeout(id as NodeJS.Timeout),
};

it("the simulated store passes every check", async () => {
  const store = createSimulatedStore(clock, { latencyMs: 0.1 });
  const report = await testClusterStore(() => store);
  expect(report.problems).toEqual([]);
  expect(report.checks.length).toBeGreaterThan(30);
});

it("a store that breaks a rule is found out", async () => {
  const store = createSimulatedStore(clock, { latencyMs: 0.1 });
  const report = await testClusterStore(
    () => ({
      ...store,
      name: "broken",
      open: async (options) => {
        const connection = await store.open(options);
        return { ...connection, replace: async (key, value) => connection.replace(key, value, 1) };
      },
    }),
    { only: "a replace" },
  );
  expect(report.problems.length).toBeGreaterThan(0);
});
