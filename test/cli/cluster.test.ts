// `statevisor cluster` on a real PostgreSQL, with a node of the cluster in this process.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defineCluster, defineSingleton } from "../../src/cluster/index.ts";
import { postgresStore } from "../../src/cluster/postgres/index.ts";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { findPostgres, type PostgresServer, startPostgres } from "../cluster/store/postgres-server.ts";
import { untilStopped } from "../cluster/support.ts";
import { createCli, until } from "./support.ts";

describe("usage", () => {
  it.each([
    [["cluster", "status"], 2, "cluster needs --store"],
    [["cluster", "statsu", "--store", "nats://a", "--id", "x"], 2, 'cluster has no "statsu"'],
    [["cluster", "move", "--store", "nats://a", "--id", "x"], 2, "which role?"],
    [["cluster", "status", "--store", "redis://a", "--id", "x"], 2, "--store must begin with"],
    [["cluster", "status", "--store", "nats://a", "--id", "a b"], 2, "id must be"],
    [["cluster", "status", "--store", "postgres://127.0.0.1:1/x", "--id", "x"], 3, "does not answer"],
  ])("%j ends with %d", async (args, code, message) => {
    const ended = await createCli().run(...args);
    expect([ended.code, ended.stdout]).toEqual([code, ""]);
    expect(ended.stderr).toContain(message);
  });
});

describe.skipIf(findPostgres() === null)("a cluster of one node", () => {
  let server: PostgresServer;
  let tree: Supervisor;
  const at = () => ["--store", server.url, "--id", "shop"];
  beforeAll(async () => {
    server = await startPostgres();
    const cluster = defineCluster({
      id: "shop",
      store: postgresStore({ connectionString: server.url }),
      node: { name: "n1", version: "1.2.3" },
      joinSettleMs: 100,
    });
    const ledger = defineSingleton({ name: "ledger", cluster, service: { name: "writer", run: untilStopped } });
    tree = createSupervisor({ name: "shop", services: [cluster, ledger] });
    await tree.start();
    await until("the ledger follows", () => tree.status("ledger").healthy);
  }, 60_000);
  afterAll(async () => {
    await tree.stop();
    await server.remove();
  });

  it("status prints members and roles", async () => {
    const cli = createCli();
    // The records say so a moment after the node itself knows.
    const { code, stdout } = await until("the status is healthy", async () => {
      const ended = await cli.run("cluster", "status", ...at());
      return ended.code === 0 && ended;
    });
    expect(stdout).toMatch(/^shop: healthy\n/);
    expect(stdout).toMatch(/n1 +up +healthy +1\.2\.3 +1 /);
    expect(stdout).toMatch(/ledger +running +n1 +[\d.]+ s ago +\d{13} +0/);
    expect(code).toBe(0);
    const [document] = await cli.json("cluster", "status", ...at());
    expect(document).toMatchObject({ schemaVersion: 1, health: { status: "healthy" } });
  });

  it("restart and explain reach the node that holds a role", async () => {
    const cli = createCli();
    const before = tree.status("ledger/writer").incarnation;
    expect((await cli.run("cluster", "restart", "ledger", ...at())).code).toBe(0);
    expect(tree.status("ledger/writer").incarnation).toBe(before + 1);
    const { stdout } = await cli.run("cluster", "explain", "ledger", ...at());
    expect(stdout).toMatch(/^ledger: running on n1; running and healthy for .*\(token \d+\)\n$/);
    const elsewhere = await cli.run("cluster", "restart", "ledger", "--node", "elsewhere", ...at());
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining("there are n1")]);
  });

  it("stop and start change a role in the whole cluster, and explain says so", async () => {
    const cli = createCli();
    expect((await cli.run("cluster", "stop", "ledger", ...at())).code).toBe(0);
    await until("the ledger follows", () => tree.status("ledger").healthy === false);
    const { stdout } = await cli.run("cluster", "explain", "ledger", ...at());
    expect(stdout).toContain("ledger: stopped in the whole cluster");
    expect((await cli.run("cluster", "start", "ledger", ...at())).code).toBe(0);
    await until("the ledger follows", () => tree.status("ledger").healthy);
  });

  it("what cannot be done has an exit code and a reason", async () => {
    const cli = createCli();
    const drained = await cli.run("cluster", "drain", "n1", ...at());
    expect([drained.code, drained.stderr]).toEqual([1, expect.stringContaining("no other node could take")]);
    const unknown = await cli.run("cluster", "stop", "legder", ...at());
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean "ledger"?')]);
    const moved = await cli.run("cluster", "move", "ledger", ...at());
    expect([moved.code, moved.stderr]).toEqual([1, expect.stringContaining("no such node qualifies")]);
  });

  it("a drain that waits says for what", async () => {
    const cli = createCli();
    const drain = cli.start("cluster", "drain", "n1", "--wait", "--force", ...at());
    await until("it says so", () => drain.stderr.includes("waiting: n1 still holds ledger"));
    drain.child.kill();
    expect((await cli.run("cluster", "undrain", "n1", ...at())).code).toBe(0);
  });
});
