// A role of a cluster in the inspector: the tree says that it is one, and the explanation where it runs.

import { describe, expect, it } from "vitest";
import { describeTree } from "../../src/index.ts";
import { serveInspector } from "../../src/inspector/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { chartKeyOf } from "../../src/inspector/shared/history.ts";
import { createSimulatedCluster } from "../../src/testing/index.ts";
import { treeOf } from "../cluster/support.ts";

describe("a role of a cluster", () => {
  it("is told in the description, and nothing else is", async () => {
    const cluster = createSimulatedCluster({
      nodes: 1,
      tree: treeOf({ shards: 2, others: () => [{ name: "sub", services: [] }] }),
    });
    const tree = cluster.node(0).describe();
    expect(tree.services.filter((one) => "isRole" in one).map(({ path }) => path)).toEqual([
      "shop/ledger",
      "shop/inbox",
    ]);
    expect(describeTree({ name: "a", services: [{ name: "sub", services: [] }] }).services[0]).not.toHaveProperty(
      "isRole",
    );
  });

  it("has a note that says on which node it runs, as the page asks for it", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf({ shards: 4 }) });
    await cluster.advance(3_000);
    const holder = cluster.holders("ledger")[0]!;
    const standby = 1 - Number(holder.slice(1));
    const { url, close } = await serveInspector(cluster.node(standby));
    const token = new URL(url).hash.replace("#token=", "");
    const paths = ["shop/ledger", "shop/inbox", "shop/cluster", "shop"].map((path) => `path=${path}`).join("&");
    const response = await fetch(new URL(`./api/explain?${paths}`, url), {
      headers: { authorization: `Bearer ${token}` },
    });
    const notes = ((await response.json()) as { note: string | null }[]).map(({ note }) => note);
    await close();
    expect(notes).toEqual([
      expect.stringMatching(
        new RegExp(`^in the cluster: running on ${holder}, token \\d+; here \\(n${standby}\\): standby$`),
      ),
      `2 of 4 shards are on this node (n${standby})`,
      expect.stringMatching(/^node n\d, last renewal [\d.]+ s ago, lease valid for [\d.]+ s$/),
      null,
    ]);
  });

  it("has the charts of its role and of the membership, from before the recording on, without the renewals", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf({ shards: 4 }) });
    await cluster.advance(3_000);
    const holder = Number(cluster.holders("ledger")[0]!.slice(1));
    const recorder = new Recorder(cluster.node(holder), { historySize: 100, messages: true, include: new Set() });
    const stateOf = (path: string) => recorder.live.charts.get(chartKeyOf(path, "actor"));
    const held = [0, 1, 2, 3].filter((shard) => cluster.holders(`inbox/${shard}`)[0] === `n${holder}`).map(String);
    expect(stateOf("shop/cluster")).toMatchObject({
      chart: "membership",
      value: { duty: "up", session: { member: "fresh" } },
    });
    expect(stateOf("shop/ledger")).toMatchObject({ chart: "role", value: { active: "up" } });
    expect(Object.keys(stateOf("shop/inbox")!.children!).sort()).toEqual(held);
    expect(Object.keys(recorder.record().charts)).toEqual(expect.arrayContaining(["membership", "role"]));
    const before = recorder.record().entries.length;
    await cluster.advance(10_000);
    expect(recorder.record().entries.length).toBe(before);
    void cluster.node(holder).stopService("ledger");
    await cluster.advance(500);
    const steps = recorder
      .record()
      .entries.flatMap((entry) =>
        entry.kind === "step" && entry.path === "shop/ledger" && entry.role === "actor"
          ? [JSON.stringify(entry.value)]
          : [],
      );
    expect(steps.slice(-3)).toEqual(['{"steppingDown":"stopping"}', '{"steppingDown":"releasing"}', '"standby"']);
    recorder.close();
  });
});
