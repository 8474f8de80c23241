// `statevisor cluster try`: a cluster of several nodes and its engine on this machine, from the config of a project.

import { describe, expect, it } from "vitest";
import { hasNats } from "../cluster/store/nats-server.ts";
import { findPostgres } from "../cluster/store/postgres-server.ts";
import { createCli, forever, node, processesWith, sleeper } from "./support.ts";

const config = {
  name: "shop",
  cluster: {
    id: "shop",
    store: "${STORE}",
    node: { name: "${NODE}" },
    // Long enough for a machine that does other work at the same time.
    leaseDurationMs: 5_000,
    renewIntervalMs: 800,
    renewDeadlineMs: 3_000,
    retryPeriodMs: 500,
    joinSettleMs: 200,
    rebalanceDelayMs: 500,
  },
  singletons: [{ name: "ledger", command: node(`console.log("role " + process.env.STATEVISOR_ROLE); ${forever}`) }],
  shards: [{ name: "inbox", shards: 2, command: sleeper() }],
  services: [{ name: "api", command: sleeper("api runs"), dependsOn: ["ledger"] }],
};

describe("cluster try", () => {
  it.skipIf(!hasNats && findPostgres() === null)(
    "runs the roles of the config on two nodes, kills, freezes, drains, and judges what ran",
    { timeout: 240_000 },
    async () => {
      const cli = createCli({ STORE: undefined, NODE: undefined });
      cli.write("statevisor.config.json", config);
      const { code, stdout, stderr } = await cli.run("cluster", "try", "--nodes", "2", "--rounds", "1");
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/n\d shop\/ledger\/ledger \| role ledger\n/);
      for (const fault of ["kill -9 of n", "SIGSTOP of n", "drain of n", "restart of n", "the engine crashes"])
        expect(stdout).toContain(fault);
      expect(stdout).toMatch(/of which ran twice at once: 0\n/);
      expect(stdout).toMatch(/ good\n$/);
      // What no role depends on would be there twice on one machine.
      expect(stdout).not.toContain("api runs");
      const [, store] = /--store (\S+)/.exec(stdout)!;
      expect(processesWith(store!)).toEqual([]);
    },
  );

  it("refuses a config without a cluster, if it is named", async () => {
    const cli = createCli();
    cli.write("statevisor.config.json", { name: "a", services: [{ name: "b", command: sleeper() }] });
    const { code, stderr } = await cli.run("cluster", "try", "-c", "statevisor.config.json");
    expect([code, stderr]).toEqual([4, expect.stringContaining("names no cluster")]);
  });
});
