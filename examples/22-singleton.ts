// A service that runs on exactly one of three nodes. Here the nodes, their clocks and the store are simulated, in one process.

import { defineCluster, defineSingleton } from "statevisor/cluster";
import { checkHistory, createSimulatedCluster } from "statevisor/testing";

const cluster = createSimulatedCluster({
  nodes: 3,
  tree(node) {
    const members = defineCluster({ id: "shop", store: node.store, node: { name: node.name } });
    const writer = node.recorded({
      name: "writer",
      run: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
    });
    return {
      name: "shop",
      services: [members, defineSingleton({ name: "ledger", cluster: members, service: writer })],
    };
  },
});

const show = (what: string) => console.log(`${what}: on ${cluster.holders("ledger").join(" and ") || "no node"}`);

await cluster.advance(5_000);
show("started");

const [first] = cluster.holders("ledger");
cluster.crash(Number(first!.slice(1)));
await cluster.advance(15_000);
show("its node has died, and 15 seconds have passed");
await cluster.advance(6_000);
show("its lease is over");

const [second] = cluster.holders("ledger");
void cluster.stop(Number(second!.slice(1)));
await cluster.advance(100);
show("that node was stopped in order");

console.log(`violations: ${checkHistory(cluster.history).length}`);
