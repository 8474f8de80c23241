// world.ts: a tree of some shape on a simulated clock, to which a history happens. Every invariant is checked after each
// command, and the first that is broken is thrown. Independent of the test runner.

import {
  createSupervisor,
  type ServiceContext,
  type Supervisor,
  type SupervisorError,
  type SupervisorSpec,
} from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { type Watched, watch } from "../support/promises.ts";
import { type Command, type Flag, flags, type History, type Place } from "./commands.ts";
import { allStatuses, findContradictions, findUnserialisable, findUnsettled, shapesOf } from "./invariants/moment.ts";
import { UpdateChecker } from "./invariants/updates.ts";
import { createPuppets } from "./puppets.ts";
import { type ChildShape, canComplete, type TreeShape } from "./shape.ts";

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

/** Numbers of [0, 1), the same ones in every world: mulberry32. */
function createChance(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hasWatchdog = ({ watchdogMs, services = [] }: ChildShape): boolean =>
  watchdogMs !== undefined || services.some(hasWatchdog);
const hasTimers = (shape: ChildShape): boolean =>
  shape.probe !== undefined || hasWatchdog(shape) || (shape.services ?? []).some(hasTimers);

class World {
  readonly #clock = createSimulatedClock();
  readonly #supervisor: Supervisor;
  readonly #puppets;
  readonly #updates: UpdateChecker;
  readonly #shapes: Map<string, ChildShape>;
  readonly #promises: [what: string, promise: Watched<unknown>][] = [];
  readonly #onUpdate = new Map<number, Command[]>();
  readonly #onPlace = new Map<string, Command[]>();
  /** Probes and watchdogs set timers while the tree is idle. */
  #hasTimersOfItsOwn: boolean;
  /** No code of a service sends heartbeats: a service with a watchdog restarts for ever. */
  #hasWatchdogs: boolean;
  #lastChance = 0.5;
  #isEnding = false;

  constructor(tree: TreeShape, create: typeof createSupervisor) {
    const shapes = shapesOf(tree);
    this.#shapes = shapes;
    this.#hasTimersOfItsOwn = tree.services.some(hasTimers);
    this.#hasWatchdogs = tree.services.some(hasWatchdog);
    this.#updates = new UpdateChecker(shapes, () => this.#lastChance);
    this.#puppets = createPuppets({
      clock: this.#clock,
      isAbandoned: (path, incarnation) => this.#updates.unstopped.has(`${path} ${incarnation}`),
      onPlace: (place, name) => this.#reactAt(place, name),
      onBegin: (ctx) => this.#checkBegin(ctx),
      report: (broken) => this.#updates.broken.push(broken),
    });
    const chance = createChance();
    const random = () => {
      this.#lastChance = chance();
      return this.#lastChance;
    };
    const report = (data: object, message: string) => {
      if (message.includes("please report")) this.#updates.broken.push(`${message}: ${JSON.stringify(data)}`);
    };
    const logger = { debug() {}, info() {}, warn() {}, error: report, child: () => logger };
    const spec = { name: "app", ...tree, services: tree.services.map(this.#puppets.toSpec) } as SupervisorSpec;
    this.#supervisor = create(spec, { clock: this.#clock, random, logger });
    this.#supervisor.on("*", (update) => {
      this.#updates.note(update);
      this.#react(this.#onUpdate.get(update.seq) ?? []);
    });
  }

  get log(): string[] {
    return this.#updates.log;
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

  #react(commands: readonly Command[]): void {
    if (!this.#isEnding) for (const command of commands) void this.#do(command);
  }

  #reactAt(place: Place, name: string): void {
    const commands = this.#onPlace.get(`${place} ${name}`) ?? [];
    this.#onPlace.delete(`${place} ${name}`);
    this.#react(commands);
  }

  async #do(command: Command): Promise<void> {
    switch (command[0]) {
      case "advance":
        return this.#clock.advance(command[1]);
      case "next":
        return void (await this.#clock.advanceToNext());
      case "start":
        return this.#promise("start", this.#supervisor.start());
      case "stop":
        return this.#promise("stop", this.#supervisor.stop(command[1] === undefined ? {} : { timeoutMs: command[1] }));
      case "when":
        return void this.#onUpdate.set(command[1], [...(this.#onUpdate.get(command[1]) ?? []), command[2]]);
      case "inside": {
        const place = `${command[1]} ${command[2]}`;
        return void this.#onPlace.set(place, [...(this.#onPlace.get(place) ?? []), command[3]]);
      }
      case "addService":
        return this.#promise(`addService ${command[2].name}`, this.#add(command[1], command[2]));
      default:
        if (isFlag(command)) return this.#puppets.set(...command);
        return this.#doTo(command as [string, string, (number | boolean)?]);
    }
  }

  async #add(under: string, { dependsOn = [], ...shape }: ChildShape): Promise<void> {
    const parent = this.#find(under);
    if (!parent || !("services" in parent)) return;
    const path = `${parent.path}/${shape.name}`;
    this.#hasTimersOfItsOwn ||= hasTimers(shape);
    this.#hasWatchdogs ||= hasWatchdog(shape);
    this.#updates.forget(path);
    this.#shapes.delete(path); // it may be refused, or be another one the next time
    const siblings = dependsOn
      .filter(({ service }) => parent.services.some(({ name }) => name === service))
      .map((edge) =>
        this.#canComplete(`${parent.path}/${edge.service}`) ? edge : { ...edge, condition: "healthy" as const },
      );
    const spec = this.#puppets.toSpec(siblings.length === 0 ? shape : { ...shape, dependsOn: siblings });
    await this.#supervisor.addService(spec, { under: parent.path });
  }

  #canComplete(path: string): boolean {
    const shape = this.#shapes.get(path);
    return shape === undefined || canComplete(shape);
  }

  async #replace(path: string): Promise<void> {
    const shape = this.#shapes.get(path);
    if (!shape) return;
    const { significant: _, ...again } = shape;
    await this.#supervisor.removeService(path);
    await this.#add(path.slice(0, path.lastIndexOf("/")).split("/").at(-1)!, again);
  }

  #doTo([verb, name, detail]: [verb: string, name: string, detail?: number | boolean]): void {
    const path = this.#find(name)?.path;
    if (path === undefined) return;
    const ctx = this.#puppets.contextsOf(name)[Number(detail ?? 0)];
    const lives = this.#puppets.livesOf(path);
    switch (verb) {
      case "startService":
      case "stopService":
      case "restartService":
      case "removeService":
        return this.#promise(`${verb} ${name}`, this.#supervisor[verb](path));
      case "replaceService":
        return this.#promise(`${verb} ${name}`, this.#replace(path));
      case "fail":
        return lives.at(-1)?.end(new Error("fails on command"));
      case "complete":
        if (lives.at(-1)?.mayComplete) lives.at(-1)!.end();
        return;
      case "endLate":
        if (lives[0]?.ctx.signal.aborted) lives[0].end(detail ? new Error("fails late") : undefined);
        return;
      case "blame":
        return ctx?.fail(new Error("blamed"));
      case "ready":
      case "heartbeat":
        return ctx?.[verb]();
    }
  }

  #find(name: string) {
    return allStatuses(this.#supervisor.status()).find((status) => status.name === name);
  }

  #promise(what: string, promise: Promise<unknown>): void {
    this.#promises.push([what, watch(promise)]);
  }

  #checkBegin({ path, incarnation }: ServiceContext): void {
    const { state, phase, incarnation: known } = this.#supervisor.status(path);
    const root = this.#supervisor.status().state;
    if (state !== "starting" || phase !== "launching" || known !== incarnation) {
      this.#updates.broken.push(`${path}: incarnation ${incarnation} begins in ${state} ${phase} of ${known}`);
    }
    if (root !== "starting" && root !== "running")
      this.#updates.broken.push(`${path} begins while the root is ${root}`);
  }

  #check(when: string): void {
    const { broken, healthOf } = this.#updates;
    const now = this.#clock.now();
    const wrong = [
      ...broken,
      ...findContradictions(this.#supervisor, now, this.#shapes, healthOf),
      ...this.#findRemains(),
    ];
    if (wrong.length > 0) throw new BrokenInvariant(`after ${when}, at ${now} ms: ${wrong.join("; ")}`);
  }

  /** What lives or waits and must not, what must live and does not, and what the last update did not say. */
  #findRemains(): string[] {
    const wrong: string[] = [];
    const statuses = new Map(allStatuses(this.#supervisor.status()).map((status) => [status.path, status]));
    for (const path of this.#puppets.livePaths()) {
      const { state, phase } = statuses.get(path) ?? { state: "gone", phase: null };
      const mayLive = state === "running" || state === "stopping" || phase === "launching";
      if (!mayLive) wrong.push(`${path} is ${state} ${phase}, and lives`);
    }
    for (const status of statuses.values()) {
      wrong.push(...this.#updates.findOutdated(status));
      const isDead = status.kind === "service" && this.#puppets.livesOf(status.path).length === 0;
      if (status.state === "running" && isDead) wrong.push(`${status.path} runs, and nothing of it lives`);
    }
    const isIdle = [...statuses.values()].every(
      ({ path, state }) => (state === "running" || state === "stopped" || state === "failed") && !this.#regroups(path),
    );
    const timers = this.#clock.pending - this.#puppets.timers;
    if (isIdle && !this.#hasTimersOfItsOwn && timers > 0) wrong.push(`the tree is idle, and ${timers} timers are set`);
    return wrong;
  }

  /** A supervisor waits the backoff of its group, even if all that it would start was stopped by hand meanwhile. */
  #regroups(path: string): boolean {
    const { lifecycle } = (this.#supervisor.actorsOf(path).supervisor?.getSnapshot().value ?? {}) as {
      lifecycle?: unknown;
    };
    return typeof lifecycle === "object";
  }

  /** Every service does well for a while, and comes to rest; then the tree stops, and nothing is left. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#puppets.calm();
    const wrong = this.#hasWatchdogs ? [] : await this.#findUnsettled();
    wrong.push(...findUnserialisable(this.#supervisor));
    this.#check("a long calm");
    this.#promise("stop", this.#supervisor.stop());
    for (let left = 10_000; left > 0 && (await this.#clock.advanceToNext()); left--) {}
    await this.#clock.advance(0);
    this.#check("the stop");
    wrong.push(...(await this.#findLeftovers()));
    if (wrong.length > 0) throw new BrokenInvariant(`in the end: ${wrong.join("; ")}`);
  }

  /** What has not come to rest within five seconds. */
  async #findUnsettled(): Promise<string[]> {
    let unsettled = findUnsettled(this.#supervisor);
    for (let ms = 0; unsettled.length > 0 && ms < 5_000; ms += 100) {
      await this.#clock.advance(100);
      unsettled = findUnsettled(this.#supervisor);
    }
    return unsettled;
  }

  async #findLeftovers(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { path, state } of allStatuses(this.#supervisor.status())) {
      if (state !== "stopped" && state !== "failed") wrong.push(`${path} is ${state} after the stop`);
    }
    if (this.#clock.pending > 0) wrong.push(`${this.#clock.pending} timers are left`);
    const updates = this.log.length;
    await this.#clock.advance(100_000);
    if (this.log.length > updates) wrong.push(`updates after the end: ${this.log.slice(updates)}`);
    for (const [what, promise] of this.#promises) {
      if (promise.state === "pending") wrong.push(`${what} is still pending`);
      if (promise.state === "rejected" && !/^ERR_/.test((promise.error as SupervisorError).code ?? "")) {
        wrong.push(`${what} rejected with ${String(promise.error)}`);
      }
    }
    return wrong;
  }
}

function isFlag(command: Command): command is [Flag, string, boolean] {
  return (flags as readonly string[]).includes(command[0]);
}
