// A config of data as the program of a node of a cluster: `cluster`, `singletons` and `shards`.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as clusters from "../../src/cli/config/cluster-spec.ts";
import { hasCluster, readData } from "../../src/cli/config/read-data.ts";
import { isSameInConfig } from "../../src/cli/config/same.ts";
import { createSupervisor, describeTree, type SupervisorSpec } from "../../src/index.ts";
import { createSimulatedClock } from "../../src/testing/index.ts";
import { findPostgres, type PostgresServer, startPostgres } from "../cluster/store/postgres-server.ts";
import { createCli, forever, node, type RunningCommand, sleeper, until } from "./support.ts";

const whole = `
name: shop
cluster: { id: shop, store: "nats://a,nats://b", node: { labels: { disk: ssd } }, leaseDurationMs: 30000, control: read }
singletons:
  - { name: ledger, command: [node, ledger.mjs], placement: { labels: { disk: ssd }, prefer: none }, stopTimeoutMs: 5000 }
shards:
  - { name: inbox, shards: 8, command: [node, inbox.mjs], failover: { moveAfterFailures: Infinity }, dependsOn: [pool] }
services:
  - { name: pool, command: [node, pool.mjs] }
  - { name: api, command: [node, api.mjs], dependsOn: [ledger] }
`;

const read = (text: string) => readData("/srv/shop/statevisor.config.yaml", text, { clusters, shell: {} });

describe("a config of data", () => {
  it("makes the cluster and its roles, before the services", () => {
    const { spec, cluster } = read(whole);
    const tree = describeTree(spec);
    expect(tree.services.map(({ path }) => path)).toEqual([
      "shop/cluster",
      "shop/ledger",
      "shop/inbox",
      "shop/pool",
      "shop/api",
    ]);
    expect(cluster).toMatchObject({ id: "shop", store: "nats://a,nats://b" });
    const names = (name: string) => tree.services.find((one) => one.name === name)!.dependsOn.map(({ path }) => path);
    expect([names("ledger"), names("inbox"), names("api")]).toEqual([
      ["shop/cluster"],
      ["shop/cluster", "shop/pool"],
      ["shop/ledger"],
    ]);
  });

  it.each([
    [
      "a role without a cluster",
      "name: a\nsingletons: [{ name: b, command: [x] }]\nservices: []",
      "singletons: needs `cluster: { id, store }`",
    ],
    [
      "a store of no known engine",
      'name: a\ncluster: { id: a, store: "redis://x" }\nservices: []',
      "cluster.store: must begin with nats://",
    ],
    ["a store that is missing", "name: a\ncluster: { id: a }\nservices: []", "cluster.store: is missing"],
    ["a bad id", 'name: a\ncluster: { id: "a b", store: "nats://x" }\nservices: []', "cluster.id: must be 1 to 64"],
    [
      "a misspelt key",
      'name: a\ncluster: { id: a, store: "nats://x", leaseDuration: 3 }\nservices: []',
      'leaseDuration: unknown key; did you mean "leaseDurationMs"',
    ],
    [
      "numbers that do not fit together",
      'name: a\ncluster: { id: a, store: "nats://x", renewDeadlineMs: 30000 }\nservices: []',
      "renewDeadlineMs",
    ],
    [
      "too many shards",
      'name: a\ncluster: { id: a, store: "nats://x" }\nshards: [{ name: b, shards: 5000, command: [x] }]\nservices: []',
      "shards[0].shards",
    ],
    [
      "a field that a role has not",
      'name: a\ncluster: { id: a, store: "nats://x" }\nsingletons: [{ name: b, command: [x], instances: 2 }]\nservices: []',
      "singletons[0].instances: unknown key",
    ],
    [
      "a role of which there are two",
      'name: a\ncluster: { id: a, store: "nats://x" }\nsingletons: [{ name: b, command: [x] }, { name: b, command: [y] }]\nservices: []',
      '"b"',
    ],
    [
      "an unknown dependency of a role",
      'name: a\ncluster: { id: a, store: "nats://x" }\nsingletons: [{ name: b, command: [x], dependsOn: [c] }]\nservices: []',
      '"c"',
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it("that has no cluster loads nothing of one", () => {
    expect([
      hasCluster(whole),
      hasCluster('{"cluster": {}}'),
      hasCluster("services: [{ name: cluster-agent }]"),
    ]).toEqual([true, true, false]);
  });

  it("that is read again is the same until something of it changes", async () => {
    const running = createSupervisor(read(whole).spec, { clock: createSimulatedClock() });
    const changedBy = async (text: string) => {
      const spec: SupervisorSpec = read(text).spec;
      const { changed } = await running.redefine(spec, { isSame: isSameInConfig, dryRun: true });
      return changed;
    };
    expect(await changedBy(whole)).toEqual([]);
    expect(await changedBy(whole.replace("ledger.mjs", "other.mjs"))).toEqual(["shop/ledger"]);
    expect(await changedBy(whole.replace("Infinity", "2"))).toEqual(["shop/inbox"]);
    expect(await changedBy(whole.replace("30000", "40000"))).toEqual(["shop/cluster"]);
  });
});

describe.skipIf(findPostgres() === null)("two programs with one config", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.remove());

  it("are a cluster: the other takes over when one is killed", async () => {
    const config = {
      name: "shop",
      cluster: {
        id: "shop",
        store: "${STORE}",
        node: { name: "${NODE}" },
        leaseDurationMs: 3_000,
        renewIntervalMs: 600,
        renewDeadlineMs: 1_900,
        retryPeriodMs: 500,
        joinSettleMs: 200,
      },
      singletons: [
        { name: "ledger", command: node(`console.log("token " + process.env.STATEVISOR_TOKEN); ${forever}`) },
      ],
      services: [{ name: "api", command: sleeper(), dependsOn: ["ledger"] }],
    };
    const begin = (name: string) => {
      const cli = createCli({ STORE: server.url, NODE: name });
      cli.write("statevisor.config.json", config);
      return { cli, running: cli.start("up") as RunningCommand };
    };
    const nodes = [begin("n1"), begin("n2")];
    const [one] = nodes as [(typeof nodes)[0], ...typeof nodes];
    // The config says where the cluster is.
    const roleOf = async (cli: (typeof one)["cli"]) => {
      const [document] = await cli.json("cluster", "roles");
      return (document?.roles as { state: string; node: string }[] | undefined)?.[0];
    };
    const first = await until("the ledger runs", async () => {
      const role = await roleOf(one.cli);
      return role?.state === "running" && role.node;
    });
    const [dying, living] = first === "n1" ? [nodes[0]!, nodes[1]!] : [nodes[1]!, nodes[0]!];
    await until("both are up", async () => (await living.cli.run("wait", "--timeout", "20s")).code === 0);
    dying.running.child.kill("SIGKILL");
    await until("it is taken over", async () => {
      const role = await roleOf(living.cli);
      return role?.state === "running" && role.node !== first;
    });
    const { stdout } = await living.cli.run("explain", "ledger");
    expect(stdout).toMatch(/in the cluster: running on n\d since \S+, token \d+; here \(n\d\): active\.up/);
    living.running.child.kill("SIGTERM");
    expect((await living.running.ended).code).toBe(0);
  });
});
