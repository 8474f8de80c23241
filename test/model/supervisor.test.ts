// A supervisor with three children, under each strategy, held to its abstract model along the shortest paths that take
// every transition. STEPS=5 takes longer ones.

import { describe, expect, it } from "vitest";
import { createSupervisor, type Strategy } from "../../src/index.ts";
import { createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";
import { coveringPaths, type Model } from "../../src/testing/paths.ts";
import { expectSame } from "../support/expect-same.ts";
import { type Watched, watch } from "../support/promises.ts";
import { createPuppet, type Puppet } from "./puppet.ts";
import {
  type ChildName,
  childNames,
  createSupervisorModel,
  dueIn,
  healthOf,
  initialBackoffMs,
  maxRetries,
  type SupervisorModel,
  type TreeEvent,
  toPhase,
  toPublic,
} from "./supervisor-model.ts";

type TreeModel = Model<SupervisorModel, TreeEvent>;

const steps = Number(process.env.STEPS ?? 3);

/** The model with only some of its events. */
function only(model: TreeModel, events: RegExp): TreeModel {
  return { ...model, events: (state) => model.events(state).filter((event) => events.test(event)) };
}

/** The model that ends after so many steps. */
function within(model: TreeModel, steps: number): Model<SupervisorModel & { step: number }, TreeEvent> {
  return {
    initial: { ...model.initial, step: 0 },
    events: (state) => (state.step < steps ? model.events(state) : []),
    next: ({ step, ...state }, event) => ({ ...model.next(state, event), step: step + 1 }),
    key: ({ step: _, ...state }) => model.key(state),
  };
}

const allUp: readonly TreeEvent[] = ["ready a", "ready b", "ready c"];

/** The model that begins when all children are up. */
function up(model: TreeModel): TreeModel {
  return { ...model, initial: allUp.reduce((state, event) => model.next(state, event), model.initial) };
}

async function follow(strategy: Strategy, model: TreeModel, path: readonly TreeEvent[]): Promise<void> {
  const clock = createSimulatedClock();
  const puppets = childNames.map((name) => createPuppet(name, { runs: true, launches: true }));
  const services = puppets.map(({ name, body }) => ({
    name,
    ...body,
    restart: { maxRetries, initialBackoffMs, jitter: false },
    startTimeoutMs: Number.POSITIVE_INFINITY,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
  }));
  const supervisor = createSupervisor({ name: "app", strategy, services }, { clock });
  const record = recordUpdates(supervisor);
  const promises: [event: string, promise: Watched<void>][] = [["start", watch(supervisor.start())]];
  const ask = (event: string, promise: Promise<void>) => void promises.push([event, watch(promise)]);

  async function happen(event: TreeEvent, expected: SupervisorModel): Promise<void> {
    if (event === "time") return clock.advance(dueIn(expected)!);
    if (event === "stop-tree") return ask(event, supervisor.stop());
    const [deed, name] = event.split(" ") as ["fail" | "start" | "ready", ChildName];
    const puppet = puppets[childNames.indexOf(name)]!;
    const deeds: Record<string, () => void> = {
      ready: () => puppet.ready(),
      fail: () => puppet.fail(new Error("boom")),
      complete: () => puppet.complete(),
      end: () => puppet.end(),
      start: () => ask(event, supervisor.startService(name)),
      stop: () => ask(event, supervisor.stopService(name)),
      restart: () => ask(event, supervisor.restartService(name)),
    };
    return deeds[deed]!();
  }

  function tell(): unknown {
    const { state, services } = supervisor.status();
    const next = services.flatMap(({ nextAttemptAt }) => (nextAttemptAt === null ? [] : [nextAttemptAt - clock.now()]));
    return {
      mode: state,
      health: supervisor.health().status,
      children: services.map(({ state, phase, incarnation, restarts, failures, exit }) => [
        ...[state, phase, incarnation, restarts, failures, exit],
      ]),
      starts: puppets.map(({ starts }) => starts),
      timers: clock.pending > 0,
      next: next.length > 0 ? Math.min(...next) : null,
    };
  }

  function compare(expected: SupervisorModel, taken: () => string): void {
    const { mode, children } = expected;
    const due = dueIn(expected);
    // A group can wait for its backoff without a member in backoff: that member may have been stopped by hand.
    const isTold = children.some(({ state }) => state === "backoff" || state === "held");
    expectSame(
      tell(),
      {
        mode,
        health: healthOf(expected),
        children: children.map((child) => [
          ...[toPublic(child), toPhase(child), child.incarnation, child.restarts, child.failures, child.exit],
        ]),
        starts: children.map(({ incarnation }) => incarnation),
        timers: due !== null,
        next: isTold ? due : null,
      },
      taken,
    );
  }

  let expected = model.initial;
  await clock.advance(0);
  compare(expected, () => "at the start");
  for (const [index, event] of path.entries()) {
    await happen(event, expected);
    await clock.advance(0);
    expected = model.next(expected, event);
    compare(expected, () => path.slice(0, index + 1).join(", "));
  }

  ask("end", supervisor.stop());
  await endAll(puppets, clock);
  const left = {
    live: puppets.filter(({ live }) => live > 0).length,
    isOver: ["stopped", "failed"].includes(supervisor.status().state),
    timers: clock.pending,
    pending: promises.filter(([, { state }]) => state === "pending").map(([event]) => event),
    gaps: record.updates.findIndex(({ seq }, index) => seq !== index + 1),
  };
  expectSame(left, { live: 0, isOver: true, timers: 0, pending: [], gaps: -1 }, () => path.join(", "));
}

async function endAll(puppets: readonly Puppet[], clock: { advance(ms: number): Promise<void> }): Promise<void> {
  await clock.advance(0);
  for (const puppet of puppets) if (puppet.live > 0) puppet.end();
  await clock.advance(0);
}

describe.each<Strategy>(["one-for-one", "one-for-all", "rest-for-one"])("%s", (strategy) => {
  const model = createSupervisorModel(strategy);

  it("a supervisor follows its model, whatever its children do and however time passes", async () => {
    const paths = coveringPaths(only(model, /ready|fail|end|time|stop-tree/));
    expect(paths.length).toBeGreaterThan(1_000);
    for (const path of paths) await follow(strategy, model, path);
  }, 120_000);

  it("a supervisor follows its model while the user starts, stops and restarts a child by hand", async () => {
    const paths = coveringPaths(only(up(model), /ready|fail a|fail c|complete a|end|time|(start|stop|restart) b/));
    expect(paths.length).toBeGreaterThan(1_000);
    for (const path of paths) await follow(strategy, model, [...allUp, ...path]);
  }, 120_000);

  it("a supervisor follows its model whatever happens, within a few steps", async () => {
    const paths = coveringPaths(within(up(model), steps));
    expect(paths.length).toBeGreaterThan(500);
    for (const path of paths) await follow(strategy, model, [...allUp, ...path]);
  }, 3_600_000);
});
