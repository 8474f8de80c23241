// What a cluster says of its changes: `on` and `updates()` of its handle, from outside and from a node.

import { describe, expect, it } from "vitest";
import type { Cluster, ClusterUpdate, RoleUpdate } from "../../src/cluster/index.ts";
import type { Update } from "../../src/index.ts";
import { createSimulatedCluster } from "../../src/testing/index.ts";
import { treeOf, untilStopped } from "./support.ts";
import { begin, sole } from "./watched.ts";

const briefly = (updates: readonly ClusterUpdate[]) =>
  updates.map((one) =>
    one.type === "member" ? `${one.node} ${one.to} ${one.because}` : `${one.path} ${one.to} ${one.because}`,
  );

describe("the updates of a cluster", () => {
  it("tell the stop of a node: handed over, up elsewhere, left", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    void cluster.stop(first);
    await cluster.advance(1_000);
    const kinds = briefly(cluster.seen);
    expect(kinds).toContain("ledger running up");
    expect(kinds).toContain(`n${first} gone left`);
    const taken = cluster.seen.find((one): one is RoleUpdate => one.type === "role" && one.token !== null)!;
    expect(cluster.seen.filter((one) => one.type === "role").map(({ because }) => because)).toContain("handed-over");
    expect(taken.because).toBe("handed-over");
  });

  it("tell the death of a node: silent, expelled, the lease lost, taken over, with how long it was nobody's", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    cluster.crash(first);
    await cluster.advance(4_500);
    const kinds = briefly(cluster.seen);
    expect(kinds.slice(0, 2)).toEqual([`n${first} silent silent`, `n${first} gone expelled`]);
    const taken = cluster.seen.find((one) => one.type === "role" && one.because === "taken-over") as RoleUpdate;
    expect(taken).toMatchObject({ path: "ledger", role: "ledger", shard: null, node: `n${sole(cluster)}` });
    expect(kinds.at(-1)).toBe("ledger running up");
  });

  it("tell a move, a stop and a start by hand, and a drain", async () => {
    const cluster = await begin();
    const to = (sole(cluster) + 1) % 3;
    void cluster.view.move("ledger", { to: `n${to}` });
    await cluster.advance(1_000);
    expect(briefly(cluster.seen)).toContain("ledger starting moved");
    cluster.seen.length = 0;
    void cluster.view.stopService("ledger");
    await cluster.advance(1_000);
    void cluster.view.startService("ledger");
    await cluster.advance(3_000);
    expect(briefly(cluster.seen).map((one) => one.split(" ")[2])).toEqual(["stopped", "started", "claimed", "up"]);
    cluster.seen.length = 0;
    void cluster.view.drain(`n${sole(cluster)}`);
    await cluster.advance(1_000);
    expect(briefly(cluster.seen)[0]).toMatch(/^n\d draining drained$/);
  });

  it("tell a service that fails on one node and is tried on another", async () => {
    let isBroken = false;
    const tree = treeOf({
      service: (node) =>
        node.recorded({
          name: "writer",
          restart: { initialBackoffMs: 10, jitter: false },
          run: async (ctx) => {
            if (isBroken && node.name === broken) throw new Error("the disk is full");
            await untilStopped(ctx);
          },
        }),
    });
    const cluster = await begin(tree);
    const broken = `n${sole(cluster)}`;
    isBroken = true;
    void cluster
      .node(sole(cluster))
      .restartService("ledger")
      .catch(() => {});
    await cluster.advance(3_000);
    expect(briefly(cluster.seen)).toEqual(expect.arrayContaining(["ledger running up"]));
    expect(cluster.seen.some((one) => one.type === "role" && one.because === "failed-there")).toBe(true);
  });

  it("are numbered without a gap, read as they come, and end with the handle", async () => {
    const cluster = await begin();
    const read: ClusterUpdate[] = [];
    const reading = (async () => {
      for await (const update of cluster.view.updates()) if (update.type !== "dropped") read.push(update);
    })();
    void cluster.stop(sole(cluster));
    await cluster.advance(1_000);
    await cluster.view[Symbol.asyncDispose]();
    await reading;
    expect(read.map(({ seq }) => seq)).toEqual(read.map((_, index) => index + 1));
    expect(read).toEqual(cluster.seen);
  });

  it("tell one who listens on a node the same, until its session ends", async () => {
    const cluster = await begin();
    const other = (sole(cluster) + 1) % 3;
    const own: string[] = [];
    const listened = cluster.node(other).use("cluster") as Cluster;
    const iterator = listened.updates();
    listened.on("role", ({ because }) => own.push(because));
    void cluster.stop(sole(cluster));
    await cluster.advance(1_000);
    expect(own).toContain("up");
    void cluster.stop(other);
    await cluster.advance(1_000);
    await iterator.return!();
    own.length = 0;
    await cluster.advance(3_000);
    expect(own).toEqual([]);
  });

  it("end with their signal, and refuse what they do not know", async () => {
    const cluster = await begin();
    const { view } = cluster;
    expect(() => view.on("membr" as "member", () => {})).toThrow('did you mean "member"');
    expect(() => view.on("member", undefined as never)).toThrow("listener must be a function");
    expect(() => view.updates({ bufferSize: 0 })).toThrow("bufferSize");
    const abort = new AbortController();
    const reader = view.updates({ signal: abort.signal });
    abort.abort();
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });
});

describe("the tree of a node", () => {
  it("publishes the same of its cluster, with the paths of what stands for it", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf({ shards: 6 }) });
    await cluster.advance(3_000);
    const first = sole(cluster);
    const other = (first + 1) % 3;
    const tree = cluster.node(other);
    const handle = tree.use("cluster") as Cluster;
    const [own, theirs]: [Update[], ClusterUpdate[]] = [[], []];
    tree.on("role", (update) => own.push(update));
    tree.on("member", (update) => own.push(update));
    handle.on("update", (update) => theirs.push(update));
    cluster.crash(first);
    await cluster.advance(5_000);
    const bare = (update: Update | ClusterUpdate) => ({ ...update, seq: 0, at: 0, path: "" });
    expect(own.length).toBeGreaterThan(5);
    expect(own.map(bare)).toEqual(theirs.map(bare));
    const pathsOf = (type: Update["type"]) => new Set(own.flatMap((one) => (one.type === type ? [one.path] : [])));
    expect([...pathsOf("member")]).toEqual(["shop/cluster"]);
    expect([...pathsOf("role")].sort()).toEqual(["shop/inbox", "shop/ledger"]);
    const numbers = own.map(({ seq }) => seq);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it("tells what happened while its session was lost, once it has joined again", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf() });
    await cluster.advance(3_000);
    const first = sole(cluster);
    const updates: Update[] = [];
    cluster.node(first).on("*", (update) => updates.push(update));
    cluster.store.cut(`n${first}`);
    await cluster.advance(5_000);
    cluster.store.heal(`n${first}`);
    await cluster.advance(12_000);
    const next = `n${sole(cluster)}`;
    expect(next).not.toBe(`n${first}`);
    const told = updates.filter((one) => one.type === "role" && one.node === next);
    expect(told.length).toBeGreaterThan(0);
    expect(cluster.node(first).status("ledger").role).toMatchObject({ node: next, state: "running" });
  });

  it("has the role in the status of what stands for it", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf({ shards: 4 }) });
    await cluster.advance(3_000);
    const holder = cluster.holders("ledger")[0]!;
    const tree = cluster.node(1 - Number(holder.slice(1)));
    expect(tree.status("ledger").role).toMatchObject({
      name: "ledger",
      shard: null,
      state: "running",
      healthy: true,
      node: holder,
      because: `running on ${holder}`,
    });
    expect(tree.status("inbox").role).toMatchObject({
      state: "running",
      node: null,
      token: null,
      because: "all 4 shards are running",
    });
    expect(tree.status("cluster")).not.toHaveProperty("role");
    expect(tree.status()).not.toHaveProperty("role");
  });

  it("and the cluster tell of a service that does not stop in time that it is stuck, and where", async () => {
    const tree = treeOf({
      service: (node) => node.recorded({ name: "writer", stopTimeoutMs: 100, run: () => new Promise(() => {}) }),
    });
    const cluster = await begin(tree);
    const first = sole(cluster);
    void cluster.view.move("ledger", { to: `n${(first + 1) % 3}` }).catch(() => {});
    await cluster.advance(2_000);
    expect(briefly(cluster.seen)).toContain("ledger stopping stuck");
    const because = `stuck on n${first}: it did not stop in time; end that process to let another node take it`;
    expect(cluster.view.roles()[0]).toMatchObject({ node: `n${first}`, because });
    expect(cluster.node((first + 1) % 3).explain("ledger").note).toContain(because);
  });
});
