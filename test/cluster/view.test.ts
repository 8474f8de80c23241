// What a cluster shows of its members and roles: names, states, health, and why a role is where it is.

import { describe, expect, it } from "vitest";
import { defineSingleton } from "../../src/cluster/index.ts";
import type { SimulatedCluster, SimulatedNode } from "../../src/testing/index.ts";
import { clusterOf, treeOf, untilStopped, worker } from "./support.ts";
import { begin, sole, type Watched } from "./watched.ts";

async function settle<T>(cluster: SimulatedCluster, promise: Promise<T>): Promise<T> {
  await cluster.advance(500);
  return promise;
}

describe("two members of one name", () => {
  const alike = () => begin(treeOf({ more: { node: { name: "twin" } } }), 2);

  it("are shown apart: the newest has the name, the older one a number", async () => {
    const cluster = await alike();
    cluster.crash(0);
    cluster.start(0);
    await cluster.advance(500);
    const [old, other, newest] = [...cluster.view.members()].sort((a, b) => a.startedAt - b.startedAt);
    expect([newest, other, old].map((one) => one!.shownAs)).toEqual(
      expect.arrayContaining(["twin", "twin~2", "twin~3"]),
    );
    expect(newest!.shownAs).toBe("twin");
    expect([newest, other, old].map((one) => one!.node)).toEqual(["twin", "twin", "twin"]);
    await cluster.advance(5_000);
    const left = cluster.view.members().filter(({ state }) => state !== "gone");
    expect(left.map(({ shownAs }) => shownAs).sort()).toEqual(["twin", "twin~2"]);
  });

  it("are asked by these names, and a role says on which of them it runs", async () => {
    const cluster = await alike();
    const [role] = cluster.view.roles();
    const holder = cluster.view.members().find(({ session }) => session === role!.session)!;
    expect(role).toMatchObject({ node: "twin", because: `running on ${holder.shownAs}` });
    const standby = cluster.view.members().find(({ session }) => session !== role!.session)!;
    const [here, there] = await settle(
      cluster,
      Promise.all([holder, standby].map(({ shownAs }) => cluster.view.explain("cluster", { node: shownAs }))),
    );
    expect([here!.node, there!.node]).toEqual([holder.shownAs, standby.shownAs]);
    await settle(cluster, cluster.view.restartService("ledger", { node: holder.shownAs }));
    await expect(cluster.view.explain("ledger", { node: "twin~3" })).rejects.toMatchObject({
      code: "ERR_UNKNOWN_NODE",
    });
  });
});

describe("the state of a role", () => {
  it("is stopping while its service takes its time to stop", async () => {
    const slow = (node: SimulatedNode) =>
      node.recorded({
        name: "writer",
        run: async (ctx) => {
          await untilStopped(ctx);
          await new Promise<void>((resolve) => cluster.clock.setTimeout(() => resolve(), 1_000));
        },
      });
    const cluster: Watched = await begin(treeOf({ service: slow }));
    const first = sole(cluster);
    void cluster.view.move("ledger", { to: `n${(first + 1) % 3}` });
    await cluster.advance(700);
    expect(cluster.view.roles()[0]).toMatchObject({
      state: "stopping",
      healthy: false,
      node: `n${first}`,
      because: `stopping on n${first}`,
    });
    await cluster.advance(2_000);
    expect(cluster.seen.filter((one) => one.type === "role").map((one) => [one.to, one.because])).toEqual([
      ["stopping", "down"],
      ["free", "moved"],
      ["starting", "moved"],
      ["running", "up"],
    ]);
  });

  it("is backoff while it waits for its next attempt, on its node or on another", async () => {
    let isBroken = false;
    const broken = (node: SimulatedNode) =>
      node.recorded({
        name: "writer",
        restart: { initialBackoffMs: 1_000, multiplier: 2, jitter: false },
        readyOn: "signal",
        run: async (ctx) => {
          if (isBroken) await ctx.sleep(300).then(() => Promise.reject(new Error("the disk is full")));
          ctx.ready(null);
          await untilStopped(ctx);
        },
      });
    const cluster = await begin(treeOf({ service: broken }));
    const first = sole(cluster);
    isBroken = true;
    void cluster
      .node(first)
      .restartService("ledger/writer")
      .catch(() => {});
    await cluster.advance(800);
    const waits = "it has failed, and waits for its next attempt on";
    expect(cluster.view.roles()[0]).toMatchObject({
      state: "backoff",
      node: `n${first}`,
      because: `${waits} n${first}`,
    });
    await cluster.advance(3_600);
    const [role] = cluster.view.roles();
    expect(role).toMatchObject({ state: "backoff", node: null, session: null, grantedAt: null, failures: 3 });
    const others = ["n0", "n1", "n2"].filter((name) => name !== `n${first}`);
    expect(role!.because).toBe(
      `it failed on n${first}, and waits 4000 ms for its next attempt, on ${others.join(", ")}`,
    );
    isBroken = false;
    await cluster.advance(15_000);
    expect(cluster.view.roles()[0]).toMatchObject({ state: "running", failures: 3, avoid: [`n${first}`] });
    expect(cluster.seen.filter((one) => one.type === "role").map((one) => `${one.to} ${one.because}`)).toEqual([
      "starting down",
      "backoff down",
      "starting restarted",
      "backoff down",
      "starting restarted",
      "backoff failed-there",
      "starting failed-there",
      "running up",
    ]);
  });

  it("is backoff here and then there: the change of hands is told, and who could take it is not", async () => {
    let isBroken = false;
    const broken = (node: SimulatedNode) =>
      node.recorded({
        name: "writer",
        restart: { initialBackoffMs: 1_000, multiplier: 2, jitter: false },
        run: async (ctx) => {
          if (isBroken) throw new Error("the disk is full");
          await untilStopped(ctx);
        },
      });
    const cluster = await begin(treeOf({ service: broken }));
    const first = sole(cluster);
    isBroken = true;
    void cluster
      .node(first)
      .restartService("ledger/writer")
      .catch(() => {});
    await cluster.advance(3_200);
    for (const node of ["n0", "n1", "n2"]) await settle(cluster, cluster.view.drain(node, { force: true }));
    expect(cluster.view.roles()[0]).toMatchObject({
      state: "free",
      because: expect.stringMatching("no node qualifies"),
    });
    await settle(cluster, cluster.view.undrain("n0"));
    expect(cluster.view.roles()[0]).toMatchObject({ state: "backoff", node: null });
    expect(cluster.seen.filter((one) => one.type === "role").map((one) => `${one.to} ${one.because}`)).toEqual([
      "backoff down",
      "backoff failed-there",
    ]);
  });

  it("names the label that a node lacks, and which is draining", async () => {
    const tree = (node: SimulatedNode) => {
      const cluster = clusterOf(node, { node: { name: node.name, labels: node.index === 2 ? { disk: "ssd" } : {} } });
      const placement = { labels: { disk: "ssd" } };
      return {
        name: "shop",
        services: [cluster, defineSingleton({ name: "ledger", cluster, service: worker(node), placement })],
      };
    };
    const cluster = await begin(tree);
    expect(cluster.view.roles()[0]).toMatchObject({ node: "n2", state: "running" });
    cluster.crash(2);
    await cluster.advance(4_000);
    await settle(cluster, cluster.view.drain("n1"));
    expect(cluster.view.roles()[0]).toMatchObject({
      node: null,
      state: "free",
      because: "no node qualifies: n0 lacks the label disk=ssd, n1 is draining",
    });
  });
});

describe("a role that is held", () => {
  it("has the time of its grant, and the node that would take it next takes it next", async () => {
    const cluster = await begin();
    const first = sole(cluster);
    const { token, grantedAt } = cluster.view.roles()[0]!;
    expect(grantedAt).toBe(token);
    const { summary } = await settle(cluster, cluster.view.explain("ledger"));
    const [, next] = /running on n\d, (n\d) is next in line/.exec(summary)!;
    const notes = [0, 1, 2].map((index) => cluster.node(index).explain("ledger").note!);
    expect(notes.map((note) => note.endsWith("next in line"))).toEqual([0, 1, 2].map((index) => `n${index}` === next));
    expect(notes[first]).toMatch(
      /^in the cluster: running on n\d since 1970-01-01T00:16:4\dZ, token \d+; here \(n\d\): /,
    );
    cluster.crash(first);
    await cluster.advance(5_000);
    expect(cluster.holders("ledger")).toEqual([next]);
  });
});

describe("the health of a cluster", () => {
  it("is unhealthy while a critical role is not up, and degraded while another is not", async () => {
    for (const critical of [true, false]) {
      const hangs = (node: SimulatedNode) =>
        node.recorded({
          name: "writer",
          readyOn: "signal",
          run: async (ctx) => {
            if (!isBroken) ctx.ready(null);
            await untilStopped(ctx);
          },
        });
      let isBroken = false;
      const cluster = await begin(treeOf({ critical, service: hangs }));
      expect(cluster.view.health()).toEqual({ status: "healthy", roles: 1, down: [] });
      isBroken = true;
      cluster.crash(sole(cluster));
      await cluster.advance(6_000);
      expect(cluster.view.health()).toEqual({
        status: critical ? "unhealthy" : "degraded",
        roles: 1,
        down: ["ledger"],
      });
    }
  });
});
