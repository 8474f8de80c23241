// What happens when two things happen at once: the lease is lost during a start and during a stop, a role is handed to a node
// that dies, nodes come and go, versions differ.

import { describe, expect, it } from "vitest";
import { connectCluster, defineSingleton } from "../../src/cluster/index.ts";
import type { RunServiceSpec, ServiceContext } from "../../src/index.ts";
import { checkHistory, createSimulatedCluster, type SimulatedCluster } from "../../src/testing/index.ts";
import { clusterOf, quick, treeOf, untilStopped, worker } from "./support.ts";

const sole = (cluster: SimulatedCluster) => Number(cluster.holders("ledger")[0]!.slice(1));

/** How often a claim has begun on each node. */
const begun = ({ history }: SimulatedCluster, claim: string) =>
  history.activations.filter((one) => one.claim === claim).map(({ node }) => node);

describe("a lease that is lost", () => {
  /** A service that never answers its signals; `slowly` for a start, or for a stop. */
  function deaf(of: "start" | "stop", seen: string[]): (ctx: ServiceContext) => Promise<void> {
    return async (ctx) => {
      ctx.signal.addEventListener("abort", () => seen.push("asked"));
      ctx.forceSignal.addEventListener("abort", () => seen.push("forced"));
      if (of === "stop") ctx.ready();
      await new Promise(() => {});
    };
  }

  it.each(["start", "stop"] as const)("during a %s leaves it what is left of the lease, then force", async (of) => {
    const seen: string[] = [];
    const spec = { name: "writer", readyOn: "signal", startTimeoutMs: 60_000, stopTimeoutMs: 60_000 } as const;
    const isDeaf = new Set(["n0", "n1", "n2"]);
    const cluster = createSimulatedCluster({
      nodes: 3,
      tree: treeOf({
        service: (node) => {
          const run = async (ctx: ServiceContext) => {
            if (isDeaf.delete("n0")) return deaf(of, seen)(ctx);
            ctx.ready();
            await untilStopped(ctx);
          };
          return node.recorded({ ...spec, run } as RunServiceSpec);
        },
      }),
    });
    await cluster.advance(3_000);
    const first = sole(cluster);
    if (of === "stop")
      void cluster
        .node(first)
        .stopService("ledger")
        .catch(() => {});
    await cluster.advance(200);
    cluster.store.cut(`n${first}`);
    const cutAt = cluster.clock.now();
    while (!seen.includes("forced")) await cluster.advance(10);
    const forcedMs = cluster.clock.now() - cutAt;
    expect(seen).toEqual(["asked", "forced"]);
    // Its lease, less the margin, counts from a renewal that was sent before it was cut off.
    expect(forcedMs).toBeLessThanOrEqual(quick.leaseDurationMs - 500 + 10);
    expect(forcedMs).toBeGreaterThan(quick.leaseDurationMs - 500 - quick.renewIntervalMs - 20);
    await cluster.advance(1_500);
    expect(begun(cluster, "ledger").at(-1)).not.toBe(`n${first}`);
    expect(cluster.holders("ledger").length).toBeGreaterThan(0);
  });
});

describe("a role that is handed to a node which dies before it takes it", () => {
  it("is taken by another soon, and not only when that lease is over", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf() });
    await cluster.advance(5_000);
    const first = sole(cluster);
    const hint = () => (JSON.parse(cluster.store.entries.get("r.ledger")!.value) as { to?: string }).to;
    const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
    await cluster.advance(50);
    void (await connecting).drain(`n${first}`);
    for (let waited = 0; hint() === undefined && waited < 1_000; waited++) await cluster.advance(0.25);
    const to = hint()!;
    const next = [0, 1, 2].find((index) => to.startsWith(`n${index}`))!;
    cluster.crash(next);
    const from = cluster.clock.now();
    while (cluster.holders("ledger").length === 0) await cluster.advance(10);
    expect(sole(cluster)).not.toBe(next);
    expect(cluster.clock.now() - from).toBeLessThan(2 * quick.retryPeriodMs + 300);
    expect(checkHistory(cluster.history)).toEqual([]);
  });
});

describe("nodes that come and go", () => {
  it("are given only what is free, until they have stayed for a while", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf({ shards: 9 }) });
    cluster.crash(2);
    await cluster.advance(5_000);
    const before = cluster.history.activations.length;
    for (let round = 0; round < 5; round++) {
      cluster.start(2);
      await cluster.advance(quick.rebalanceDelayMs - 200);
      void cluster.stop(2);
      await cluster.advance(300);
    }
    expect(cluster.history.activations.length).toBe(before);
    cluster.start(2);
    await cluster.advance(5_000);
    expect(cluster.history.activations.filter(({ node, endedAt }) => node === "n2" && endedAt === null).length).toBe(3);
  });

  it("leave records that are removed an hour after they have left", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf() });
    await cluster.advance(3_000);
    void cluster.stop(1);
    await cluster.advance(1_000);
    const sessions = () => [...cluster.store.entries.keys()].filter((key) => key.startsWith("s.")).length;
    expect(sessions()).toBe(2);
    await cluster.advance(3_500_000);
    expect(sessions()).toBe(2);
    await cluster.advance(120_000);
    expect(sessions()).toBe(1);
  });
});

describe("a rolling deploy", () => {
  it("moves each role once: the newest version takes what is free, and keeps it", async () => {
    const versions = ["1.0.0", "1.0.0", "1.0.0"];
    const cluster = createSimulatedCluster({
      nodes: 3,
      tree: (node) => {
        const own = clusterOf(node, { node: { name: node.name, version: versions[node.index] } });
        return {
          name: "shop",
          services: [own, defineSingleton({ name: "ledger", cluster: own, service: worker(node) })],
        };
      },
    });
    await cluster.advance(3_000);
    const first = sole(cluster);
    // The node that holds it is not the first to be replaced.
    for (const index of [1, 2, 0].map((step) => (first + step) % 3)) {
      void cluster.stop(index);
      await cluster.advance(1_000);
      versions[index] = "1.10.0";
      cluster.start(index);
      await cluster.advance(3_000);
    }
    expect(begun(cluster, "ledger").length).toBe(2);
    expect(checkHistory(cluster.history)).toEqual([]);
  });
});

describe("what an operator records", () => {
  it("reaches a node that was cut off before it claims anything", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf() });
    await cluster.advance(3_000);
    const first = sole(cluster);
    const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
    await cluster.advance(50);
    const view = await connecting;
    cluster.crash(1 - first);
    cluster.store.cut(`n${first}`);
    await cluster.advance(5_000);
    void view.stopService("ledger");
    await cluster.advance(1_000);
    const before = begun(cluster, "ledger").length;
    cluster.store.heal(`n${first}`);
    await cluster.advance(10_000);
    expect(begun(cluster, "ledger").length).toBe(before);
    expect(view.roles()[0]!.state).toBe("stopped");
  });

  it("holds for a role that its own node restarts: stopped, released, and taken again by placement", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf() });
    await cluster.advance(3_000);
    const first = sole(cluster);
    const tokens = () =>
      cluster.history.activations.filter(({ claim }) => claim === "ledger").map(({ token }) => token);
    void cluster.node(first).restartService("ledger");
    await cluster.advance(5_000);
    expect(cluster.holders("ledger")).toHaveLength(1);
    expect(tokens()[1]).toBeGreaterThan(tokens()[0]!);
  });
});
