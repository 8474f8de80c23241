// Shards are spread evenly, move no more than they must, and never run twice; roles and nodes obey an operator.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectCluster, defineShards, defineSingleton, shardOf } from "../../src/cluster/index.ts";
import {
  checkHistory,
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedNode,
} from "../../src/testing/index.ts";
import { clusterOf, treeOf, worker } from "./support.ts";

const shards = 12;
const claims = Array.from({ length: shards }, (_, shard) => `inbox/${shard}`);

async function begin(nodes = 3): Promise<SimulatedCluster> {
  const cluster = createSimulatedCluster({ nodes, tree: treeOf({ shards }) });
  await cluster.advance(4_000);
  return cluster;
}

function sharesOf(cluster: SimulatedCluster): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const claim of claims) {
    const holders = cluster.holders(claim);
    expect(holders, claim).toHaveLength(1);
    shares[holders[0]!] = (shares[holders[0]!] ?? 0) + 1;
  }
  return shares;
}

const ok = (cluster: SimulatedCluster) => expect(checkHistory(cluster.history)).toEqual([]);

describe("shards", () => {
  it("are spread evenly, each started once", async () => {
    const cluster = await begin();
    expect(Object.values(sharesOf(cluster))).toEqual([4, 4, 4]);
    expect(cluster.history.activations.filter(({ claim }) => claim !== "ledger")).toHaveLength(shards);
    expect(Object.keys(cluster.node(0).status("inbox")).length).toBeGreaterThan(0);
    for (const index of [0, 1, 2]) expect(cluster.node(index).status("inbox").healthy).toBe(true);
  });

  it("of a node that dies are spread over the others; theirs stay", async () => {
    const cluster = await begin();
    const before = claims.map((claim) => cluster.holders(claim)[0]);
    cluster.crash(2);
    await cluster.advance(4_000);
    expect(sharesOf(cluster)).toEqual({ n0: 6, n1: 6 });
    for (const [index, claim] of claims.entries())
      if (before[index] !== "n2") expect(cluster.holders(claim)[0]).toBe(before[index]);
    ok(cluster);
  });

  it("are handed to a node that comes, after a wait, and only its share of them", async () => {
    const cluster = await begin(2);
    cluster.crash(1);
    await cluster.advance(4_000);
    expect(sharesOf(cluster)).toEqual({ n0: 12 });
    const moves = cluster.history.activations.length;
    cluster.start(1);
    await cluster.advance(900);
    expect(sharesOf(cluster)).toEqual({ n0: 12 });
    await cluster.advance(5_000);
    expect(sharesOf(cluster)).toEqual({ n0: 6, n1: 6 });
    const moved = cluster.history.activations.slice(moves).filter(({ claim }) => claim !== "ledger");
    expect(moved).toHaveLength(6);
    ok(cluster);
  });

  it("of a node that stops are handed over one after another, up to maxHandovers at a time", async () => {
    const cluster = await begin(2);
    void cluster.stop(1);
    await cluster.advance(2_000);
    expect(sharesOf(cluster)).toEqual({ n0: 12 });
    ok(cluster);
  });

  it("cannot be another number under the same name", async () => {
    const cluster = createSimulatedCluster({
      nodes: 2,
      tree: (node) => {
        const members = clusterOf(node);
        const inbox = defineShards({
          name: "inbox",
          cluster: members,
          shards: 4 + node.index,
          service: () => worker(node),
        });
        return { name: "shop", services: [members, inbox] };
      },
    });
    await cluster.advance(5_000);
    const states = [0, 1].map((index) => cluster.node(index).status("inbox"));
    expect(states.map(({ state }) => state).sort()).toEqual(["failed", "running"]);
    expect(states.find(({ state }) => state === "failed")!.error!.code).toBe("ERR_CLUSTER_MISMATCH");
  });
});

it("a role is defined otherwise once it is forgotten, and not while a node would define it as it was", async () => {
  let shards = 4;
  const cluster = createSimulatedCluster({ nodes: 2, tree: (node) => treeOf({ shards })(node) });
  await cluster.advance(3_000);
  const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
  await cluster.advance(50);
  const view = await connecting;
  const tokens = () => cluster.history.activations.filter(({ claim }) => claim === "inbox/0").map(({ token }) => token);
  const refused = view.forget("inbox");
  await expect(refused).rejects.toMatchObject({
    code: "ERR_NOT_ALLOWED",
    message: expect.stringContaining("n0, n1 would define it again"),
  });
  for (const index of [0, 1]) void cluster.stop(index);
  await cluster.advance(2_000);
  shards = 6;
  cluster.start(0);
  await cluster.advance(5_000);
  expect(cluster.node(0).status("inbox").error!.code).toBe("ERR_CLUSTER_MISMATCH");
  const forgetting = view.forget("inbox");
  await cluster.advance(1_000);
  await forgetting;
  void cluster.node(0).startService("inbox");
  await cluster.advance(5_000);
  expect(view.roles().filter(({ name, state }) => name === "inbox" && state === "running")).toHaveLength(6);
  expect(tokens()[1]).toBeGreaterThan(tokens()[0]!);
  const unknown = view.forget("inbx");
  unknown.catch(() => {});
  await cluster.advance(1_000);
  await expect(unknown).rejects.toMatchObject({ code: "ERR_UNKNOWN_SERVICE" });
});

describe("shardOf", () => {
  it("is the same for ever", () => {
    expect(["a", "b", "customer-17", "é", ""].map((key) => shardOf(key, 64))).toMatchInlineSnapshot(`
      [
        31,
        50,
        34,
        19,
        17,
      ]
    `);
  });

  it("spreads keys evenly, and moves only as many as a new shard needs", () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `key-${index}`);
    const counts = new Map<number, number>();
    let moved = 0;
    for (const key of keys) {
      const shard = shardOf(key, 10);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
      const next = shardOf(key, 11);
      if (next !== shard) {
        moved++;
        expect(next).toBe(10);
      }
    }
    expect(Math.min(...counts.values())).toBeGreaterThan(850);
    expect(moved).toBeGreaterThan(750);
    expect(moved).toBeLessThan(1_070);
  });

  it("is a shard, for any key", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 4_096 }), (key, count) => {
        const shard = shardOf(key, count);
        expect(Number.isInteger(shard) && shard >= 0 && shard < count).toBe(true);
      }),
    );
    expect(() => shardOf("a", 0)).toThrow(/a positive integer/);
  });
});

describe("an observer", () => {
  const observe = async (cluster: SimulatedCluster) => {
    const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
    await cluster.advance(100);
    return connecting;
  };
  const settled = async (cluster: SimulatedCluster, work: Promise<unknown>) => {
    const outcome = work.then(
      () => "done",
      (error) => error.code as string,
    );
    await cluster.advance(3_000);
    return outcome;
  };

  it("sees members, roles and health", async () => {
    const cluster = await begin();
    const view = await observe(cluster);
    expect(view.members().map(({ node, state }) => `${node} ${state}`)).toEqual(["n0 up", "n1 up", "n2 up"]);
    expect(view.roles()).toHaveLength(shards + 1);
    expect(view.health()).toEqual({ status: "healthy", roles: shards + 1, down: [] });
    cluster.crash(0);
    await cluster.advance(2_500);
    expect(view.health().status).toBe("degraded");
    await view[Symbol.asyncDispose]();
  });

  it("drains a node, which keeps its place as a member, and undrains it", async () => {
    const cluster = await begin();
    const view = await observe(cluster);
    expect(await settled(cluster, view.drain("n1"))).toBe("done");
    expect(sharesOf(cluster)).toEqual({ n0: 6, n2: 6 });
    expect(view.members().find(({ node }) => node === "n1")).toMatchObject({ state: "draining", holds: 0 });
    expect(await settled(cluster, view.undrain("n1"))).toBe("done");
    await cluster.advance(5_000);
    expect(Object.values(sharesOf(cluster))).toEqual([4, 4, 4]);
    ok(cluster);
  });

  it("cannot drain the last node, nor one that is not there", async () => {
    const cluster = await begin(1);
    const view = await observe(cluster);
    expect(await settled(cluster, view.drain("n0"))).toBe("ERR_NO_NODE");
    expect(await settled(cluster, view.drain("n7"))).toBe("ERR_UNKNOWN_NODE");
    expect(await settled(cluster, view.stopService("legder"))).toBe("ERR_UNKNOWN_SERVICE");
  });

  it("stops a role in the whole cluster, and starts it again", async () => {
    const cluster = await begin();
    const view = await observe(cluster);
    expect(await settled(cluster, view.stopService("ledger"))).toBe("done");
    expect(cluster.holders("ledger")).toEqual([]);
    expect(view.roles().find(({ name }) => name === "ledger")!.state).toBe("stopped");
    expect(await settled(cluster, view.startService("ledger"))).toBe("done");
    expect(cluster.holders("ledger")).toHaveLength(1);
    ok(cluster);
  });

  it("moves a role to a node, where it stays, and away from one", async () => {
    const cluster = await begin();
    const view = await observe(cluster);
    for (const to of ["n2", "n0", "n1"]) {
      expect(await settled(cluster, view.move("ledger", { to }))).toBe("done");
      expect(cluster.holders("ledger")).toEqual([to]);
    }
    expect(await settled(cluster, view.move("ledger"))).toBe("done");
    expect(cluster.holders("ledger")).not.toEqual(["n1"]);
    await cluster.advance(10_000);
    expect(cluster.holders("ledger")).toHaveLength(1);
    expect(await settled(cluster, view.move("ledger", { to: "n9" }))).toBe("ERR_UNKNOWN_NODE");
    ok(cluster);
  });

  it("starts what has failed, with a fresh budget", async () => {
    let isBroken = true;
    const cluster = createSimulatedCluster({
      nodes: 2,
      tree: (node) => {
        const members = clusterOf(node);
        const service = () =>
          node.recorded({
            name: "w",
            restart: { initialBackoffMs: 50, maxBackoffMs: 100, maxRetries: 2, jitter: false },
            run: ({ signal }) => {
              if (isBroken) throw new Error("broken");
              return new Promise((resolve) => signal.addEventListener("abort", resolve));
            },
          });
        return {
          name: "shop",
          services: [members, defineShards({ name: "inbox", cluster: members, shards: 1, service })],
        };
      },
    });
    await cluster.advance(10_000);
    const view = await observe(cluster);
    expect(view.roles()[0]).toMatchObject({ state: "failed", failures: 3, error: expect.stringContaining("broken") });
    isBroken = false;
    expect(await settled(cluster, view.startService("inbox"))).toBe("done");
    expect(view.roles()[0]).toMatchObject({ state: "running", failures: 0 });
  });

  it("is told that the engine does not answer", async () => {
    const cluster = await begin(1);
    cluster.store.stop();
    const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
    const outcome = connecting.catch((error) => error.code);
    await cluster.advance(6_000);
    expect(await outcome).toBe("ERR_CLUSTER_UNREACHABLE");
  });
});

describe("placement.prefer", () => {
  it("none: the newest version has no precedence; the record says so, and only then", async () => {
    const tree = (prefer: "none" | "version") => (node: SimulatedNode) => {
      const version = `${node.index}.0.0`;
      const cluster = clusterOf(node, { node: { name: node.name, version } });
      const roles = ["a", "b", "c", "d", "e", "f"].map((name) =>
        defineSingleton({ name, cluster, service: worker(node), placement: { prefer } }),
      );
      return { name: "shop", services: [cluster, ...roles] };
    };
    const nodesOf = async (prefer: "none" | "version") => {
      const cluster = createSimulatedCluster({ nodes: 3, tree: tree(prefer) });
      await cluster.advance(3_000);
      expect(cluster.store.entries.get("d.a")?.value.includes("prefer")).toBe(prefer === "none");
      return new Set(["a", "b", "c", "d", "e", "f"].flatMap((name) => cluster.holders(name)));
    };
    expect(await nodesOf("version")).toEqual(new Set(["n2"]));
    expect((await nodesOf("none")).size).toBeGreaterThan(1);
  });
});
