// Several nodes of a cluster in one process, on one simulated clock and one simulated store, with the faults of machines.

import type { ClusterStore } from "../cluster/store.ts";
import type { Lease } from "../contract/lease.ts";
import type { RunServiceSpec, ServiceContext, SupervisorSpec } from "../contract/spec.ts";
import type { Supervisor } from "../handle.ts";
import { createSupervisor } from "../supervisor.ts";
import type { Activation, History } from "./check-history.ts";
import { NodeClock } from "./node-clock.ts";
import { createSimulatedClock, type SimulatedClock } from "./simulated-clock.ts";
import { createSimulatedStore, type SimulatedStore } from "./simulated-store.ts";

/** What the tree of one node is made with. */
export interface SimulatedNode {
  readonly index: number;
  /** `"n0"`, `"n1"`, … */
  readonly name: string;
  /** The store, as this node sees it. */
  readonly store: ClusterStore;
  /** The same service, whose runs are noted in the history. For services that are clustered. */
  recorded(spec: RunServiceSpec): RunServiceSpec;
}

export interface SimulatedClusterOptions {
  nodes: number;
  /** Called for each start of a node. */
  tree: (node: SimulatedNode) => SupervisorSpec;
  /**
   * The same seed gives the same run, byte for byte.
   *
   * @default 1
   */
  seed?: number | undefined;
  /** @default 1 */
  latencyMs?: number | undefined;
}

export interface SimulatedCluster {
  readonly clock: SimulatedClock;
  readonly store: SimulatedStore;
  readonly history: History;
  /** The tree of a node, as it was started last. */
  node(index: number): Supervisor;
  /** Starts the tree of a node, if it is not there. */
  start(index: number): void;
  /** Stops the tree of a node in order. Does not wait: let time pass. */
  stop(index: number): Promise<void>;
  /** The process of a node stops running, and does not know it. */
  freeze(index: number): void;
  wake(index: number): void;
  /** The process of a node is gone at once. */
  crash(index: number): void;
  /** From now on the clocks of a node run at `rate`: 1.02 is two percent fast. */
  skew(index: number, rate: number): void;
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
  /** Where a role, or a shard (`"inbox/3"`), runs now. */
  holders(claim: string): string[];
}

/** Makes a cluster, and starts the trees of all its nodes. */
export function createSimulatedCluster(options: SimulatedClusterOptions): SimulatedCluster {
  return new Simulation(options);
}

interface Running {
  readonly supervisor: Supervisor;
  readonly clock: NodeClock;
  readonly open: Set<OpenActivation>;
}

interface OpenActivation {
  readonly activation: Activation;
  readonly lease: Lease;
}

class Simulation implements SimulatedCluster {
  readonly clock = createSimulatedClock(1_000_000);
  readonly store: SimulatedStore;
  readonly history: History = { activations: [], now: () => this.clock.now() };
  readonly #options: SimulatedClusterOptions;
  readonly #random: () => number;
  readonly #nodes: (Running | null)[];
  readonly #frozenAt = new Map<number, number>();

  constructor(options: SimulatedClusterOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed ?? 1);
    this.store = createSimulatedStore(this.clock, { random: this.#random, latencyMs: options.latencyMs });
    this.#nodes = Array.from({ length: options.nodes }, () => null);
    for (const index of this.#nodes.keys()) this.start(index);
  }

  node(index: number): Supervisor {
    return this.#at(index).supervisor;
  }

  start(index: number): void {
    const running = this.#nodes[index];
    if (running !== null && running?.supervisor.status().state !== "stopped") return;
    const name = `n${index}`;
    const clock = new NodeClock(this.clock);
    const open = new Set<OpenActivation>();
    const spec = this.#options.tree({
      index,
      name,
      store: this.store.as(name),
      recorded: (given) => this.#record(given, name, open),
    });
    const supervisor = createSupervisor(spec, { clock, random: this.#random });
    this.#nodes[index] = { supervisor, clock, open };
    supervisor.start().catch(() => {});
  }

  stop(index: number): Promise<void> {
    return this.#at(index)
      .supervisor.stop()
      .catch(() => {});
  }

  freeze(index: number): void {
    const { clock } = this.#at(index);
    if (clock.isFrozen) return;
    clock.freeze();
    this.#frozenAt.set(index, this.clock.now());
  }

  wake(index: number): void {
    const { clock, open } = this.#at(index);
    const frozenAt = this.#frozenAt.get(index);
    if (frozenAt === undefined) return;
    this.#frozenAt.delete(index);
    // Code that looks at its lease finds it over from its first instruction on: it ended when it froze.
    for (const { activation, lease } of open) if (!lease.isHeld) activation.endedAt ??= frozenAt;
    clock.wake();
  }

  crash(index: number): void {
    const { clock, open } = this.#at(index);
    const at = this.#frozenAt.get(index) ?? this.clock.now();
    this.#frozenAt.delete(index);
    clock.die();
    for (const { activation } of open) activation.endedAt ??= at;
    open.clear();
    this.#nodes[index] = null;
  }

  skew(index: number, rate: number): void {
    this.#at(index).clock.skew(rate);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  holders(claim: string): string[] {
    return this.history.activations
      .filter((one) => one.claim === claim && one.endedAt === null)
      .map(({ node }) => node);
  }

  #at(index: number): Running {
    const running = this.#nodes[index];
    if (running === null || running === undefined)
      throw new Error(`node ${index} is not there; start(${index}) starts it`);
    return running;
  }

  #record(given: RunServiceSpec, node: string, open: Set<OpenActivation>): RunServiceSpec {
    const run = async (ctx: ServiceContext): Promise<unknown> => {
      const { lease } = ctx;
      if (lease === null) return given.run(ctx);
      const claim = lease.shard === null ? lease.role : `${lease.role}/${lease.shard}`;
      const activation: Activation = { claim, node, token: lease.token, beganAt: this.clock.now(), endedAt: null };
      this.history.activations.push(activation);
      const one = { activation, lease };
      open.add(one);
      try {
        return await given.run(ctx);
      } finally {
        activation.endedAt ??= this.clock.now();
        open.delete(one);
      }
    };
    return { ...given, run };
  }
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
