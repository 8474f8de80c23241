// One service, held to its abstract model along every shortest path that takes every transition, every simple path of
// the smaller models, and every walk of a few steps. WALK=5 takes longer walks.

import { describe, expect, it } from "vitest";
import { createSupervisor, type ServiceSpec } from "../../src/index.ts";
import { createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";
import {
  eventsOf,
  type Lifecycle,
  type LifecycleEvent,
  type LifecycleRule,
  nextLifecycle,
  unborn,
} from "../../src/testing/lifecycle-model.ts";
import { coveringPaths, type Model, simplePaths, walks } from "../../src/testing/paths.ts";
import { expectSame } from "../support/expect-same.ts";
import { type Watched, watch } from "../support/promises.ts";
import { createPuppet } from "./puppet.ts";

const walkLength = Number(process.env.WALK ?? 4);
const startTimeoutMs = 1_000;
const stopTimeoutMs = 2_000;
const resetAfterMs = 50_000;
const initialBackoffMs = 100;

const plain: LifecycleRule = {
  runs: true,
  launches: true,
  readiness: false,
  losesReadiness: false,
  liveness: false,
  policy: "on-failure",
  maxRetries: 1,
  startTimeout: true,
  stopTimeout: true,
  thorough: true,
};

function toModel(rule: LifecycleRule): Model<Lifecycle, LifecycleEvent> {
  return {
    initial: unborn,
    events: (state) => eventsOf(rule, state),
    next: (state, event) => nextLifecycle(rule, state, event),
    key: ({ state, phase, intent, failing, restarting, exit, failures }) =>
      [state, phase, intent, failing, restarting, exit, Math.min(failures, rule.maxRetries + 1)].join(),
  };
}

/** Runs one path against a real tree, and compares after each step. */
async function follow(rule: LifecycleRule, path: readonly LifecycleEvent[]): Promise<void> {
  const clock = createSimulatedClock();
  const puppet = createPuppet("a", rule);
  const probe = (kind: string) => ({ check: puppet.check(kind), intervalMs: 1, timeoutMs: 1e9, failureThreshold: 1 });
  const spec: ServiceSpec = {
    name: "a",
    ...puppet.body,
    critical: false,
    restart: { policy: rule.policy, maxRetries: rule.maxRetries, initialBackoffMs, jitter: false, resetAfterMs },
    startTimeoutMs,
    stopTimeoutMs,
    ...(rule.readiness && { readiness: probe("readiness") }),
    ...(rule.liveness && { liveness: probe("liveness") }),
  };
  const supervisor = createSupervisor({ name: "app", services: [spec] }, { clock });
  const record = recordUpdates(supervisor);
  const promises: [event: string, promise: Watched<void>][] = [];
  const ask = (event: LifecycleEvent, promise: Promise<void>) => void promises.push([event, watch(promise)]);

  async function happen(event: LifecycleEvent, { incarnation }: Lifecycle): Promise<void> {
    switch (event) {
      case "start":
        return ask(event, incarnation === 0 ? supervisor.start() : supervisor.startService("a"));
      case "stop":
        return ask(event, supervisor.stopService("a"));
      case "restart":
        return ask(event, supervisor.restartService("a"));
      case "fail":
      case "blame":
        return puppet[event](new Error(event));
      case "ready":
      case "end":
      case "complete":
        return puppet[event]();
      case "healthy":
      case "unhealthy":
        await clock.advance(1);
        return puppet.answer("readiness", event === "healthy");
      case "dead":
        await clock.advance(1);
        return puppet.answer("liveness", false);
      case "start-timeout":
        return clock.advance(startTimeoutMs);
      case "stop-timeout":
        puppet.abandon();
        return clock.advance(stopTimeoutMs);
      case "backoff-over":
        return clock.advance(supervisor.status("a").nextAttemptAt! - clock.now());
      case "long-up":
        return clock.advance(resetAfterMs);
    }
  }

  function tell(): unknown {
    const { state, phase, exit, incarnation, restarts, failures, healthy, nextAttemptAt } = supervisor.status("a");
    return {
      ...{ state, phase, exit, incarnation, restarts, failures, healthy },
      starts: puppet.starts,
      live: puppet.live,
      next: nextAttemptAt === null ? null : nextAttemptAt - clock.now(),
      retriesLeft: supervisor.explain("a").retriesLeft,
      tree: supervisor.health().status,
    };
  }

  // The puppet was healthy when it completed the run before the next one.
  let wasHealthy = false;

  function compare(expected: Lifecycle, taken: () => string): void {
    const { intent: _, failing: __, restarting: ___, ...known } = expected;
    const { state, phase, exit, failures, incarnation } = expected;
    const isBetweenRuns = state === "backoff" && exit === "completed";
    if (!isBetweenRuns) wasHealthy = phase === "healthy";
    const isWell = phase === "healthy" || state === "stopped" || (isBetweenRuns && wasHealthy);
    const delayMs = exit === "completed" ? initialBackoffMs : initialBackoffMs * 2 ** (failures - 1);
    expectSame(
      tell(),
      {
        ...known,
        healthy: phase === "healthy",
        starts: incarnation,
        live: state === "starting" || state === "running" || state === "stopping" ? 1 : 0,
        next: state === "backoff" ? delayMs : null,
        retriesLeft: Math.max(0, rule.maxRetries - failures),
        tree: isWell ? "healthy" : "degraded",
      },
      taken,
    );
  }

  let expected = unborn;
  for (const [index, event] of path.entries()) {
    await happen(event, expected);
    await clock.advance(0);
    expected = nextLifecycle(rule, expected, event);
    compare(expected, () => `${path.slice(0, index + 1).join(", ")} (of ${path.join(", ")})`);
  }

  const status = supervisor.status("a");
  const left = puppet.endLate();
  await clock.advance(0);
  expectSame(supervisor.status("a"), status, () => "a late end changes nothing");

  const stopped = watch(supervisor.stop());
  await clock.advance(0);
  if (puppet.live > 0) puppet.end();
  await clock.advance(0);
  const told = {
    stopped: stopped.state,
    live: puppet.live,
    timers: clock.pending,
    late: record.updates.filter(({ type }) => type === "late").length,
    pending: promises.filter(([, { state }]) => state === "pending").map(([event]) => event),
    gaps: record.updates.findIndex(({ seq }, index) => seq !== index + 1),
  };
  const nothing = { stopped: "resolved", live: 0, timers: 0, late: left, pending: [], gaps: -1 };
  expectSame(told, nothing, () => path.join(", "));
}

async function followAll(rule: LifecycleRule, paths: readonly LifecycleEvent[][]): Promise<void> {
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) await follow(rule, path);
}

const rules: [title: string, rule: LifecycleRule][] = [
  ["run, up when it says so", plain],
  ["run, up at once", { ...plain, launches: false }],
  ["run, with a readiness and a liveness", { ...plain, readiness: true, losesReadiness: true, liveness: true }],
  ["run, always restarted", { ...plain, policy: "always" }],
  ["run, never restarted", { ...plain, policy: "never" }],
  ["run, without a retry", { ...plain, maxRetries: 0 }],
  ["start and stop", { ...plain, runs: false }],
  ["start and stop, up at once", { ...plain, runs: false, launches: false }],
  [
    "start and stop, with a readiness and a liveness",
    { ...plain, runs: false, readiness: true, losesReadiness: true, liveness: true },
  ],
  ["start and stop, two retries, always restarted", { ...plain, runs: false, policy: "always", maxRetries: 2 }],
];

describe.each(rules)("%s", (_, rule) => {
  const model = toModel(rule);

  it("a service takes every transition as its model says", async () => {
    await followAll(rule, coveringPaths(model));
  }, 60_000);

  it("a service follows its model along every walk of so many steps", async () => {
    await followAll(rule, walks(model, walkLength));
  }, 600_000);
});

it("a service follows its model along every path that comes to no state twice", async () => {
  for (const [, rule] of [rules[2]!, rules[3]!, rules[6]!]) {
    const model = toModel({ ...rule, thorough: false });
    // The way in which it ended does not change what can follow.
    const key = ({ state, phase, intent, failures }: Lifecycle) =>
      [state, phase, intent, Math.min(failures, rule.maxRetries + 1)].join();
    await followAll(rule, simplePaths({ ...model, key }));
  }
}, 120_000);
