// describeCluster: the cluster of a node as metrics, as this node sees it.

import type { Cluster, ClusterMeters, RoleStatus } from "../cluster/index.ts";
import type { MemberState, RoleState } from "../contract/cluster-facts.ts";
import type { ClusterWatch } from "./cluster-watch.ts";
import { type Family, type Sample, toHistogram } from "./exposition.ts";

// Here, where they are used, and not beside their types: the core, which reads those, would load them.
const roleStates = Object.keys({
  free: 0,
  starting: 0,
  running: 0,
  stopping: 0,
  backoff: 0,
  failed: 0,
  completed: 0,
  stopped: 0,
} satisfies Record<RoleState, 0>) as RoleState[];
const memberStates = ["up", "draining", "silent", "gone"] as const satisfies readonly MemberState[];

export function describeCluster(watch: ClusterWatch): Family[] {
  const { current, last } = watch;
  const meters = last?.meters() ?? null;
  return [
    ...(meters === null ? [] : describeNode(meters, current === null ? 0 : meters.leaseValidForMs / 1_000, last!.node)),
    ...(current === null ? [] : describeRecords(current)),
    {
      name: "statevisor_role_grants",
      help: "How often this node got a role, or a shard of it, and why.",
      type: "counter",
      samples: [...watch.grants.counts].flatMap(([role, counts]) =>
        [...counts].map(([because, value]) => ({ labels: { role, because }, value })),
      ),
    },
    {
      name: "statevisor_role_gap_seconds",
      help: "How long nobody held a role before this node got it.",
      type: "histogram",
      unit: "seconds",
      samples: [...watch.grants.gaps].flatMap(([role, gaps]) => toHistogram({ role }, gaps)),
    },
  ];
}

function describeNode(meters: ClusterMeters, leaseSeconds: number, node: string | null): Family[] {
  const { renewals, renewalFailures, leasesLost, expulsions, stuck } = meters;
  const seconds = {
    count: renewals.count,
    sum: renewals.sumMs / 1_000,
    buckets: renewals.buckets.map(([bound, count]) => [bound / 1_000, count] as const),
  };
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    {
      name: "statevisor_cluster_lease_valid_seconds",
      help: "How long the lease of this node is valid unless it is renewed; 0 without one.",
      type: "gauge",
      unit: "seconds",
      samples: one(leaseSeconds),
    },
    {
      name: "statevisor_cluster_renewal_seconds",
      help: "How long confirmed renewals of the lease took.",
      type: "histogram",
      unit: "seconds",
      samples: toHistogram({}, seconds),
    },
    {
      name: "statevisor_cluster_renewal_failures",
      help: "Renewals that were refused, or whose outcome is unknown.",
      type: "counter",
      samples: one(renewalFailures),
    },
    {
      name: "statevisor_cluster_lease_lost",
      help: "How often this node has lost its lease.",
      type: "counter",
      samples: one(leasesLost),
    },
    {
      name: "statevisor_cluster_expulsions",
      help: "How often this node has taken another for dead.",
      type: "counter",
      samples: [{ labels: { by: node ?? "" }, value: expulsions }],
    },
    {
      name: "statevisor_role_stuck",
      help: "1 for what this node holds because it would not stop.",
      type: "gauge",
      samples: stuck.map((role) => ({ labels: { role }, value: 1 })),
    },
  ];
}

function describeRecords(cluster: Cluster): Family[] {
  const members = cluster.members();
  const held = new Map<string, number>();
  const shards = new Map<string, Map<RoleStatus["state"], number>>();
  for (const { name, shard, state, node } of cluster.roles()) {
    held.set(name, (held.get(name) ?? 0) + (node === cluster.node ? 1 : 0));
    if (shard === null) continue;
    const counts = shards.get(name) ?? new Map<RoleStatus["state"], number>();
    counts.set(state, (counts.get(state) ?? 0) + 1);
    shards.set(name, counts);
  }
  return [
    {
      name: "statevisor_cluster_members",
      help: "The members of the cluster by state, as this node sees them.",
      type: "gauge",
      samples: memberStates.map((state) => ({
        labels: { state },
        value: members.filter((one) => one.state === state).length,
      })),
    },
    {
      name: "statevisor_role_held",
      help: "Whether this node holds a role; of shards, how many.",
      type: "gauge",
      samples: [...held].map(([role, value]) => ({ labels: { role }, value })),
    },
    {
      name: "statevisor_role_shards",
      help: "The shards of a role by state, in the whole cluster.",
      type: "gauge",
      samples: [...shards].flatMap(([role, counts]) =>
        roleStates.map((state) => ({ labels: { role, state }, value: counts.get(state) ?? 0 })),
      ),
    },
  ];
}
