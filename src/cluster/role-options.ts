// role-options.ts: what a user writes of a singleton and of a set of shards; role-plan.ts checks it.

import type { ChildSpec, ServiceSpec, SupervisionOptions } from "../contract/spec.ts";
import type { Cluster } from "./cluster.ts";

/** The options that singletons and shards share. */
export interface RoleOptions extends Omit<SupervisionOptions, "restart" | "startTimeoutMs" | "significant"> {
  /** The cluster: a sibling. */
  cluster: ServiceSpec<Cluster>;
  /**
   * The labels that a node must have to take the role, and whether the newest version takes it first when it is free
   * (`"version"`, the default) or not (`"none"`). `prefer` is that of the node that was the first to define the role.
   */
  placement?:
    | { labels?: Readonly<Record<string, string>> | undefined; prefer?: (typeof preferences)[number] | undefined }
    | undefined;
  /**
   * How many failures in a row on one node lead to a try on another. Infinity: none.
   *
   * @default 3
   */
  failover?: { moveAfterFailures?: number | undefined } | undefined;
  /**
   * Where the role must be healthy for this node's dependants.
   *
   * @default "anywhere"
   */
  dependants?: (typeof dependantsOf)[number] | undefined;
}

/** A service, or a supervisor, that runs on exactly one node of the cluster. */
export interface SingletonSpec extends RoleOptions {
  service: ChildSpec;
}

/** Services that are spread over the nodes of the cluster, each of which runs on exactly one. */
export interface ShardsSpec extends RoleOptions {
  /** How many; 1 to 4_096. It cannot be changed later under the same name. */
  shards: number;
  /** The service of a shard. Its name becomes the number of the shard. */
  service: (shard: number) => ChildSpec;
}

export const preferences = ["version", "none"] as const;
export const dependantsOf = ["anywhere", "here"] as const;
