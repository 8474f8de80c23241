// A role of a cluster in the inspector: the tree says that it is one, and the explanation where it runs.

import { describe, expect, it } from "vitest";
import { describeTree } from "../../src/index.ts";
import { serveInspector } from "../../src/inspector/index.ts";
import { Recorder } from "../../src/inspector/record/recorder.ts";
import { chartKeyOf, fold, type Moment, toMoment } from "../../src/inspector/shared/history.ts";
import { parseRecording } from "../../src/inspector/shared/parse-recording.ts";
import type { Recording } from "../../src/inspector/shared/protocol.ts";
import { History } from "../../src/inspector/ui/model/history.ts";
import { describeEntry, kindsOf } from "../../src/inspector/ui/model/wording.ts";
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
        new RegExp(
          `^in the cluster: running on ${holder} since [-\\dT:]+Z, token \\d+; here \\(n${standby}\\): standby, next in line$`,
        ),
      ),
      `2 of 4 shards are on this node (n${standby})`,
      expect.stringMatching(/^node n\d, a member for \d+ s, last renewal [\d.]+ s ago, lease valid for [\d.]+ s$/),
      null,
    ]);
  });

  it("tells in a recording where it ran at each moment, and why it moved", async () => {
    const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf({ shards: 4 }) });
    await cluster.advance(3_000);
    const holder = Number(cluster.holders("ledger")[0]!.slice(1));
    const watched = (holder + 1) % 3;
    const options = { historySize: 1_000, messages: false, include: new Set<never>() };
    const recorder = new Recorder(cluster.node(watched), options);
    cluster.crash(holder);
    await cluster.advance(5_000);
    const recording = parseRecording(JSON.stringify(recorder.record())) as Recording;
    const noteAt = (moment: Moment) => moment.rows.get("shop/ledger")!.note;
    const moment = toMoment(recording.base);
    expect(noteAt(moment)).toContain(`running on n${holder} since `);
    for (const entry of recording.entries) fold(moment, entry);
    const next = cluster.holders("ledger")[0]!;
    expect(noteAt(moment)).toContain(`running on ${next} since `);
    const told = recording.entries.filter(({ path, kind }) => path === "shop/ledger" && kind === "role");
    expect(told.map(describeEntry)).toEqual([
      "in the cluster: ledger free (lease-lost)",
      expect.stringMatching(
        new RegExp(`^in the cluster: ledger starting on ${next} \\(taken-over, nobody's for .*\\)$`),
      ),
      `in the cluster: ledger running on ${next} (up)`,
    ]);
    const members = recording.entries.filter(({ kind }) => kind === "member");
    expect(members.map(({ path }) => path)).toEqual(["shop/cluster", "shop/cluster"]);
    expect(members.map(describeEntry)).toEqual([`node n${holder} silent (silent)`, `node n${holder} gone (expelled)`]);
    // Why the role was not up is a reason, and no error.
    const unwell = recording.entries.filter((entry) => entry.kind === "service-health" && !entry.healthy);
    expect(unwell.map(({ path }) => path)).toContain("shop/ledger");
    expect(unwell.map(describeEntry)).toContainEqual(expect.stringMatching(/^not healthy: ledger: /));
    expect(unwell.filter((entry) => kindsOf(entry).includes("errors"))).toEqual([]);
    expect(History.fromRecording(recording).errorsAt(null)).toEqual([]);
    recorder.close();
  });

  it("has the chart of a role that has run elsewhere from the beginning", async () => {
    const cluster = createSimulatedCluster({ nodes: 2, tree: treeOf({ shards: 4 }) });
    await cluster.advance(3_000);
    const standby = 1 - Number(cluster.holders("ledger")[0]!.slice(1));
    const recorder = new Recorder(cluster.node(standby), { historySize: 100, messages: true, include: new Set() });
    expect(recorder.live.charts.get(chartKeyOf("shop/ledger", "actor"))).toMatchObject({
      chart: "role",
      value: "standby",
    });
    recorder.close();
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
