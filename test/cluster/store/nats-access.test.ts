// The users of the README's nats-server: what a node needs is allowed, and a viewer can change and ask nothing.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectCluster, defineCluster, defineSingleton } from "../../../src/cluster/index.ts";
import { natsStore } from "../../../src/cluster/nats/index.ts";
import { createSupervisor, type Supervisor } from "../../../src/index.ts";
import { until } from "../../support/processes.ts";
import { untilStopped } from "../support.ts";
import { hasNats, type NatsServer, startNatsServer } from "./nats-server.ts";

const readme = readFileSync(new URL("../../../src/cluster/README.md", import.meta.url), "utf8");
/** The users alone: the test runs one server, with a folder of its own. */
const accounts = /```conf\n[\s\S]*?(accounts: [\s\S]*?)```/.exec(readme)![1]!;

describe.skipIf(!hasNats)("the users of the README", () => {
  const folder = mkdtempSync(join(tmpdir(), "sv-access-"));
  let server: NatsServer;
  let tree: Supervisor;
  const as = (user: string) => natsStore({ servers: server.url.replace("//", `//${user}:${user}-pass@`) });
  beforeAll(async () => {
    const file = join(folder, "nats.conf");
    writeFileSync(file, accounts.replace("$NODE_PASSWORD", "node-pass").replace("$VIEWER_PASSWORD", "viewer-pass"));
    server = await startNatsServer(["-c", file]);
    const cluster = defineCluster({ id: "shop", store: as("node"), node: { name: "n1" }, joinSettleMs: 100 });
    const ledger = defineSingleton({ name: "ledger", cluster, service: { name: "writer", run: untilStopped } });
    tree = createSupervisor({ name: "shop", services: [cluster, ledger] });
    await tree.start();
    await until("the ledger runs", () => tree.status("ledger").healthy);
  }, 30_000);
  afterAll(async () => {
    await tree?.stop();
    await server?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("let a node work and operate, by the password in the address", { timeout: 30_000 }, async () => {
    await using operator = await connectCluster({ id: "shop", store: as("node") });
    expect((await operator.status()).members).toMatchObject([{ node: "n1", reached: true }]);
    await operator.restartService("ledger");
    expect(tree.status("ledger/writer").incarnation).toBe(2);
    expect(as("node").name).toBe(server.url);
  });

  it("let a viewer see the records, ask nobody and change nothing", { timeout: 30_000 }, async () => {
    await using viewer = await connectCluster({ id: "shop", store: as("viewer") });
    expect(viewer.roles()).toMatchObject([{ name: "ledger", node: "n1" }]);
    expect((await viewer.status()).members).toMatchObject([{ node: "n1", reached: false }]);
    await expect(viewer.restartService("ledger", { node: "n1" })).rejects.toMatchObject({
      code: "ERR_NODE_UNREACHABLE",
    });
    await expect(viewer.drain("n1", { force: true })).rejects.toMatchObject({
      code: "ERR_NOT_ALLOWED",
      message: expect.stringContaining("does not allow this to the given credentials"),
    });
    expect(tree.status("ledger/writer").incarnation).toBe(2);
  });
});
