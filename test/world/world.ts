// world.ts: a tree of some shape on a simulated clock, to which a history happens. Every invariant is checked after each
// command, and the first that is broken is thrown. Independent of the test runner.

import { createSupervisor, type ServiceContext, type Supervisor, type SupervisorSpec } from "../../src/index.ts";
import { createChance } from "../../src/testing/explore/chance.ts";
import { LiveTree } from "../../src/testing/explore/live-tree.ts";
import { WatchedClock } from "../../src/testing/explore/watched-clock.ts";
import type { Command, History, Place } from "./commands.ts";
import { Deeds } from "./deeds.ts";
import { DependencyChecker } from "./invariants/dependencies.ts";
import { findStuck, type Lifecycle, type Look } from "./invariants/liveness.ts";
import { allStatuses, findContradictions, shapesOf } from "./invariants/moment.ts";
import { UpdateChecker } from "./invariants/updates.ts";
import { liveOut } from "./last-days.ts";
import { Puppets } from "./puppets.ts";
import { Reading } from "./reading.ts";
import { Requests } from "./requests.ts";
import { Runs } from "./runs.ts";
import { type ChildShape, hasProbes, type TreeShape } from "./shape.ts";
import { toSurroundings } from "./surroundings.ts";

/** How a tree is made. */
export interface Making {
  readonly create?: typeof createSupervisor;
  /** XState's own interpreter runs the charts. */
  readonly isInspected?: boolean;
}

/** Lives a history. Returns all its updates as JSON; throws at the first invariant that is broken. */
export async function replay({ tree, commands }: History, making: Making = {}): Promise<string[]> {
  const world = new World(tree, making);
  await world.begin();
  for (const command of commands) await world.step(command);
  await liveOut(world);
  return world.updates.log();
}

export class World {
  readonly clock = new WatchedClock();
  readonly supervisor: Supervisor;
  readonly tree: LiveTree;
  readonly puppets: Puppets;
  readonly updates: UpdateChecker;
  readonly runs: Runs;
  readonly requests = new Requests();
  readonly reading: Reading;
  readonly dependencies: DependencyChecker;
  /** What the tree was made of at first. */
  readonly definition: TreeShape;
  /** Every shape of the tree by its path, as it is now. */
  shapes: Map<string, ChildShape>;
  readonly deeds: Deeds;
  /** From here on nothing that waits for its moment happens. */
  isEnding = false;
  /** Probes and watchdogs set timers while the tree is idle. */
  #hasTimersOfItsOwn: boolean;
  #lastChance = 0.5;

  constructor(tree: TreeShape, { create = createSupervisor, isInspected = false }: Making = {}) {
    this.definition = tree;
    this.shapes = shapesOf(tree);
    this.#hasTimersOfItsOwn = tree.services.some(hasProbes);
    this.updates = new UpdateChecker(this.shapes, () => this.#lastChance);
    this.puppets = new Puppets(this.clock, {
      isAbandoned: (path, incarnation) => this.updates.unstopped.has(`${path} ${incarnation}`),
      onPlace: (place, name, path) => this.#onPlace(place, name, path),
      onBegin: (ctx) => this.#checkBegin(ctx),
      report: (broken) => this.updates.broken.push(broken),
    });
    const chance = createChance();
    const random = () => {
      this.#lastChance = chance();
      return this.#lastChance;
    };
    const report = (data: object, message: string) => {
      if (message.includes("lease report")) this.updates.broken.push(`${message}: ${JSON.stringify(data)}`);
    };
    const logger = { debug() {}, info() {}, warn() {}, error: report, child: () => logger };
    const spec = { name: "app", ...tree, services: tree.services.map((child) => this.puppets.toSpec(child)) };
    const options = { clock: this.clock, random, logger, ...(isInspected && { inspect: () => {} }) };
    this.supervisor = create(spec as SupervisorSpec, options);
    this.tree = new LiveTree(this.clock, this.supervisor, () => this.#findWrong());
    this.runs = new Runs(this.supervisor);
    this.reading = new Reading(this.supervisor);
    this.dependencies = new DependencyChecker(toSurroundings(this));
    this.deeds = new Deeds(this);
    this.supervisor.on("*", (update) => {
      this.updates.note(update);
      if (update.type === "status") this.dependencies.note(update);
      if (update.type === "removed") this.dependencies.forget(update.path);
      this.deeds.reactToUpdate(update);
    });
  }

  async begin(): Promise<void> {
    await this.step(["start"]);
  }

  /** Does a command, and waits for all that follows from it. Checks the invariants then, unless told not to. */
  async step(command: Command, checks = true): Promise<void> {
    if (command[0] === "now") return void this.deeds.do(command[1]);
    await this.tree.step(JSON.stringify(command), () => this.deeds.do(command), checks);
  }

  /** Shapes that are added from here on are in the tree, too. */
  expect(shape: ChildShape): void {
    this.#hasTimersOfItsOwn ||= hasProbes(shape);
  }

  #onPlace(place: Place, name: string, path?: string): void {
    if (place === "stop" && path !== undefined) this.updates.broken.push(...this.dependencies.findTooLate(path));
    this.deeds.reactTo(`${place} ${name}`);
  }

  #checkBegin({ path, incarnation }: ServiceContext): void {
    const { state, phase, incarnation: known } = this.supervisor.status(path);
    const root = this.supervisor.status().state;
    if (state !== "starting" || phase !== "launching" || known !== incarnation) {
      this.updates.broken.push(`${path}: incarnation ${incarnation} begins in ${state} ${phase} of ${known}`);
    }
    if (root !== "starting" && root !== "running") this.updates.broken.push(`${path} begins while the root is ${root}`);
  }

  #findWrong(): string[] {
    const { broken } = this.updates;
    const look = this.look();
    const root = look.statuses.get("app")!;
    const isStopping = [...look.statuses.values()].some(({ state }) => state === "stopping");
    return [
      ...broken,
      ...findContradictions(this.supervisor, look.now, this.shapes, look.healthOf, root as never),
      ...this.#findRemains(look),
      ...findStuck(look),
      ...this.dependencies.findStayed(isStopping),
      ...this.requests.findWrong(look.statuses, root, look.shapes),
      ...this.runs.findWrong(root.state),
      ...this.reading.broken,
    ];
  }

  look(): Look {
    if (this.deeds.hasChanged) this.#readShapes();
    const { lives } = this.puppets;
    return {
      now: this.clock.now(),
      statuses: new Map(allStatuses(this.supervisor.status()).map((status) => [status.path, status])),
      report: this.supervisor.health(),
      healthOf: this.updates.healthOf,
      shapes: this.shapes,
      isRedefining: this.requests.isRedefining,
      timers: this.clock.pending,
      lifecycleOf: (path) => this.lifecycleOf(path),
      livesOf: (path) => lives.of(path).length,
      checkedAt: (path) => (this.puppets.hasOpenCheck(path) ? undefined : (this.puppets.checkedAt.get(path) ?? 0)),
    };
  }

  /** What the tree consists of now: a name may be that of another service than before. */
  #readShapes(): void {
    this.shapes.clear();
    type Described = { readonly path: string; readonly meta: unknown; readonly services?: readonly Described[] };
    const visit = ({ path, meta, services = [] }: Described): void => {
      const shape = (meta as { shape?: ChildShape } | null)?.shape;
      if (shape) this.shapes.set(path, shape);
      for (const child of services) visit(child);
    };
    visit(this.supervisor.describe());
  }

  /** What lives or waits and must not, what must live and does not, and what the last update did not say. */
  #findRemains({ statuses }: Look): string[] {
    const wrong: string[] = [];
    for (const path of this.puppets.lives.paths) {
      const { state, phase } = statuses.get(path) ?? { state: "gone", phase: null };
      const mayLive = state === "running" || state === "stopping" || phase === "launching";
      if (!mayLive) wrong.push(`${path} is ${state} ${phase}, and lives`);
    }
    for (const status of statuses.values()) {
      wrong.push(...this.updates.findOutdated(status));
      const isDead = status.kind === "service" && this.puppets.lives.of(status.path).length === 0;
      if (status.state === "running" && isDead) wrong.push(`${status.path} runs, and nothing of it lives`);
    }
    // A supervisor waits the backoff of its group, even if all that it would start was stopped by hand meanwhile.
    const isIdle = [...statuses.values()].every(
      ({ path, state }) =>
        (state === "running" || state === "stopped" || state === "failed") && this.lifecycleOf(path) !== "regrouping",
    );
    const timers = this.clock.pending - this.puppets.timers;
    if (isIdle && !this.#hasTimersOfItsOwn && timers > 0) wrong.push(`the tree is idle, and ${timers} timers are set`);
    return wrong;
  }

  /** The state of the chart of a supervisor; undefined for a service. */
  lifecycleOf(path: string): Lifecycle | undefined {
    const value = this.supervisor.actorsOf(path).supervisor?.getSnapshot().value as { lifecycle: unknown } | undefined;
    if (value === undefined) return undefined;
    return typeof value.lifecycle === "string" ? (value.lifecycle as Lifecycle) : "regrouping";
  }
}
