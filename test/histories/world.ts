// A history, lived: a tree of a shape, on a simulated clock, to which things are done, one after the other. After each
// of them every invariant is checked; the first that is broken is thrown.

import { createSupervisor, type SupervisorError, type SupervisorSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { type Watched, watch } from "../support/promises.ts";
import { allStatuses, findContradictions, shapesOf, Watcher } from "./invariants.ts";
import { createPuppets } from "./puppets.ts";
import type { ChildShape, Command, History, TreeShape } from "./shape.ts";

/** Lives a history. Returns all its updates as JSON; throws at the first invariant that is broken. */
export async function replay(
  { tree, commands }: History,
  create: typeof createSupervisor = createSupervisor,
): Promise<string[]> {
  const world = new World(tree, create);
  await world.begin();
  for (const command of commands) await world.step(command);
  await world.end();
  return world.log;
}

class BrokenInvariant extends Error {}

/** Numbers of [0, 1), always the same ones: mulberry32. */
function createChance(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function hasTimers({ probe, watchdogMs }: ChildShape): boolean {
  return probe !== undefined || watchdogMs !== undefined;
}

const flags: readonly string[] = ["deaf", "slow", "brokenStart", "brokenStop", "sick"];

class World {
  readonly #clock = createSimulatedClock();
  readonly #supervisor;
  readonly #puppets;
  readonly #watcher: Watcher;
  readonly #shapes: Map<string, ChildShape>;
  readonly #promises: [what: string, promise: Watched<unknown>][] = [];
  readonly #reactions = new Map<number, Command[]>();
  /** Probes and watchdogs set timers while all is idle. */
  #hasTimersOfItsOwn: boolean;
  #lastChance = 0.5;
  #isEnding = false;

  constructor(tree: TreeShape, create: typeof createSupervisor) {
    const shapes = shapesOf(tree);
    this.#shapes = shapes;
    this.#hasTimersOfItsOwn = [...shapes.values()].some(hasTimers);
    this.#watcher = new Watcher(shapes, () => this.#lastChance);
    this.#puppets = createPuppets(
      this.#clock,
      (path, incarnation) => this.#watcher.unstopped.has(`${path} ${incarnation}`),
      (what) => this.#watcher.broken.push(what),
    );
    const chance = createChance();
    const random = () => {
      this.#lastChance = chance();
      return this.#lastChance;
    };
    const report = (data: object, message: string) => {
      if (message.includes("please report")) this.#watcher.broken.push(`${message}: ${JSON.stringify(data)}`);
    };
    const logger = { debug() {}, info() {}, warn() {}, error: report, child: () => logger };
    const spec = { name: "app", ...tree, services: tree.services.map(this.#puppets.toSpec) } as SupervisorSpec;
    this.#supervisor = create(spec, { clock: this.#clock, random, logger });
    this.#supervisor.on("*", (update) => {
      this.#watcher.note(update);
      for (const command of this.#reactions.get(update.seq) ?? []) this.#react(command);
    });
  }

  get log(): string[] {
    return this.#watcher.log;
  }

  async begin(): Promise<void> {
    this.#promise("start", this.#supervisor.start());
    await this.#clock.advance(0);
    this.#check("the start");
  }

  async step(command: Command): Promise<void> {
    await this.#do(command);
    await this.#clock.advance(0);
    this.#check(JSON.stringify(command));
  }

  #react(command: Command): void {
    if (!this.#isEnding) void this.#do(command);
  }

  async #do(command: Command): Promise<void> {
    const [verb] = command;
    switch (verb) {
      case "advance":
        return this.#clock.advance(command[1]);
      case "next":
        return void (await this.#clock.advanceToNext());
      case "start":
        return this.#promise("start", this.#supervisor.start());
      case "stop":
        return this.#promise("stop", this.#supervisor.stop(command[1] === undefined ? {} : { timeoutMs: command[1] }));
      case "when":
        return void this.#reactions.set(command[1], [...(this.#reactions.get(command[1]) ?? []), command[2]]);
      case "addService":
        return this.#add(command);
      default:
        if (flags.includes(verb)) return this.#puppets.set(verb, command[1], command[2] as boolean);
        return this.#doTo(command as [string, string, number?]);
    }
  }

  #add([, under, shape]: Extract<Command, ["addService", ...unknown[]]>): void {
    const parent = under === "app" ? "app" : this.#pathOf(under);
    if (parent === undefined) return;
    this.#hasTimersOfItsOwn ||= hasTimers(shape);
    this.#watcher.forget(`${parent}/${shape.name}`);
    this.#shapes.delete(`${parent}/${shape.name}`); // it may be refused, or be another one the next time
    this.#promise(
      `addService ${shape.name}`,
      this.#supervisor.addService(this.#puppets.toSpec(shape), { under: parent }),
    );
  }

  #doTo([verb, name, ago = 0]: [string, string, number?]): void {
    const path = this.#pathOf(name);
    if (path === undefined) return;
    const ctx = this.#puppets.contextsOf(name)[ago];
    switch (verb) {
      case "startService":
      case "stopService":
      case "restartService":
        return this.#promise(`${verb} ${name}`, this.#supervisor[verb](path));
      case "removeService":
        return this.#promise(
          `removeService ${name}`,
          this.#supervisor.removeService(path).then(() => this.#watcher.forget(path)),
        );
      case "fail":
        return this.#puppets.newestOf(path)?.end(new Error("told to fail"));
      case "complete":
        return this.#puppets.newestOf(path)?.end();
      case "blame":
        return ctx?.fail(new Error("blamed"));
      case "ready":
      case "heartbeat":
        return ctx?.[verb]();
    }
  }

  #pathOf(name: string): string | undefined {
    return allStatuses(this.#supervisor.status()).find((status) => status.name === name)?.path;
  }

  #promise(what: string, promise: Promise<unknown>): void {
    this.#promises.push([what, watch(promise)]);
  }

  #check(when: string): void {
    const { broken, healthOf } = this.#watcher;
    const wrong = [...broken, ...findContradictions(this.#supervisor, healthOf, this.#shapes), ...this.#findRemains()];
    if (wrong.length > 0) throw new BrokenInvariant(`after ${when}, at ${this.#clock.now()} ms: ${wrong.join("; ")}`);
  }

  /** What lives or waits, and must not. */
  #findRemains(): string[] {
    const wrong: string[] = [];
    const statuses = new Map(allStatuses(this.#supervisor.status()).map((status) => [status.path, status]));
    for (const path of this.#puppets.livePaths()) {
      const { state, phase } = statuses.get(path) ?? { state: "gone", phase: null };
      const mayLive = state === "running" || state === "stopping" || phase === "launching";
      if (!mayLive) wrong.push(`${path} is ${state} ${phase}, and lives`);
    }
    const isIdle = [...statuses.values()].every(
      ({ path, state }) => (state === "running" || state === "stopped" || state === "failed") && !this.#regroups(path),
    );
    const timers = this.#clock.pending - this.#puppets.timers;
    if (isIdle && !this.#hasTimersOfItsOwn && timers > 0) wrong.push(`all is idle, and ${timers} timers are set`);
    return wrong;
  }

  /** A supervisor waits the backoff of its group, even if all that it would start was stopped by hand meanwhile. */
  #regroups(path: string): boolean {
    const { lifecycle } = (this.#supervisor.actorsOf(path).supervisor?.getSnapshot().value ?? {}) as {
      lifecycle?: unknown;
    };
    return typeof lifecycle === "object";
  }

  /** All do well, the tree stops, and nothing is left. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#puppets.calm();
    this.#promise("stop", this.#supervisor.stop());
    for (let left = 10_000; left > 0 && (await this.#clock.advanceToNext()); left--) {}
    await this.#clock.advance(0);
    this.#check("the stop");
    const wrong: string[] = [];
    for (const { path, state } of allStatuses(this.#supervisor.status())) {
      if (state !== "stopped" && state !== "failed") wrong.push(`${path} is ${state} after the stop`);
    }
    if (this.#clock.pending > 0) wrong.push(`${this.#clock.pending} timers are left`);
    for (const [what, promise] of this.#promises) {
      if (promise.state === "pending") wrong.push(`${what} is still pending`);
      if (promise.state === "rejected" && !/^ERR_/.test((promise.error as SupervisorError).code ?? "")) {
        wrong.push(`${what} rejected with ${String(promise.error)}`);
      }
    }
    if (wrong.length > 0) throw new BrokenInvariant(`in the end: ${wrong.join("; ")}`);
  }
}
