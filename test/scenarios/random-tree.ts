// A random tree from a seed: services that fail, hang, come late and call the handle from inside their own code, and
// deeds that somebody does to it from outside. Everything it decides comes from the seed.

import { expect } from "vitest";
import {
  type ChildSpec,
  createSupervisor,
  type Dependency,
  type ServiceContext,
  type ServiceSpec,
  type SupervisorSpec,
} from "../../src/index.ts";
import { createSimulatedClock, recordUpdates } from "../../src/testing/index.ts";
import { allStatuses } from "../support/invariants.ts";
import { type Watched, watch } from "../support/promises.ts";

/** Numbers of [0, 1) from a seed: mulberry32. */
function createChance(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    below: (limit: number) => Math.floor(next() * limit),
    is: (probability: number) => next() < probability,
    one: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
  };
}

interface Alive {
  readonly ctx: ServiceContext;
  end(error?: Error): void;
}

/** The tree, what is alive in it, and `act`, which does one random thing to it. */
export function createRandomTree(seed: number) {
  const chance = createChance(seed);
  const clock = createSimulatedClock();
  const alive = new Map<string, Alive[]>();
  const contexts: ServiceContext[] = [];
  const promises: [what: string, promise: Watched<unknown>][] = [];
  const unstopped = new Set<string>();
  const removed = new Set<string>();
  /** The aggregate of each supervisor, as the updates tell it. */
  const healthOf = new Map<string, string>();
  const world = { calm: false };
  let names = 0;

  const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(() => resolve(), ms));
  /** One of the keys, by weight; when all is calm, the first. */
  function pick<Key extends string>(weights: Record<Key, number>): Key {
    const keys = Object.keys(weights) as Key[];
    const ticket = world.calm ? keys.slice(0, 1) : keys.flatMap((key) => Array<Key>(weights[key]).fill(key));
    return chance.one(ticket);
  }

  // The services.

  function begin(ctx: ServiceContext): Alive[] {
    const { path, incarnation } = ctx;
    const others = (alive.get(path) ?? []).filter((one) => !unstopped.has(`${path} ${one.ctx.incarnation}`));
    expect(
      others.map((one) => one.ctx.incarnation),
      `${path}: incarnation ${incarnation} begins beside`,
    ).toEqual([]);
    expect(supervisor.status(path)).toMatchObject({ state: "starting", phase: "launching", incarnation });
    expect(["starting", "running"]).toContain(supervisor.status().state);
    contexts.push(ctx);
    meddle(0.03);
    const mates = alive.get(path) ?? [];
    alive.set(path, mates);
    return mates;
  }

  function live(ctx: ServiceContext, mates: Alive[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const one: Alive = {
        ctx,
        end(error) {
          const index = mates.indexOf(one);
          if (index >= 0) mates.splice(index, 1);
          if (error) reject(error);
          else resolve();
        },
      };
      mates.push(one);
      ctx.signal.addEventListener("abort", () => {
        meddle(0.03);
        switch (pick({ now: 6, soon: 3, fail: 1, abort: 1, deaf: 1 })) {
          case "soon":
            return void sleep(chance.below(150)).then(() => one.end());
          case "fail":
            return one.end(new Error("stop failed"));
          case "abort":
            return one.end(ctx.signal.reason);
          case "deaf":
            return void sleep(chance.below(3_000)).then(() => one.end(chance.is(0.5) ? new Error("late") : undefined));
          default:
            return one.end();
        }
      });
    });
  }

  async function running(ctx: ServiceContext): Promise<unknown> {
    const life = live(ctx, begin(ctx));
    life.catch(() => {});
    switch (pick({ stay: 6, throw: 1, leave: 1, fail: 2, complete: 1 })) {
      case "throw":
        alive.get(ctx.path)!.at(-1)!.end(new Error("at once"));
        break;
      case "leave":
        alive.get(ctx.path)!.at(-1)!.end();
        break;
      case "fail":
        await sleep(chance.below(400));
        ctx.fail(new Error("by itself"));
        break;
      case "complete":
        await sleep(chance.below(400));
        alive
          .get(ctx.path)!
          .find((one) => one.ctx === ctx)
          ?.end();
    }
    ctx.ready();
    return life;
  }

  async function starting(ctx: ServiceContext): Promise<Alive> {
    const mates = begin(ctx);
    const one: Alive = { ctx, end: () => void mates.splice(mates.indexOf(one), 1) };
    mates.push(one);
    const how = pick({ now: 5, soon: 3, fail: 2, slow: 1 });
    if (how !== "now") await sleep(chance.below(how === "slow" ? 2_000 : 200));
    meddle(0.03);
    if (how !== "fail") return one;
    one.end();
    throw new Error("start failed");
  }

  async function stopping(one: Alive): Promise<void> {
    meddle(0.03);
    const how = pick({ now: 5, soon: 3, fail: 1, slow: 1 });
    if (how !== "now") await sleep(chance.below(how === "slow" ? 2_000 : 200));
    one.end();
    if (how === "fail") throw new Error("stop failed");
  }

  async function check(): Promise<boolean> {
    meddle(0.01);
    if (!world.calm && chance.is(0.2)) await sleep(chance.below(200));
    return world.calm || chance.is(0.8);
  }

  // The tree.

  const maybe = <T extends object>(probability: number, make: () => T) => (chance.is(probability) ? make() : {});

  function options(siblings: readonly string[], parent: { autoShutdown?: string }): Partial<ServiceSpec> {
    const policy = chance.one(["on-failure", "on-failure", "always", "never"] as const);
    return {
      restart: {
        policy,
        maxRetries: chance.one([0, 2, 5, Number.POSITIVE_INFINITY]),
        initialBackoffMs: chance.one([0, 10, 100]),
        maxBackoffMs: 300,
        resetAfterMs: chance.one([100, 1_000]),
        ...maybe(0.1, () => ({
          decide: () => {
            meddle(0.05);
            if (chance.is(0.3)) throw new Error("decide failed");
            return world.calm ? undefined : chance.one(["restart", "stop", "fail", "escalate", undefined] as const);
          },
        })),
      },
      ...maybe(0.6, () => ({ critical: chance.is(0.3) })),
      ...maybe(0.15, () => ({ startDelayMs: chance.below(300) })),
      stopTimeoutMs: chance.one([0, 50, 500, 5_000]),
      ...(parent.autoShutdown && policy !== "always" && chance.is(0.5) && { significant: true }),
      ...(siblings.length > 0 &&
        chance.is(0.5) && {
          dependsOn: [...new Set([chance.one(siblings), chance.one(siblings)])].map(
            (service): Dependency => ({
              service,
              condition: chance.one(["started", "healthy", "completed"]),
              required: chance.is(0.6),
              onFailure: chance.one(["ignore", "stop", "restart"]),
            }),
          ),
        }),
    };
  }

  function service(siblings: readonly string[], parent: { autoShutdown?: string }): ServiceSpec {
    const isRun = chance.is(0.5);
    const probe = () => ({ check, intervalMs: 70, timeoutMs: 100, failureThreshold: chance.one([1, 3]) });
    return {
      name: `s${names++}`,
      ...(isRun ? { run: running } : { start: starting, stop: (value: unknown) => stopping(value as Alive) }),
      ...(isRun && chance.is(0.3) && { readyOn: "signal" as const }),
      ...options(siblings, parent),
      startTimeoutMs: chance.one([100, 1_000, 30_000]),
      ...maybe(0.25, () => ({ [chance.one(["readiness", "liveness", "health"])]: probe() })),
    };
  }

  function family(depth: number): Omit<SupervisorSpec, "name"> {
    const autoShutdown = chance.is(0.1) ? chance.one(["any-significant", "all-significant"] as const) : undefined;
    const services: ChildSpec[] = [];
    for (let count = 1 + chance.below(5); count > 0; count--) {
      const siblings = services.map(({ name }) => name);
      const isNested = depth < 3 && chance.is(0.25);
      const parent = { ...(autoShutdown && { autoShutdown }) };
      services.push(
        isNested
          ? ({ name: `g${names++}`, ...options(siblings, parent), ...family(depth + 1) } as SupervisorSpec)
          : service(siblings, parent),
      );
    }
    return {
      services,
      strategy: chance.one(["one-for-one", "one-for-all", "rest-for-one"]),
      ...maybe(0.3, () => ({ intensity: { maxRestarts: chance.below(6), withinMs: 1_000 } })),
      ...(autoShutdown && { autoShutdown }),
    };
  }

  const supervisor = createSupervisor({ name: "app", ...family(0) }, { clock, random: chance.next });
  const record = recordUpdates(supervisor);
  supervisor.on("unstopped", ({ path, incarnation }) => unstopped.add(`${path} ${incarnation}`));
  supervisor.on("health", ({ path, to }) => healthOf.set(path, to));
  supervisor.on("status", () => meddle(0.01));
  supervisor.on("health", () => meddle(0.01));

  // The fire.

  function keep(what: string, promise: Promise<unknown>): void {
    promises.push([what, watch(promise)]);
  }

  /** Now and then, from inside the user's own code, something is asked of the handle. */
  function meddle(probability: number): void {
    if (!world.calm && chance.is(probability)) act();
  }

  function act(): void {
    const statuses = allStatuses(supervisor.status());
    const { path } = chance.one(statuses);
    const lives = [...alive.values()].flat();
    switch (chance.below(14)) {
      case 0:
        return keep(`stopService ${path}`, supervisor.stopService(path));
      case 1:
      case 2:
        return keep(`startService ${path}`, supervisor.startService(path));
      case 3:
      case 4:
        return keep(`restartService ${path}`, supervisor.restartService(path));
      case 5:
        return keep(
          `removeService ${path}`,
          supervisor.removeService(path).then(() => removed.add(path)),
        );
      case 6: {
        const under = chance.one(statuses.filter((one) => "services" in one));
        const siblings = "services" in under ? under.services.map(({ name }) => name) : [];
        const spec = chance.is(0.2) ? ({ name: `g${names++}`, ...family(2) } as SupervisorSpec) : service(siblings, {});
        return keep(`addService ${under.path}/${spec.name}`, supervisor.addService(spec, { under: under.path }));
      }
      case 7:
        return chance.is(0.2)
          ? keep("stop", supervisor.stop(chance.is(0.5) ? { timeoutMs: chance.below(1_000) } : {}))
          : undefined;
      case 8:
      case 9:
        return lives.length > 0
          ? chance.one(lives).end(chance.is(0.7) ? new Error("from outside") : undefined)
          : undefined;
      case 10:
        return contexts.length > 0 ? chance.one(contexts).fail(new Error("ctx.fail")) : undefined;
      case 11:
        if (contexts.length > 0) chance.one(contexts).ready();
        return;
      default:
        keep("start", supervisor.start());
    }
  }

  /** From here on every service does well, and nobody meddles. */
  function calm(): void {
    world.calm = true;
  }

  return { supervisor, clock, record, alive, healthOf, promises, removed, chance, keep, act, calm };
}
