// statevisor/cluster: every public name, once.

export type { MemberReason, RoleReason, RoleStatus } from "../contract/cluster-facts.ts";
export type { Lease } from "../contract/lease.ts";
export type { Cluster } from "./cluster.ts";
export type { ClusterSpec } from "./cluster-plan.ts";
export { type ConnectOptions, connectCluster } from "./connect.ts";
export { defineCluster } from "./define-cluster.ts";
export { defineShards, defineSingleton } from "./define-role.ts";
export type { ClusterMeters } from "./meters.ts";
export type { NodeUpdate, RemoteUpdate } from "./node-updates.ts";
export type { RoleOptions, ShardsSpec, SingletonSpec } from "./role-options.ts";
export type { RoleView } from "./role-view.ts";
export { shardOf } from "./shard-of.ts";
export type { ClusterStore, StoreConnection, StoreWatcher } from "./store.ts";
export type { ClusterUpdate, MemberUpdate, RoleUpdate } from "./updates.ts";
export type { ClusterHealth, Member } from "./view.ts";
export type { ClusterExplanation, ClusterStatus, MemberStatus } from "./whole.ts";
