// Bad input and bad weather each have an error of their own, which says what to do.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterSpec,
  type ClusterStore,
  connectCluster,
  defineCluster,
  defineShards,
  defineSingleton,
} from "../../src/cluster/index.ts";
import { natsStore } from "../../src/cluster/nats/index.ts";
import { postgresStore } from "../../src/cluster/postgres/index.ts";
import { createSupervisor, type Logger, type SupervisorSpec } from "../../src/index.ts";
import {
  createSimulatedClock,
  createSimulatedCluster,
  createSimulatedStore,
  type SimulatedNode,
} from "../../src/testing/index.ts";
import { until } from "../support/processes.ts";
import { hasNats, type NatsServer, startNatsServer } from "./store/nats-server.ts";
import { findPostgres, type PostgresServer, startPostgres } from "./store/postgres-server.ts";
import { clusterOf, treeOf, untilStopped, worker } from "./support.ts";

const errorOf = async (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => ({ code: error.code, message: error.message }),
  );

const treeWith = (spec: Partial<ClusterSpec> & Pick<ClusterSpec, "store">): SupervisorSpec => {
  const cluster = defineCluster({ id: "shop", ...spec });
  const ledger = defineSingleton({ name: "ledger", cluster, service: { name: "writer", run: untilStopped } });
  return { name: "shop", services: [cluster, ledger, { name: "api", run: untilStopped }] };
};

describe("an engine that cannot be reached", () => {
  it("leaves the rest of the tree running, and is named in explain; an observer is refused", async () => {
    const store = postgresStore({ connectionString: "postgres://someone:secret@127.0.0.1:1/x" });
    const tree = createSupervisor(treeWith({ store }));
    await tree.start();
    await until("the trouble is known", () => tree.explain("cluster").summary.includes("does not answer"));
    expect([tree.status("api").state, tree.status("cluster").state, tree.status("ledger").phase]).toEqual([
      "running",
      "starting",
      "waiting",
    ]);
    expect(tree.explain("cluster").summary).toMatch(/127\.0\.0\.1:1.* does not answer: .*ECONNREFUSED/);
    expect(tree.explain("ledger").waitingFor[0]).toMatchObject({ path: "shop/cluster", condition: "started" });
    expect(tree.explain("cluster").summary).not.toContain("secret");
    await tree.stop();
    expect(await errorOf(connectCluster({ id: "shop", store }))).toMatchObject({
      code: "ERR_CLUSTER_UNREACHABLE",
      message: expect.stringMatching(/does not answer: .*ECONNREFUSED/),
    });
  });

  it("is given up by an observer after its time", async () => {
    const cluster = createSimulatedCluster({ nodes: 1, tree: treeOf() });
    cluster.store.stop();
    const refused = errorOf(connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock, timeoutMs: 700 }));
    await cluster.advance(800);
    expect(await refused).toEqual({
      code: "ERR_CLUSTER_UNREACHABLE",
      message: "simulated store does not answer: no answer of the store within 700 ms",
    });
  });
});

describe.skipIf(findPostgres() === null)("credentials that PostgreSQL does not take", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.remove());

  it("are said to be the reason", async () => {
    const store = postgresStore({ connectionString: server.url.replace("//postgres@", "//nobody:secret@") });
    const error = await errorOf(connectCluster({ id: "shop", store }));
    expect(error!.code).toBe("ERR_CLUSTER_UNREACHABLE");
    expect(error!.message).toMatch(/does not take the credentials: role "nobody" does not exist/);
    expect(error!.message).not.toContain("secret");
  });
});

describe.skipIf(!hasNats)("credentials that NATS does not take", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer(["--user", "shop", "--pass", "right"]);
  });
  afterAll(() => server.remove());

  it("are said to be the reason", async () => {
    const store = natsStore({ servers: server.url, connection: { user: "shop", pass: "wrong" } });
    const error = await errorOf(connectCluster({ id: "shop", store }));
    expect(error!.code).toBe("ERR_CLUSTER_UNREACHABLE");
    expect(error!.message).toMatch(/does not take the credentials: .*authorization/i);
    expect(error!.message).not.toContain("wrong");
  });
});

describe("records of another version", () => {
  it("are refused by a node, for good, and by an observer", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf() });
    cluster.crash(0);
    cluster.crash(1);
    const opening = cluster.store.open({ id: "shop", clock: cluster.clock, signal: new AbortController().signal });
    await cluster.advance(10);
    const connection = await opening;
    const found = cluster.store.entries.get("c");
    const value = JSON.stringify({ v: 99, id: "shop" });
    void (found === undefined ? connection.create("c", value) : connection.replace("c", value, found.revision));
    await cluster.advance(10);
    cluster.start(0);
    await cluster.advance(5_000);
    const tree = cluster.node(0);
    expect(tree.status("cluster")).toMatchObject({ state: "failed", error: { code: "ERR_CLUSTER_VERSION" } });
    expect(tree.status("cluster").error!.message).toBe(
      'the records of cluster "shop" have version 99; this program reads 1: update it, or take another id',
    );
    const refused = errorOf(connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock }));
    await cluster.advance(50);
    expect(await refused).toMatchObject({ code: "ERR_CLUSTER_VERSION" });
  });
});

describe("what does not fit together", () => {
  const store = postgresStore({ connectionString: "postgres://127.0.0.1:1/x" });
  it.each<[string, () => unknown, string]>([
    [
      "a deadline longer than the lease",
      () => defineCluster({ id: "a", store, renewDeadlineMs: 30_000 }),
      "leaseDurationMs",
    ],
    [
      "an interval that leaves no room",
      () => defineCluster({ id: "a", store, renewIntervalMs: 13_000 }),
      "renewIntervalMs",
    ],
    ["a retry that is too short", () => defineCluster({ id: "a", store, retryPeriodMs: 100 }), "at least 500"],
    ["a bad id", () => defineCluster({ id: "a/b", store }), "1 to 64 characters"],
    ["no store", () => defineCluster({ id: "a" } as never), "natsStore"],
    ["a misspelt option", () => defineCluster({ id: "a", store, leaseMs: 1 } as never), "leaseMs"],
    [
      "too many shards",
      () => defineShards({ name: "a", cluster: {}, shards: 5_000, service: () => ({}) } as never),
      "1 to 4096",
    ],
    ["no server", () => natsStore({ servers: [] }), "the address of a server"],
    ["two replicas", () => natsStore({ servers: "nats://a", replicas: 2 }), "1, 3 or 5"],
  ])("is refused at the definition: %s", (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_SPEC", message: expect.stringContaining(message) }),
    );
  });

  it("is refused by the tree: a cluster that is no sibling, and a service that is no cluster", async () => {
    const cluster = defineCluster({ id: "a", store });
    const ledger = defineSingleton({ name: "ledger", cluster, service: { name: "w", run: untilStopped } });
    expect(() => createSupervisor({ name: "shop", services: [ledger] })).toThrow(
      expect.objectContaining({ code: "ERR_UNKNOWN_DEPENDENCY" }),
    );
    const simulated = createSimulatedCluster({
      nodes: 1,
      tree(node) {
        const other = { name: "other", run: untilStopped };
        const role = defineSingleton({ name: "ledger", cluster: other as never, service: worker(node) });
        return { name: "shop", services: [other, role] };
      },
    });
    await simulated.advance(100);
    expect(simulated.node(0).status("ledger").error!.message).toContain(
      "must be the service that defineCluster returned",
    );
  });
});

describe("a role that is defined twice", () => {
  it("in one list is refused at once, and in two places of one tree where it stands second", async () => {
    const twice = (node: SimulatedNode): SupervisorSpec => {
      const cluster = clusterOf(node);
      const ledger = () => defineSingleton({ name: "ledger", cluster, service: worker(node) });
      return { name: "shop", services: [cluster, ledger(), ledger()] };
    };
    expect(() => createSimulatedCluster({ nodes: 1, tree: twice })).toThrow(
      expect.objectContaining({ code: "ERR_DUPLICATE_NAME" }),
    );
    const elsewhere = createSimulatedCluster({
      nodes: 2,
      tree(node) {
        const cluster = clusterOf(node);
        const ledger = defineSingleton({ name: "ledger", cluster, service: worker(node) });
        const other = defineShards({ name: "books", cluster, shards: 2, service: () => worker(node) });
        // Its own name, and the role of another.
        return { name: "shop", services: [cluster, ledger, other, { ...ledger, name: "journal" }] };
      },
    });
    await elsewhere.advance(4_000);
    for (const index of [0, 1]) {
      expect(elsewhere.node(index).status("journal")).toMatchObject({
        state: "failed",
        error: {
          code: "ERR_CLUSTER_MISMATCH",
          message: expect.stringContaining('has the role "ledger" already, at shop/ledger'),
        },
      });
      expect(elsewhere.node(index).status("ledger").healthy).toBe(true);
    }
    expect(elsewhere.holders("ledger")).toHaveLength(1);
  });

  it("differently by another node fails there, and works here", async () => {
    const cluster = createSimulatedCluster({
      nodes: 2,
      tree(node) {
        const own = clusterOf(node);
        const kind =
          node.index === 0
            ? defineSingleton({ name: "ledger", cluster: own, service: worker(node) })
            : defineShards({ name: "ledger", cluster: own, shards: 2, service: () => worker(node) });
        return { name: "shop", services: [own, kind] };
      },
    });
    await cluster.advance(5_000);
    const [one, other] = [0, 1].map((index) => cluster.node(index).status("ledger"));
    const failed = one!.state === "failed" ? one! : other!;
    expect(failed.error).toMatchObject({
      code: "ERR_CLUSTER_MISMATCH",
      message: expect.stringContaining("Give it a new name"),
    });
    expect([one!.healthy, other!.healthy].filter(Boolean)).toHaveLength(1);
  });
});

describe("an engine that elects a leader", () => {
  const warningsOf = async (lease: Partial<ClusterSpec>) => {
    const clock = createSimulatedClock();
    const store = createSimulatedStore(clock);
    const electing: ClusterStore = {
      name: "electing",
      open: async (options) => Object.assign(await store.open(options), { electionMs: 10_000 }),
    };
    const warnings: string[] = [];
    const logger: Logger = {
      debug() {},
      info() {},
      warn: (_, text) => void warnings.push(text),
      error() {},
      child: () => logger,
    };
    const cluster = defineCluster({ id: "shop", store: electing, ...lease });
    const tree = createSupervisor({ name: "shop", services: [cluster] }, { clock, logger });
    void tree.start();
    await clock.advance(1_000);
    expect(tree.status("cluster").healthy).toBe(true);
    return warnings;
  };

  it("is warned of where the lease does not bear an election", async () => {
    expect(await warningsOf({})).toEqual([]);
    expect(await warningsOf({ renewDeadlineMs: 12_000 })).toEqual([
      expect.stringMatching(/^an election of the engine may take 10000 ms, .* stops after 9000 ms/),
    ]);
  });
});
