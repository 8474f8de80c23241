// A singleton: on one node at a time, whatever happens to nodes and to the store.

import { describe, expect, it } from "vitest";
import { type ClusterSpec, defineSingleton } from "../../src/cluster/index.ts";
import { defineService, type ServiceContext } from "../../src/index.ts";
import {
  checkHistory,
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedNode,
} from "../../src/testing/index.ts";
import { clusterOf, quick, treeOf, untilStopped } from "./support.ts";

/** The index of the only node on which it runs. */
function sole(cluster: SimulatedCluster, claim = "ledger"): number {
  const holders = cluster.holders(claim);
  expect(holders, claim).toHaveLength(1);
  return Number(holders[0]!.slice(1));
}

async function begin(tree = treeOf(), nodes = 3): Promise<SimulatedCluster> {
  const cluster = createSimulatedCluster({ nodes, tree });
  await cluster.advance(3_000);
  return cluster;
}

const ok = (cluster: SimulatedCluster) => expect(checkHistory(cluster.history)).toEqual([]);

/** How long nobody held it, at the last change of hands. */
function gapOf(cluster: SimulatedCluster): number {
  const [before, after] = cluster.history.activations.filter(({ claim }) => claim === "ledger").slice(-2);
  return after!.beganAt - before!.endedAt!;
}

describe("a singleton", () => {
  it("runs on one of three nodes, and is healthy on all", async () => {
    const cluster = await begin();
    sole(cluster);
    for (const index of [0, 1, 2]) expect(cluster.node(index).status("ledger").healthy, `n${index}`).toBe(true);
    ok(cluster);
  });

  it("waits, when nobody ever held it, until all nodes have come", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf() });
    await cluster.advance(400);
    expect(cluster.holders("ledger")).toEqual([]);
    await cluster.advance(1_500);
    sole(cluster);
    expect(cluster.history.activations).toHaveLength(1);
  });

  it("is handed over when its node stops: stopped first, then started elsewhere, without a wait", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    const stopped = cluster.stop(first);
    await cluster.advance(1_000);
    await stopped;
    expect(sole(cluster)).not.toBe(first);
    expect(gapOf(cluster)).toBeLessThan(50);
    expect(cluster.node(first).status().state).toBe("stopped");
    ok(cluster);
  });

  it("stays where it is when nodes come", async () => {
    const cluster = await begin(treeOf(), 2);
    const first = sole(cluster);
    const other = 1 - first;
    cluster.crash(other);
    await cluster.advance(5_000);
    cluster.start(other);
    await cluster.advance(10_000);
    expect(sole(cluster)).toBe(first);
    expect(cluster.history.activations).toHaveLength(1);
  });

  it("is taken over within a lease when its process dies", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.crash(first);
    await cluster.advance(3_500);
    expect(sole(cluster)).not.toBe(first);
    expect(gapOf(cluster)).toBeGreaterThan(quick.leaseDurationMs - quick.renewIntervalMs - 50);
    expect(gapOf(cluster)).toBeLessThan(quick.leaseDurationMs + 250);
    ok(cluster);
  });

  it("is taken over when its node hangs, which steps down as soon as it wakes", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.freeze(first);
    await cluster.advance(5_000);
    cluster.wake(first);
    await cluster.advance(0);
    await cluster.advance(5_000);
    expect(sole(cluster)).not.toBe(first);
    expect(cluster.node(first).status("cluster").state).toBe("running");
    ok(cluster);
  });

  it("survives a freeze that is shorter than the lease", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.freeze(first);
    await cluster.advance(1_000);
    cluster.wake(first);
    await cluster.advance(5_000);
    expect(sole(cluster)).toBe(first);
    expect(cluster.history.activations).toHaveLength(1);
  });

  it("stops where it is when its node is cut off, before it starts elsewhere", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    const cutAt = cluster.clock.now();
    cluster.store.cut(`n${first}`);
    await cluster.advance(5_000);
    expect(sole(cluster)).not.toBe(first);
    const stopped = cluster.history.activations.find(({ node }) => node === `n${first}`)!;
    expect(stopped.endedAt! - cutAt).toBeLessThanOrEqual(quick.renewDeadlineMs + 10);
    expect(gapOf(cluster)).toBeGreaterThan(0);
    cluster.store.heal(`n${first}`);
    await cluster.advance(15_000);
    expect(cluster.node(first).status("cluster").state).toBe("running");
    ok(cluster);
  });

  it("stops everywhere when the store is away for longer than the deadline, and comes back with it", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.store.stop();
    await cluster.advance(6_000);
    expect(cluster.holders("ledger")).toEqual([]);
    expect(cluster.node(first).status("ledger").healthy).toBe(false);
    cluster.store.start();
    await cluster.advance(15_000);
    expect(sole(cluster)).toBe(first); // where it was
    ok(cluster);
  });

  it("does not notice that the store is away for a moment, or that answers are lost", async () => {
    const cluster = await begin();
    cluster.store.stop();
    await cluster.advance(900);
    cluster.store.start();
    await cluster.advance(5_000);
    cluster.store.loseAnswers(1);
    await cluster.advance(10_000);
    sole(cluster);
    expect(cluster.history.activations).toHaveLength(1);
  });

  it("is taken by a node whose watch had gone stale without a word, once that has noticed", async () => {
    const cluster = await begin(treeOf(), 2);
    const first = sole(cluster);
    const other = 1 - first;
    cluster.store.staleWatch(`n${other}`);
    await cluster.advance(3_000);
    cluster.crash(first);
    await cluster.advance(6_000);
    expect(sole(cluster)).toBe(other);
    ok(cluster);
  });

  it("takes what is free though the watch of its node went stale while it joined", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf({ shards: 4 }), seed: 3 });
    await cluster.advance(8);
    cluster.store.staleWatch("n1");
    await cluster.advance(10_000);
    for (const claim of ["ledger", "inbox/0", "inbox/1", "inbox/2", "inbox/3"]) sole(cluster, claim);
    ok(cluster);
  });

  it("goes on with greater tokens after the store has lost all its data", async () => {
    const cluster = await begin();
    cluster.store.wipe();
    await cluster.advance(20_000);
    sole(cluster);
    expect(cluster.history.activations.length).toBeGreaterThan(1);
    ok(cluster);
  });

  it("waits, after the store has lost all its data, until the lease of a node that hangs is over", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.freeze(first);
    cluster.store.wipe();
    await cluster.advance(2_000);
    expect(cluster.holders("ledger")).toEqual([`n${first}`]);
    await cluster.advance(3_000);
    cluster.wake(first);
    await cluster.advance(5_000);
    sole(cluster);
    ok(cluster);
  });

  it("never overlaps while clocks run 5 % apart", async () => {
    for (const [slow, fast] of [
      [0.975, 1.025],
      [1.025, 0.975],
    ]) {
      const cluster = await begin();
      const first = sole(cluster);
      for (const index of [0, 1, 2]) cluster.skew(index, index === first ? slow! : fast!);
      await cluster.advance(2_000);
      cluster.store.cut(`n${first}`);
      await cluster.advance(6_000);
      expect(sole(cluster)).not.toBe(first);
      ok(cluster);
    }
  });
});

/** A singleton whose service fails as the test says. */
function failing(run: (ctx: ServiceContext, node: SimulatedNode) => unknown, restart: object = {}, more: object = {}) {
  return (node: SimulatedNode) => {
    const cluster = clusterOf(node, more as Partial<ClusterSpec>);
    const service = node.recorded({
      name: "writer",
      run: (ctx) => run(ctx, node),
      restart: { initialBackoffMs: 100, maxBackoffMs: 1_000, jitter: false, ...restart },
    });
    return { name: "shop", services: [cluster, defineSingleton({ name: "ledger", cluster, service })] };
  };
}

describe("the budget of a singleton", () => {
  it("moves it to another node after three failures in a row", async () => {
    let first: string | null = null;
    const cluster = await begin(
      failing((ctx, { name }) => {
        first ??= name;
        if (name === first) throw new Error("bad disk");
        return untilStopped(ctx);
      }),
    );
    await cluster.advance(5_000);
    expect(cluster.holders("ledger")).toHaveLength(1);
    expect(cluster.holders("ledger")).not.toEqual([first]);
    expect(cluster.history.activations.filter(({ node }) => node === first)).toHaveLength(3);
    ok(cluster);
  });

  it("is one budget for the whole cluster: maxRetries + 1 failures, and it has failed everywhere", async () => {
    const cluster = await begin(
      failing(() => {
        throw new Error("poisoned");
      }),
    );
    await cluster.advance(30_000);
    expect(cluster.history.activations).toHaveLength(6);
    expect(new Set(cluster.history.activations.map(({ node }) => node)).size).toBe(2);
    for (const index of [0, 1, 2]) {
      const status = cluster.node(index).status("ledger");
      expect([status.state, status.healthy]).toEqual(["running", false]);
      expect(cluster.node(index).explain("ledger").summary).toContain("failed for the whole cluster");
    }
    await cluster.advance(60_000);
    expect(cluster.history.activations).toHaveLength(6);
  });

  it("counts the death of a node that had just taken the role", async () => {
    const cluster = await begin(failing(untilStopped, { maxRetries: 1, resetAfterMs: 60_000 }));
    for (let deaths = 0; deaths < 2; deaths++) {
      const at = sole(cluster);
      cluster.crash(at);
      cluster.start(at);
      await cluster.advance(5_000);
    }
    expect(cluster.holders("ledger")).toEqual([]);
    expect(cluster.history.activations).toHaveLength(2);
  });

  it("is fresh again once the role has been up for resetAfterMs", async () => {
    const cluster = await begin(failing(untilStopped, { maxRetries: 1, resetAfterMs: 2_000 }));
    for (let deaths = 0; deaths < 4; deaths++) {
      await cluster.advance(3_000);
      const at = sole(cluster);
      cluster.crash(at);
      cluster.start(at);
      await cluster.advance(5_000);
    }
    sole(cluster);
    ok(cluster);
  });

  it("is not spent by hand-overs", async () => {
    const cluster = await begin(failing(untilStopped, { maxRetries: 0 }));
    for (let moves = 0; moves < 3; moves++) {
      const at = sole(cluster);
      void cluster.stop(at);
      await cluster.advance(2_000);
      cluster.start(at);
      await cluster.advance(2_000);
    }
    sole(cluster);
  });
});

describe("a service that will not stop", () => {
  const stubborn = failing(() => new Promise<void>(() => {}));

  it("keeps its claim until its process ends: never two", async () => {
    const cluster = await begin(stubborn);
    const first = sole(cluster);
    void cluster.stop(first);
    await cluster.advance(11_000);
    expect(cluster.holders("ledger")).toEqual([`n${first}`]);
    cluster.crash(first);
    await cluster.advance(5_000);
    expect(sole(cluster)).not.toBe(first);
    ok(cluster);
  });
});

describe("dependants of a singleton", () => {
  const withApi = treeOf({
    others: (_, { ledger }) => [
      defineService({ name: "api", dependsOn: [ledger], run: untilStopped }),
      defineService({ name: "other", run: untilStopped }),
    ],
  });

  it("start on every node once it is healthy anywhere, and wait before that", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: withApi });
    await cluster.advance(300);
    for (const index of [0, 1, 2]) {
      expect(cluster.node(index).status("api").phase).toBe("waiting");
      expect(cluster.node(index).status("other").state).toBe("running");
    }
    await cluster.advance(3_000);
    for (const index of [0, 1, 2]) expect(cluster.node(index).status("api").state).toBe("running");
  });

  it("without the store wait, while the rest of the tree runs, and the tree has started", async () => {
    const cluster = createSimulatedCluster({ nodes: 1, tree: withApi });
    cluster.store.stop();
    await cluster.advance(20_000);
    expect(cluster.node(0).status("cluster").state).toBe("starting");
    expect(cluster.node(0).status("other").state).toBe("running");
    expect(cluster.node(0).status("api").phase).toBe("waiting");
    cluster.store.start();
    await cluster.advance(30_000);
    expect(cluster.node(0).status("api").state).toBe("running");
  });

  it("use a view that says where it runs", async () => {
    const views: Record<string, { here: boolean; node: string | null; token: number | null }> = {};
    const tree = treeOf({
      others: ({ name }, { ledger }) => [
        defineService({
          name: "api",
          dependsOn: [ledger],
          run: (ctx) => {
            views[name] = ctx.use("ledger") as (typeof views)[string];
            return untilStopped(ctx);
          },
        }),
      ],
    });
    const cluster = await begin(tree);
    const at = `n${sole(cluster)}`;
    for (const [name, view] of Object.entries(views)) expect([view.here, view.node]).toEqual([name === at, at]);
    expect(new Set(Object.values(views).map(({ token }) => token)).size).toBe(1);
  });
});

describe("explain", () => {
  it("says where a singleton runs, and what this node has to do with it", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    for (const index of [0, 1, 2]) {
      const { summary } = cluster.node(index).explain("ledger");
      expect(summary).toContain(`in the cluster: running on n${first} since `);
      expect(summary).toContain(`here (n${index}): ${index === first ? "active.up" : "standby"}`);
    }
    expect(cluster.node(first).explain("cluster").summary).toMatch(
      /node n\d, a member for \d+ s, last renewal [\d.]+ s ago, lease valid for/,
    );
  });

  it("names the engine that does not answer, to what waits for it, too", async () => {
    const cluster = createSimulatedCluster({ nodes: 1, tree: treeOf() });
    cluster.store.stop();
    await cluster.advance(20_000);
    expect(cluster.node(0).explain("cluster").summary).toContain("simulated store does not answer: no answer");
    expect(cluster.node(0).explain("ledger").summary).toMatch(
      /waiting for cluster \(launching; simulated store does not/,
    );
  });
});

describe("the lease of a service", () => {
  it("names the role and the token, and is over when the node has been cut off for long enough", async () => {
    const leases: NonNullable<ServiceContext["lease"]>[] = [];
    const cluster = await begin(
      failing((ctx) => {
        leases.push(ctx.lease!);
        return untilStopped(ctx);
      }),
    );
    const [lease] = leases;
    expect([lease!.role, lease!.shard, lease!.isHeld]).toEqual(["ledger", null, true]);
    expect(lease!.remainingMs()).toBeGreaterThan(quick.leaseDurationMs - quick.renewIntervalMs - 600);
    lease!.assertHeld();
    cluster.store.cut(lease!.node);
    await cluster.advance(2_600);
    expect([lease!.isHeld, lease!.remainingMs()]).toEqual([false, 0]);
    expect(() => lease!.assertHeld()).toThrow(/lease of ledger on node n\d is over/);
  });

  it("is null where nothing is clustered", async () => {
    const seen: unknown[] = [];
    const tree = treeOf({
      others: () => [
        defineService({
          name: "other",
          run: (ctx) => {
            seen.push(ctx.lease);
            return untilStopped(ctx);
          },
        }),
      ],
    });
    await begin(tree, 1);
    expect(seen).toEqual([null]);
  });
});
