import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { createScriptedService, createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";

it("a failed service is restarted after its backoff", async () => {
  const clock = createSimulatedClock();
  const api = createScriptedService("api", { restart: { jitter: false } });
  const supervisor = createSupervisor({ name: "app", services: [api.spec] }, { clock });
  const record = recordUpdates(supervisor);
  await supervisor.start();
  api.fail(new Error("boom"));
  await clock.advance(999);
  expect(api.starts).toBe(1);
  await clock.advance(1);
  expect(api.starts).toBe(2);
  expect(record.states("api")).toEqual(["starting", "running", "backoff", "starting", "running"]);
  await supervisor.stop();
  expect(api.live).toBe(0);
  expect(clock.pending).toBe(0);
});
