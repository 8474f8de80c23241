// Trees of a cluster for tests: a singleton and shards whose runs are noted in the history.

import { type ClusterSpec, defineCluster, defineShards, defineSingleton } from "../../src/cluster/index.ts";
import type { ChildSpec, ServiceContext, SupervisorSpec } from "../../src/index.ts";
import type { SimulatedNode } from "../../src/testing/index.ts";

/** A lease of 3 seconds: as short as the numbers allow. */
export const quick = {
  leaseDurationMs: 3_000,
  renewIntervalMs: 600,
  renewDeadlineMs: 1_900,
  retryPeriodMs: 500,
  joinSettleMs: 500,
  rebalanceDelayMs: 1_000,
} as const;

export function clusterOf(node: SimulatedNode, more: Partial<ClusterSpec> = {}) {
  return defineCluster({ id: "shop", store: node.store, node: { name: node.name }, ...quick, ...more });
}

/** Runs until it is asked to stop. */
export const untilStopped = ({ signal }: ServiceContext) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

export const worker = (node: SimulatedNode) =>
  node.recorded({ name: "writer", run: untilStopped, restart: { initialBackoffMs: 100, jitter: false } });

export interface Given {
  readonly shards?: number;
  readonly more?: Partial<ClusterSpec>;
  /** The service of the ledger. */
  readonly service?: (node: SimulatedNode) => ChildSpec;
  /** Of the ledger. */
  readonly critical?: boolean;
  readonly others?: (node: SimulatedNode, roles: { readonly ledger: SupervisorSpec }) => readonly ChildSpec[];
}

/** A tree with a cluster, the singleton "ledger" and, if asked for, the shards "inbox". */
export const treeOf =
  ({ shards = 0, more, others, service = worker, critical = false }: Given = {}) =>
  (node: SimulatedNode): SupervisorSpec => {
    const cluster = clusterOf(node, more);
    const ledger = defineSingleton({ name: "ledger", cluster, service: service(node), critical });
    const inbox = shards === 0 ? [] : [defineShards({ name: "inbox", cluster, shards, service: () => worker(node) })];
    return { name: "shop", services: [cluster, ledger, ...inbox, ...(others?.(node, { ledger }) ?? [])] };
  };
