// The health endpoints and metrics of a node of a cluster: a standby is ready, a lost lease is seen, and nothing restarts.

import { describe, expect, it } from "vitest";
import { createHealthHandler } from "../../src/http/index.ts";
import { createSupervisor } from "../../src/index.ts";
import { createSimulatedClock, createSimulatedCluster, type SimulatedCluster } from "../../src/testing/index.ts";
import { quick, treeOf, untilStopped } from "../cluster/support.ts";
import { parseStrictly } from "./strict-parser.ts";

type Get = (path: string, accept?: string) => Promise<{ readonly status: number; readonly text: string }>;

interface Stage {
  readonly cluster: SimulatedCluster;
  /** The index of the node that holds the ledger, and of another. */
  readonly holder: number;
  readonly standby: number;
  readonly get: (index: number) => Get;
}

async function begin(more: Parameters<typeof treeOf>[0] = {}): Promise<Stage> {
  const api = { name: "api", run: untilStopped };
  const cluster = createSimulatedCluster({ nodes: 3, tree: treeOf({ shards: 6, others: () => [api], ...more }) });
  const handlers = [0, 1, 2].map((index) => createHealthHandler(cluster.node(index), { cluster: "cluster" }));
  await cluster.advance(4_000);
  const holder = Number(cluster.holders("ledger")[0]!.slice(1));
  return {
    cluster,
    holder,
    standby: (holder + 1) % 3,
    get:
      (index) =>
      async (path, accept = "*/*") => {
        const response = handlers[index]!.fetch(new Request(`http://localhost${path}`, { headers: { accept } }));
        return { status: response.status, text: await response.text() };
      },
  };
}

describe("a standby", () => {
  it("is ready, and so is the role of which it runs nothing", async () => {
    const { get, standby } = await begin();
    expect(await get(standby)("/readyz")).toEqual({ status: 200, text: "ok\n" });
    expect(await get(standby)("/readyz/ledger")).toEqual({ status: 200, text: "ok\n" });
    expect(JSON.parse((await get(standby)("/health")).text)).toMatchObject({
      status: "pass",
      checks: { "shop/cluster:state": [{ status: "pass" }], "shop/ledger:state": [{ status: "pass" }] },
    });
  });
});

describe("a node whose lease is lost", () => {
  it("stays alive and ready for what is not clustered, and says what is not well", async () => {
    const { cluster, get, holder } = await begin();
    cluster.store.cut(`n${holder}`);
    await cluster.advance(quick.renewDeadlineMs + 1_500);
    expect(await get(holder)("/livez")).toEqual({ status: 200, text: "ok\n" });
    expect(await get(holder)("/readyz")).toEqual({ status: 200, text: "degraded\n" });
    expect((await get(holder)("/readyz/ledger")).status).toBe(503);
    expect((await get(holder)("/readyz?verbose")).text).toMatch(
      /\[-\] shop\/cluster .*simulated store.*\(not critical\)/,
    );
    const health = JSON.parse((await get(holder)("/health")).text);
    expect(health).toMatchObject({ status: "warn", checks: { "shop/api:state": [{ status: "pass" }] } });
    expect(health.checks["shop/cluster:state"][0]).toMatchObject({ status: "warn" });
    const { status, text } = await get(holder)("/cluster");
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { isMember: false, because: expect.stringContaining("simulated store") },
    ]);
  });

  it("is not ready when the program says that the role is critical", async () => {
    const { cluster, get, holder } = await begin({ critical: true });
    cluster.store.cut(`n${holder}`);
    await cluster.advance(quick.renewDeadlineMs + 500);
    expect((await get(holder)("/readyz")).status).toBe(503);
    expect((await get(holder)("/livez")).status).toBe(200);
    cluster.store.heal(`n${holder}`);
    await cluster.advance(15_000);
    expect(await get(holder)("/readyz")).toEqual({ status: 200, text: "ok\n" });
  });
});

describe("/cluster", () => {
  it("has the members, the roles and this node's meters", async () => {
    const { get, holder, standby } = await begin();
    const { status, text } = await get(standby)("/cluster");
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      {
        id: "shop",
        node: `n${standby}`,
        isMember: true,
        health: { status: "healthy" },
        members: [{ node: "n0", state: "up" }, { node: "n1" }, { node: "n2" }],
        meters: { leasesLost: 0, stuck: [] },
      },
    ]);
    expect(JSON.parse(text).roles.find(({ name }: { name: string }) => name === "ledger").node).toBe(`n${holder}`);
  });

  it("is no path of a tree without a cluster, and a wrong option is refused when it is asked for", async () => {
    const supervisor = createSupervisor(
      { name: "a", services: [{ name: "b", run: untilStopped }] },
      { clock: createSimulatedClock() },
    );
    const ask = async (handler: ReturnType<typeof createHealthHandler>) => {
      const response = handler.fetch(new Request("http://localhost/cluster"));
      return [response.status, await response.text()];
    };
    expect((await ask(createHealthHandler(supervisor)))[0]).toBe(404);
    await supervisor.start();
    expect(() => createHealthHandler(supervisor, { cluster: "b" })).toThrow(
      "cluster must be what defineCluster returned",
    );
  });
});

describe.for(["prometheus", "openmetrics"] as const)("the metrics of a cluster in the format of %s", (format) => {
  it("tell members, leases, roles, grants and gaps, and outlive a session", async () => {
    const { cluster, get, holder, standby } = await begin();
    const scrape = async (index: number) => {
      const accept = format === "openmetrics" ? "application/openmetrics-text;version=1.0.0" : "*/*";
      const { text } = await get(index)("/metrics", accept);
      parseStrictly(text, format);
      return text;
    };
    const before = await scrape(standby);
    expect(before).toContain('statevisor_cluster_members{state="up"} 3');
    expect(before).toContain('statevisor_role_held{role="inbox"} 2');
    expect(before).toContain('statevisor_role_shards{role="inbox",state="running"} 6');
    expect(before).toMatch(/statevisor_cluster_lease_valid_seconds [12]\.\d+/);
    expect(before).toMatch(/statevisor_cluster_renewal_seconds_bucket\{le="\+Inf"\} [1-9]/);
    cluster.store.cut(`n${holder}`);
    await cluster.advance(6_000);
    const lost = await scrape(holder);
    expect(lost).toContain("statevisor_cluster_lease_lost_total 1");
    expect(lost).toContain("statevisor_cluster_lease_valid_seconds 0");
    expect(lost).not.toContain("statevisor_cluster_members{");
    const others = [0, 1, 2].filter((index) => index !== holder);
    const texts = (await Promise.all(others.map(scrape))).join("");
    expect(texts).toMatch(/statevisor_role_grants_total\{role="ledger",because="taken-over"\} 1/);
    expect(texts).toMatch(/statevisor_role_gap_seconds_count\{role="ledger"\} 1/);
    expect(texts).toMatch(/statevisor_cluster_expulsions_total\{by="n\d"\} 1/);
    cluster.store.heal(`n${holder}`);
    await cluster.advance(15_000);
    expect(await scrape(holder)).toContain("statevisor_cluster_lease_lost_total 1");
    expect(await scrape(holder)).toContain('statevisor_cluster_members{state="up"} 3');
  });
});
