// What several scenario files share beside support.ts: waits on a scenario's clock, and what holds in every tree at
// every moment, whatever happened to it.

import { expect } from "vitest";
import type { AnyActorLogic, AnyActorRef } from "xstate";
import type { Exit, ServiceSpec, ServiceStatus, TreeStatus, Update } from "../../src/index.ts";
import { createScenario, type Scenario, scripted, watch } from "./scenario.ts";

/** Resolves after `ms` on the scenario's clock. */
export function sleep(scenario: Pick<Scenario, "clock">, ms: number): Promise<void> {
  return new Promise((resolve) => scenario.clock.setTimeout(() => resolve(), ms));
}

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

/**
 * A service whose first `deaf` incarnations go on when they are asked to stop, until the test ends them; later ones
 * stop at once. `starts` counts them all.
 */
export function deafService(name: string, spec: Partial<ServiceSpec> = {}, deaf = Number.POSITIVE_INFINITY) {
  const ends: ((error?: Error) => void)[] = [];
  const service = {
    starts: 0,
    /** Ends an incarnation, the first being 1: as failed, if with an error. */
    end: (incarnation: number, error?: Error) => ends[incarnation - 1]!(error),
    spec: {
      name,
      run: ({ signal }) => {
        const hears = ++service.starts > deaf;
        return new Promise<void>((resolve, reject) => {
          ends.push((error) => (error ? reject(error) : resolve()));
          if (hears) signal.addEventListener("abort", () => resolve());
        });
      },
      ...spec,
    } satisfies ServiceSpec as ServiceSpec,
  };
  return service;
}

/** How the incarnations of a path ended, in order, as its updates tell. */
export function exitsOf({ record }: Pick<Scenario, "record">, path: string): Exit[] {
  return record.updates.flatMap((update) =>
    update.type === "status" && update.path === path && update.exit ? [update.exit] : [],
  );
}

/** A tree whose service "a" is an actor of some logic; `ref` is that actor, as long as it runs. */
export async function runActor(actor: AnyActorLogic, spec: Partial<ServiceSpec> = {}) {
  const a: ServiceSpec = { name: "a", actor, ...spec };
  const holder = scripted("holder", { dependsOn: [{ service: "a", condition: "started", required: false }] });
  const s = createScenario({ services: [a, holder.spec] });
  const started = watch(s.supervisor.start());
  await s.clock.advance(0);
  return { s, started, ref: () => holder.ctx!.use(a) as AnyActorRef };
}

class OwnError extends TypeError {}

/** What user code may throw. */
export const thrown: [what: string, value: unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a string", "boom"],
  ["a number", 0],
  ["a symbol", Symbol("boom")],
  ["an object", { code: 42 }],
  ["an object without a prototype", Object.create(null)],
  ["a function", () => "boom"],
  [
    "an object whose properties throw",
    new Proxy(
      {},
      {
        get() {
          throw new Error("getter");
        },
        ownKeys() {
          throw new Error("keys");
        },
      },
    ),
  ],
  [
    "a function whose properties throw",
    new Proxy(() => {}, {
      get() {
        throw new Error("getter");
      },
    }),
  ],
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  ["a thenable that never settles", { then() {} }],
  ["an Error", new Error("boom")],
  ["an Error of its own class", new OwnError("boom")],
  ["a frozen Error", Object.freeze(new Error("boom"))],
  ["an Error with a cause", new Error("boom", { cause: "why" })],
];

export function raise(value: unknown): never {
  throw value;
}
