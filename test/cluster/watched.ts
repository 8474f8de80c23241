// A simulated cluster that is watched from outside, by a handle without a node.

import { type Cluster, type ClusterUpdate, connectCluster } from "../../src/cluster/index.ts";
import { createSimulatedCluster, type SimulatedCluster } from "../../src/testing/index.ts";
import { treeOf } from "./support.ts";

export type Watched = SimulatedCluster & { readonly view: Cluster & AsyncDisposable; readonly seen: ClusterUpdate[] };

/** A cluster that has come to rest. `seen`: the changes from then on. */
export async function begin(tree = treeOf(), nodes = 3): Promise<Watched> {
  const cluster = createSimulatedCluster({ nodes, tree });
  await cluster.advance(3_000);
  const connecting = connectCluster({ id: "shop", store: cluster.store, clock: cluster.clock });
  await cluster.advance(50);
  const view = await connecting;
  const seen: ClusterUpdate[] = [];
  view.on("update", (update) => seen.push(update));
  return Object.assign(cluster, { view, seen });
}

/** The number of the node on which the ledger runs. */
export const sole = (cluster: SimulatedCluster) => Number(cluster.holders("ledger")[0]!.slice(1));
