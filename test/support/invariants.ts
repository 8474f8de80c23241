// Rules that hold in every tree at every moment, for scenarios that end in any state.

import { expect } from "vitest";
import type { ServiceStatus, TreeStatus, Update } from "../../src/index.ts";
import type { Scenario } from "./scenario.ts";

/** Every status of a tree: the root's, then depth first. */
export function allStatuses(status: ServiceStatus | TreeStatus): (ServiceStatus | TreeStatus)[] {
  return [status, ...("services" in status ? status.services.flatMap(allStatuses) : [])];
}

/**
 * Holds the updates to what API.md says of them all: no gap, no jump, and an exit where an incarnation is left.
 * A service that was removed may come back as a new one.
 */
export function expectHistory(updates: readonly Update[], removed: ReadonlySet<string> = new Set()): void {
  const last = new Map<string, { to: string; alive: boolean; incarnation: number }>();
  let at = Number.NEGATIVE_INFINITY;
  for (const [index, update] of updates.entries()) {
    expect(update.seq).toBe(updates[0]!.seq + index);
    expect(update.at).toBeGreaterThanOrEqual(at);
    at = update.at;
    if (update.type !== "status") continue;
    const { path, from, to, phase, incarnation, exit } = update;
    const isNew = [...removed].some((one) => `${path}/`.startsWith(`${one}/`)) && from === "stopped" && incarnation < 2;
    const before = (!isNew && last.get(path)) || { to: "stopped", alive: false, incarnation: 0 };
    const what = `${path} ${from} to ${to}, seq ${update.seq}`;
    expect(from, what).toBe(before.to);
    expect(incarnation, what).toBeGreaterThanOrEqual(before.incarnation);
    const alive = to === "running" || to === "stopping" || (to === "starting" && phase === "launching");
    const left = before.alive && (!alive || incarnation > before.incarnation);
    const hopeless = from === "starting" && to === "failed";
    if (left || hopeless) expect(exit, what).toBeDefined();
    else expect(exit, what).toBeUndefined();
    last.set(path, { to, alive, incarnation });
  }
}

/** Holds what can be asked of a tree now to itself: status, counts, explain and health tell the same story. */
export function expectOneStory({ supervisor }: Pick<Scenario, "supervisor">): void {
  const report = supervisor.health();
  const services = allStatuses(supervisor.status()).filter(({ path }) => path !== supervisor.name);
  expect(Object.keys(report.services)).toEqual(services.map(({ path }) => path));
  for (const status of allStatuses(supervisor.status())) {
    const { path, state, phase, nextAttemptAt, waitingFor, error } = status;
    const explanation = supervisor.explain(path);
    expect(explanation).toMatchObject({ path, state, phase, nextAttemptAt, lastError: error });
    expect(explanation.waitingFor.map((one) => one.path)).toEqual(waitingFor);
    expect(explanation.summary).not.toBe("");
    if (!("services" in status)) continue;
    const counts = { stopped: 0, starting: 0, running: 0, stopping: 0, backoff: 0, failed: 0 };
    for (const child of status.services) counts[child.state]++;
    expect(status.counts, path).toEqual(counts);
  }
  for (const { path, state, healthy } of services) {
    expect(report.services[path]).toMatchObject({ state, healthy, running: state === "running" });
    if (healthy) expect(state).toBe("running");
  }
  expect(JSON.parse(JSON.stringify(supervisor.status()))).toEqual(supervisor.status());
}
