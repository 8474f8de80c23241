// What a node reads in the records of others, and what it writes: claims that others hold, versions, and roles that are done.

import { describe, expect, it } from "vitest";
import { defineSingleton } from "../../src/cluster/index.ts";
import { keys } from "../../src/cluster/records.ts";
import type { ServiceContext } from "../../src/index.ts";
import { createSimulatedCluster, type SimulatedCluster, type SimulatedNode } from "../../src/testing/index.ts";
import { clusterOf, treeOf, untilStopped } from "./support.ts";

const boom = () => Promise.reject(new Error("boom"));

/** One node whose ledger runs as told. */
function begin(run: (ctx: ServiceContext) => Promise<unknown>, restart: object = {}, version = "1.0.0", nodes = 1) {
  const tree = (node: SimulatedNode) => {
    const cluster = clusterOf(node, { node: { name: node.name, version } });
    const service = node.recorded({ name: "writer", run, restart: { jitter: false, ...restart } });
    const ledger = defineSingleton({ name: "ledger", cluster, service, failover: { moveAfterFailures: 1 } });
    return { name: "shop", services: [cluster, ledger] };
  };
  return createSimulatedCluster({ nodes, tree });
}

/** Writes records, as another node would. */
async function write(cluster: SimulatedCluster, records: Readonly<Record<string, object>>): Promise<void> {
  const { clock, store } = cluster;
  const opened = store.open({ id: "shop", clock, signal: new AbortController().signal });
  await cluster.advance(10);
  const connection = await opened;
  for (const [key, record] of Object.entries(records)) {
    const { revision } = store.entries.get(key) ?? { revision: 0 };
    const value = JSON.stringify(record);
    void (revision === 0 ? connection.create(key, value) : connection.replace(key, value, revision));
  }
  await cluster.advance(10);
}

function read(cluster: SimulatedCluster, key: string): Record<string, unknown> {
  return JSON.parse(cluster.store.entries.get(key)!.value);
}

describe("a node that waits for its backoff", () => {
  it("does not take the role when another has taken it meanwhile, until the lease of that one is over", async () => {
    let runs = 0;
    const cluster = begin((ctx) => (++runs === 1 ? boom() : untilStopped(ctx)), { initialBackoffMs: 2_000 });
    await cluster.advance(1_000);
    const claim = read(cluster, keys.claim("ledger", null));
    expect(claim).toMatchObject({ state: "free", failures: 1, delayMs: 2_000 });
    const [session] = [...cluster.store.entries].filter(([key]) => key.startsWith("s.")).map(([, { value }]) => value);
    // It would hand the role over: so it is this node that is to have it next.
    const other = { ...JSON.parse(session!), node: "n9", roles: [] };
    const held = { ...claim, state: "held", node: "n9", session: "n9-1", token: Number(claim.token) + 1, delayMs: 0 };
    await write(cluster, { [keys.session("n9-1")]: other, [keys.claim("ledger", null)]: held });
    await cluster.advance(2_500);
    expect([runs, read(cluster, keys.claim("ledger", null)).node]).toEqual([1, "n9"]);
    await cluster.advance(2_500);
    expect([runs, cluster.holders("ledger")]).toEqual([2, ["n0"]]);
  });
});

describe("the version of the records", () => {
  it("that a node cannot read keeps it out: ERR_CLUSTER_VERSION, and what is clustered does not run", async () => {
    const cluster = createSimulatedCluster({ nodes: 1, tree: treeOf() });
    cluster.crash(0);
    await write(cluster, { [keys.cluster]: { v: 2, id: "shop", createdAt: 0 } });
    cluster.start(0);
    await cluster.advance(5_000);
    const { state, error } = cluster.node(0).status("cluster");
    expect([state, error?.code]).toEqual(["failed", "ERR_CLUSTER_VERSION"]);
    expect(error?.message).toContain('the records of cluster "shop" have version 2; this program reads 1');
    expect(cluster.history.activations).toEqual([]);
  });
});

describe("a singleton that completes", () => {
  const done = { policy: "on-failure" } as const;

  it("has completed for all nodes of its version, and is not run again by a node that comes", async () => {
    const cluster = begin(async () => {}, done, "1.0.0", 3);
    await cluster.advance(5_000);
    expect(cluster.history.activations).toHaveLength(1);
    expect(read(cluster, keys.claim("ledger", null))).toMatchObject({ state: "completed", version: "1.0.0" });
    cluster.crash(0);
    await cluster.advance(4_000);
    cluster.start(0);
    await cluster.advance(5_000);
    expect(cluster.history.activations).toHaveLength(1);
  });

  it("runs once more on a newer version", async () => {
    let version = "1.0.0";
    const tree = (node: SimulatedNode) => {
      const cluster = clusterOf(node, { node: { name: node.name, version } });
      const service = node.recorded({ name: "writer", run: async () => {}, restart: done });
      return { name: "shop", services: [cluster, defineSingleton({ name: "ledger", cluster, service })] };
    };
    const cluster = createSimulatedCluster({ nodes: 2, tree });
    await cluster.advance(5_000);
    version = "1.1.0";
    cluster.crash(0);
    cluster.start(0);
    await cluster.advance(8_000);
    expect(cluster.history.activations.map(({ node }) => node).slice(1)).toEqual(["n0"]);
    expect(read(cluster, keys.claim("ledger", null))).toMatchObject({ state: "completed", version: "1.1.0" });
  });
});
