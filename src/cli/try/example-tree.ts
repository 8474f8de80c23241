// example-tree.ts: the tree that `cluster try` runs where no config names a cluster: a singleton and twelve shards.

import { defineCluster, defineShards, defineSingleton } from "../../cluster/index.ts";
import type { ServiceContext, SupervisorSpec } from "../../contract/spec.ts";
import { toStore } from "../cluster-store.ts";
import type { AsNode } from "../config/load.ts";

/** As short as the numbers of a lease allow. */
const quick = {
  leaseDurationMs: 3_000,
  renewIntervalMs: 600,
  renewDeadlineMs: 1_900,
  retryPeriodMs: 500,
  joinSettleMs: 700,
  rebalanceDelayMs: 1_000,
} as const;

export function createExampleTree({ store, name }: AsNode): SupervisorSpec {
  const cluster = defineCluster({ id: "try", store: toStore(store), node: { name }, ...quick });
  const ledger = defineSingleton({ name: "ledger", cluster, service: { name: "writer", run: untilStopped } });
  const inbox = defineShards({
    name: "inbox",
    cluster,
    shards: 12,
    service: () => ({ name: "consumer", run: untilStopped }),
  });
  return { name: "example", services: [cluster, ledger, inbox] };
}

function untilStopped({ signal }: ServiceContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
