// A tree whose service is in a given state, for tests of what happens in every state.

import { expect } from "vitest";
import type { ServiceSpec } from "../../src/index.ts";
import { watch } from "./promises.ts";
import { createScenario, scripted } from "./scenario.ts";

export const situations = [
  "waiting",
  "delaying",
  "launching",
  "running",
  "stopping",
  "backoff",
  "stopped",
  "completed",
  "failed",
  "gave up",
] as const;
/** A state or a phase of a service, or how it came to be failed. */
export type Situation = (typeof situations)[number];

/** A tree with a service in some situation, a dependency "dep" of it, and the step that brings the service up. */
export async function inState(situation: Situation, { name = "a", nest = false } = {}) {
  const dep = scripted("dep", { readyOn: "signal", critical: false });
  const service = scripted(name, {
    critical: false,
    ...(situation === "waiting" && { dependsOn: ["dep"] }),
    ...(situation === "delaying" && { startDelayMs: 5_000 }),
    ...(situation === "launching" && { readyOn: "signal", startTimeoutMs: 100_000 }),
    ...(situation === "failed" && { restart: "never" }),
    ...(situation === "gave up" && { restart: { maxRetries: 0 } }),
  } as Partial<ServiceSpec>);
  const services = [dep.spec, service.spec];
  const s = createScenario({ services: nest ? [{ name: "sub", services }] : services });
  const path = nest ? `sub/${name}` : name;
  await s.start();
  if (situation === "stopping") service.ignoreStop();
  if (situation === "stopping" || situation === "stopped") watch(s.supervisor.stopService(path));
  if (situation === "backoff" || situation === "failed" || situation === "gave up") service.fail();
  if (situation === "completed") service.complete();
  await s.clock.advance(0);
  const { state, phase } = s.supervisor.status(path);
  expect([state, phase]).toContain(situation === "gave up" ? "failed" : situation);
  const { starts } = service;
  async function release() {
    if (situation === "waiting") dep.ready();
    if (situation === "stopping") {
      service.ignoreStop(false);
      service.complete();
    }
    await s.clock.advance(0);
    if (situation === "launching") service.ready();
    await s.clock.advance(situation === "delaying" ? 5_000 : 0);
  }
  return { s, service, dep, path, starts, release };
}
