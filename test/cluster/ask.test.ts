// Asking another node of a cluster: its status, why a service of it is as it is, and changes of its tree.

import { describe, expect, it } from "vitest";
import {
  type Cluster,
  type ClusterSpec,
  connectCluster,
  defineSingleton,
  type NodeUpdate,
} from "../../src/cluster/index.ts";
import { defineService, type ServiceContext, type Update } from "../../src/index.ts";
import { createSimulatedCluster, type SimulatedCluster } from "../../src/testing/index.ts";
import { clusterOf, type Given, treeOf, untilStopped } from "./support.ts";

type Looked = SimulatedCluster & { readonly view: Cluster & AsyncDisposable };

async function begin(given: Given = {}, nodes = 3): Promise<Looked> {
  const others: Given["others"] = (node) => [
    { name: "api", run: untilStopped },
    ...(node.index === 0 ? [{ name: "mailer", run: untilStopped }] : []),
    {
      name: "slow",
      stopTimeoutMs: 60_000,
      run: async (ctx: ServiceContext) => {
        await untilStopped(ctx);
        await new Promise((resolve) => cluster.clock.setTimeout(() => resolve(null), 10_000));
      },
    },
  ];
  const cluster: SimulatedCluster = createSimulatedCluster({ nodes, tree: treeOf({ others, ...given }) });
  await cluster.advance(3_000);
  const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
  await cluster.advance(50);
  return Object.assign(cluster, { view: await connecting });
}

/** What a request ends with while time passes: its value, or the code and the message of its error. */
async function outcome<T>(cluster: SimulatedCluster, work: Promise<T>, ms = 3_000): Promise<T | string> {
  let ended: { readonly value: T | string } | null = null;
  work.then(
    (value) => {
      ended = { value: value ?? "done" };
    },
    (error) => {
      ended = { value: `${error.code} ${error.message}` };
    },
  );
  await cluster.advance(ms);
  return (ended as { readonly value: T | string } | null)?.value ?? "pending";
}

const sole = (cluster: SimulatedCluster) => cluster.holders("ledger")[0]!;

describe("status", () => {
  it("has the tree of every member, and the roles", async () => {
    const cluster = await begin();
    const status = await outcome(cluster, cluster.view.status());
    expect(status).toMatchObject({
      id: "shop",
      health: { status: "healthy" },
      roles: [{ name: "ledger", state: "running" }],
      members: [0, 1, 2].map((index) => ({
        node: `n${index}`,
        reached: true,
        error: null,
        tree: { name: "shop", state: "running" },
      })),
    });
  });

  it("has a member that does not answer, not reached, within two seconds", async () => {
    const cluster = await begin();
    cluster.freeze(1);
    const status = await outcome(cluster, cluster.view.status(), 2_100);
    const members = (status as Awaited<ReturnType<Cluster["status"]>>).members.map(({ node, reached }) => [
      node,
      reached,
    ]);
    expect(members).toEqual([
      ["n0", true],
      ["n1", false],
      ["n2", true],
    ]);
  });

  it("can be asked for on a node, too", async () => {
    const cluster = await begin();
    const own = cluster.node(1).use("cluster") as Cluster;
    expect(await outcome(cluster, own.status())).toMatchObject({ members: [{ reached: true }, { reached: true }, {}] });
  });
});

describe("explain", () => {
  it("says where a role runs, and what its node says of it", async () => {
    const cluster = await begin({ shards: 6 });
    expect(await outcome(cluster, cluster.view.explain("ledger"))).toMatchObject({
      node: sole(cluster),
      summary: expect.stringMatching(/^ledger: running on n\d, n\d is next in line; running and healthy for/),
      role: { name: "ledger" },
      service: { path: "shop/ledger/writer", state: "running" },
    });
    expect(await outcome(cluster, cluster.view.explain("inbox/4"))).toMatchObject({
      service: { path: "shop/inbox/4" },
    });
    expect(await outcome(cluster, cluster.view.explain("inbox"))).toMatchObject({
      service: null,
      summary: "inbox: all 6 shards are running",
    });
  });

  it("says why nobody holds a role, and how a node stands to it", async () => {
    const cluster = await begin();
    await outcome(cluster, cluster.view.stopService("ledger"));
    expect(await outcome(cluster, cluster.view.explain("ledger"))).toMatchObject({
      node: null,
      summary: "ledger: stopped in the whole cluster",
    });
    expect(await outcome(cluster, cluster.view.explain("ledger", { node: "n1" }))).toMatchObject({
      node: "n1",
      service: { path: "shop/ledger", summary: expect.stringContaining("here (n1): standby") },
    });
  });

  it("of what is not clustered needs a node, and names those that have it", async () => {
    const cluster = await begin();
    const { view } = cluster;
    expect(await outcome(cluster, view.explain("api"))).toBe(
      "ERR_UNKNOWN_NODE api is not clustered; say on which node: it is on n0, n1, n2",
    );
    expect(await outcome(cluster, view.explain("mailer"))).toContain("it is on n0");
    expect(await outcome(cluster, view.explain("api", { node: "n1" }))).toMatchObject({
      service: { path: "shop/api" },
    });
    expect(await outcome(cluster, view.explain("mailer", { node: "n1" }))).toContain("ERR_UNKNOWN_SERVICE node n1: ");
    expect(await outcome(cluster, view.explain("legder"))).toContain('did you mean "ledger"');
    expect(await outcome(cluster, view.explain("api", { node: "elsewhere" }))).toContain("there are n0, n");
  });
});

describe("a change of another node's tree", () => {
  it("restarts a role where it is held, without a change of hands", async () => {
    const cluster = await begin();
    const [holder, runs] = [sole(cluster), cluster.history.activations.length];
    expect(await outcome(cluster, cluster.view.restartService("shop/ledger"))).toBe("done");
    expect([sole(cluster), cluster.history.activations.length]).toEqual([holder, runs + 1]);
    expect(cluster.history.activations.at(-1)!.token).toBe(cluster.history.activations[0]!.token);
  });

  it("restarts all shards of a set, on all nodes, and one of them alone", async () => {
    const cluster = await begin({ shards: 6 });
    const before = cluster.history.activations.length;
    expect(await outcome(cluster, cluster.view.restartService("inbox"))).toBe("done");
    expect(cluster.history.activations.length).toBe(before + 6);
    expect(await outcome(cluster, cluster.view.restartService("inbox/2"))).toBe("done");
    expect(cluster.history.activations.length).toBe(before + 7);
  });

  it("stops and starts a service of one node", async () => {
    const cluster = await begin();
    expect(await outcome(cluster, cluster.view.stopService("api", { node: "n1" }))).toBe("done");
    expect([0, 1].map((index) => cluster.node(index).status("api").state)).toEqual(["running", "stopped"]);
    expect(await outcome(cluster, cluster.view.startService("api", { node: "n1" }))).toBe("done");
    expect(cluster.node(1).status("api").state).toBe("running");
  });

  it("does not stop the cluster service of a node, nor what contains it: nobody could start it again", async () => {
    const cluster = await begin();
    for (const path of ["cluster", "shop/cluster", "shop"])
      expect(await outcome(cluster, cluster.view.stopService(path, { node: "n1" }))).toMatch(
        /^ERR_NOT_ALLOWED .*ends the membership of node n1/,
      );
    expect(cluster.node(1).status("cluster").state).toBe("running");
  });

  it("takes a node out of the race for a role, until it is started there", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    expect(await outcome(cluster, cluster.view.stopService("ledger", { node: first }))).toBe("done");
    expect(sole(cluster)).not.toBe(first);
    expect(await outcome(cluster, cluster.view.startService("ledger", { node: first }))).toBe("done");
  });

  it("waits as long as it takes, while the node answers", async () => {
    const cluster = await begin();
    const restarted = outcome(cluster, cluster.view.restartService("slow", { node: "n1" }), 9_000);
    expect(await restarted).toBe("pending");
    const again = cluster.view.restartService("slow", { node: "n1" });
    expect(await outcome(cluster, again, 4_000)).toBe("done");
  });

  it("says that nothing was done when the node does not answer", async () => {
    const cluster = await begin();
    cluster.freeze(1);
    const { view } = cluster;
    expect(await outcome(cluster, view.restartService("api", { node: "n1" }))).toMatch(
      /^ERR_NODE_UNREACHABLE node n1 /,
    );
    cluster.wake(1);
    await cluster.advance(1_000);
    expect(cluster.node(1).status("api").incarnation).toBe(1);
  });

  it("says that its outcome is unknown when the node falls silent meanwhile", async () => {
    const cluster = await begin();
    const work = cluster.view.restartService("slow", { node: "n1" });
    expect(await outcome(cluster, work, 5_000)).toBe("pending");
    cluster.freeze(1);
    expect(await outcome(cluster, work)).toMatch(/^ERR_OUTCOME_UNKNOWN node n1 does not answer/);
  });

  it("has the error of that node", async () => {
    const cluster = await begin();
    expect(await outcome(cluster, cluster.view.restartService("nothing", { node: "n2" }))).toMatch(
      /^ERR_UNKNOWN_SERVICE node n2: /,
    );
    await outcome(cluster, cluster.view.stopService("ledger"));
    expect(await outcome(cluster, cluster.view.restartService("ledger"))).toBe(
      "ERR_NO_NODE no node runs ledger: stopped in the whole cluster",
    );
  });
});

describe("control", () => {
  it.each([
    ["read", { explain: "shop/api", restart: 'n1: it does not let others restart its services (control: "read")' }],
    ["none", { explain: "does not let others explain", restart: "does not let others restart" }],
  ] as const)("%s: what may be asked", async (control, expected) => {
    const cluster = await begin({ more: { control } });
    const explained = await outcome(cluster, cluster.view.explain("api", { node: "n1" }));
    expect(JSON.stringify(explained)).toContain(expected.explain);
    const restarted = await outcome(cluster, cluster.view.restartService("api", { node: "n1" }));
    expect(restarted).toContain("ERR_NOT_ALLOWED");
    expect(restarted).toContain(expected.restart);
    // What is in the records is the cluster's own.
    expect(await outcome(cluster, cluster.view.move("ledger"))).toBe("done");
  });

  it("must be one of three", () => {
    const make = (control: ClusterSpec["control"]) =>
      createSimulatedCluster({ nodes: 1, tree: (node) => ({ name: "a", services: [clusterOf(node, { control })] }) });
    expect(() => make("off" as "none")).toThrow('control must be one of "full", "read", "none"');
  });
});

describe("a node", () => {
  it("answers nonsense with an error, and goes on", async () => {
    const cluster = await begin();
    const opening = cluster.store.open({ id: "shop", clock: cluster.clock, signal: new AbortController().signal });
    await cluster.advance(10);
    const connection = await opening;
    const { session } = cluster.view.members()[0]!;
    const address = session.replaceAll("_", "_5f");
    for (const text of [
      "",
      "no",
      "null",
      "[]",
      '{"v":9}',
      '{"v":1,"verb":"constructor"}',
      '{"v":1,"verb":"status","path":7}',
    ]) {
      expect(await outcome(cluster, connection.ask(address, text, 1_000)), text).toContain('"ok":false');
    }
    expect(await outcome(cluster, connection.ask(address, '{"v":1,"verb":"result","ticket":"77"}', 1_000))).toContain(
      "ERR_OUTCOME_UNKNOWN",
    );
    expect(await outcome(cluster, cluster.view.status())).toMatchObject({ members: [{ reached: true }, {}, {}] });
  });

  it("is found by the name of a role that stands elsewhere in its tree", async () => {
    const tree = createSimulatedCluster({
      nodes: 2,
      tree(node) {
        const cluster = clusterOf(node);
        const ledger = defineSingleton({
          name: "ledger",
          cluster,
          service: defineService({ name: "w", run: untilStopped }),
        });
        return { name: "shop", services: [{ name: "back", services: [cluster, ledger] }] };
      },
    });
    await tree.advance(3_000);
    const connecting = connectCluster({ id: "shop", store: tree.store, clock: tree.clock });
    await tree.advance(50);
    const view = await connecting;
    expect(await outcome(tree, view.explain("ledger"))).toMatchObject({ service: { path: "shop/back/ledger/w" } });
  });
});

describe("the updates of nodes", () => {
  const briefly = (updates: readonly NodeUpdate[]) =>
    updates.map(({ node, update }) => `${node} ${update?.path} ${update?.to}`);

  async function read(cluster: Looked, nodes: readonly string[], view: Cluster = cluster.view) {
    const told: NodeUpdate[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const update of view.updates({ nodes, signal: abort.signal }))
        if (update.type === "node") told.push(update);
    })();
    await cluster.advance(100);
    return { told, abort, reading };
  }

  it("come with those of the cluster, as those nodes tell them, and from no other", async () => {
    const cluster = await begin();
    const { told, abort, reading } = await read(cluster, ["n1", "n2"]);
    const own: Update[] = [];
    cluster.node(1).on("status", (update) => own.push(update));
    for (const index of [0, 1]) void cluster.node(index).restartService("api");
    await cluster.advance(2_000);
    const states = told.filter(({ update }) => update?.type === "status");
    expect(states.length).toBeGreaterThan(3);
    expect(new Set(states.map(({ node }) => node))).toEqual(new Set(["n1"]));
    expect(briefly(states)).toEqual(own.map((update) => `n1 ${update.path} ${"to" in update ? update.to : ""}`));
    abort.abort();
    await reading;
    const count = told.length;
    void cluster.node(1).restartService("api");
    await cluster.advance(15_000);
    expect(told.length).toBe(count);
  });

  it("come once each though answers are lost, and go on when the node has joined again", async () => {
    const cluster = await begin();
    const { told } = await read(cluster, ["n1"]);
    const own: Update[] = [];
    cluster.node(1).on("status", (update) => update.path === "shop/api" && own.push(update));
    cluster.store.cut("n1");
    void cluster.node(1).restartService("api");
    await cluster.advance(1_000);
    cluster.store.heal("n1");
    void cluster.node(1).restartService("api");
    await cluster.advance(6_000);
    const states = () => told.filter(({ update }) => update?.type === "status" && update.path === "shop/api");
    expect(own.length).toBeGreaterThan(4);
    expect(states().map(({ update }) => update!.seq)).toEqual(own.map(({ seq }) => seq));
    cluster.crash(1);
    await cluster.advance(5_000);
    cluster.start(1);
    await cluster.advance(5_000);
    const before = states().length;
    void cluster.node(1).restartService("api");
    await cluster.advance(2_000);
    expect(states().length).toBeGreaterThan(before);
  });

  it("are refused by a node that lets nobody look, and for a node that is not there", async () => {
    const cluster = await begin({ more: { control: "none" } });
    const { told } = await read(cluster, ["n1"]);
    await cluster.advance(1_000);
    expect(told).toEqual([
      expect.objectContaining({ node: "n1", update: null, error: expect.stringContaining("control") }),
    ]);
    expect(() => cluster.view.updates({ nodes: ["n7"] })).toThrow("no node of the cluster is named");
  });
});
