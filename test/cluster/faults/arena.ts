// Three nodes on one engine, in which the rows of the fault table are played one after another.

import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Cluster, connectCluster } from "statevisor/cluster";
import type { Activation } from "statevisor/testing";
import type { Engine } from "./engines.ts";
import { type NodeOptions, now } from "./facts.ts";
import { Nodes } from "./nodes.ts";
import { startWire, type WireOfNode } from "./wire.ts";

export type Times = NodeOptions["times"];

/** What the figures are given beside the bound, because two cores run it all. */
export const slackMs = Number(process.env.SLACK_MS ?? 1_500);

/** The network of the nodes, where it is not loopback. */
export interface NetworkOfNodes {
  /** What stands before the command of a node. */
  prefix(node: string): readonly string[];
  /** Ends all cuts. */
  heal(): void;
}

export interface ArenaOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly times: Times;
  /** The server of the databases of the orders. */
  readonly ordersUrl: string;
  readonly network?: NetworkOfNodes | undefined;
}

export class Arena {
  readonly engine: Engine;
  readonly times: Times;
  readonly nodes: Nodes;
  readonly pool: pg.Pool;
  cluster!: Cluster & AsyncDisposable;
  readonly #network: NetworkOfNodes | undefined;
  readonly #wires = new Map<string, readonly WireOfNode[]>();

  static async open(options: ArenaOptions): Promise<Arena> {
    const { name: lane, engine, ordersUrl } = options;
    const database = `orders_${lane.replaceAll(/\W+/g, "_")}`;
    const admin = new pg.Client({ connectionString: ordersUrl });
    await admin.connect();
    await admin.query(`create database "${database}"`);
    await admin.end();
    const url = new URL(ordersUrl);
    url.pathname = `/${database}`;
    const arena = new Arena(options, url.href);
    await arena.pool.query(
      "create table orders (n integer primary key, id text not null unique, token bigint not null, node text not null)",
    );
    for (const name of arena.nodes.names)
      arena.#wires.set(name, await Promise.all(engine.ports.map((port) => startWire(port))));
    for (const name of arena.nodes.names) arena.nodes.start(name);
    await arena.until("every node has its share", () => arena.isSpread);
    arena.cluster = await connectCluster({ id: "faults", store: engine.store() });
    return arena;
  }

  private constructor({ engine, times, network }: ArenaOptions, orders: string) {
    this.engine = engine;
    this.#network = network;
    this.times = times;
    this.pool = new pg.Pool({ connectionString: orders, max: 1 });
    this.pool.on("error", () => {});
    this.nodes = new Nodes({
      of: (name) => {
        const wires = this.#wires.get(name)!.map(({ port }) => engine.addressOf(port));
        return { name, engine: network === undefined ? wires : engine.addresses, orders, times };
      },
      prefix: network?.prefix,
    });
  }

  /** The node that writes the orders. */
  get holder(): string {
    const { nodes } = this;
    const found = nodes.holder("orders");
    if (found === null) throw new Error("nobody holds the orders");
    return found;
  }

  /** Another node than the holder. */
  get other(): string {
    const { holder } = this;
    return this.nodes.names.find((name) => name !== holder)!;
  }

  wires(name: string): readonly WireOfNode["wire"][] {
    return this.#wires.get(name)!.map(({ wire }) => wire);
  }

  heal(name: string): void {
    for (const wire of this.#wires.get(name)!) wire.heal();
  }

  /** How long it took until a condition held, in milliseconds. The limit is for what never comes, not for a slow machine. */
  async until(what: string, condition: () => boolean, limitMs = 180_000): Promise<number> {
    const from = now();
    while (!condition()) {
      if (now() - from > limitMs) throw new Error(`not within ${limitMs} ms: ${what}; ${this.describe()}`);
      await sleep(5);
    }
    return now() - from;
  }

  pause(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** What runs where. */
  describe(): string {
    const nodes = this.nodes.names.map(
      (name) => `${name} ${this.nodes.isThere(name) ? `holds ${this.nodes.holds(name)}` : "is not there"}`,
    );
    const open = this.cluster?.roles().filter(({ healthy }) => !healthy) ?? [];
    return [...nodes, ...open.map((role) => JSON.stringify(role))].join(", ");
  }

  /** What runs now, to compare with later. */
  running(): Activation[] {
    return this.nodes.history.activations.filter(({ endedAt }) => endedAt === null);
  }

  /** The activation of the orders after the one of a token. */
  after(token: number): Activation | undefined {
    return this.nodes.history.activations.find((one) => one.claim === "orders" && one.token > token);
  }

  /** Each node has two shards, and one of them the orders: nothing is moved any more. */
  get isSpread(): boolean {
    const { nodes } = this;
    return nodes.isEverythingHeld && nodes.names.every((name) => nodes.holds(name) >= 2);
  }

  /** Ends each fault, and waits until each node has its share. Resolves with what had to be done to the engine for that. */
  async recover(): Promise<string | null> {
    const { nodes } = this;
    this.#network?.heal();
    for (const name of nodes.names) this.heal(name);
    // A row that was not as it must be may have left them so.
    nodes.wakeAll();
    for (const server of this.engine.servers) server.wake();
    const done = (await this.engine.recover?.()) ?? null;
    await this.until("every node has its share again", () => {
      // One that was asked to stop may end only now.
      for (const name of nodes.names) nodes.start(name);
      return this.isSpread;
    });
    return done;
  }

  async close(): Promise<void> {
    await this.cluster?.[Symbol.asyncDispose]();
    await this.nodes.killAll();
    await this.pool.end();
    for (const wires of this.#wires.values()) for (const wire of wires) await wire.close();
    await this.engine.remove();
  }
}
