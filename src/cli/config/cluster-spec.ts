// cluster-spec.ts: from the `cluster`, `singletons` and `shards` of a config to their specs. Loaded where a config has them.

import { type ClusterSpec, defineCluster, defineShards, defineSingleton } from "../../cluster/index.ts";
import type { ServiceSpec, SupervisorSpec } from "../../contract/spec.ts";
import { hostNode } from "../../node/index.ts";
import { toStore } from "../cluster-store.ts";
import { noteMade } from "./same.ts";
import type { ClusterConfig, RoleConfig } from "./schema.ts";

export type ClusterService = ReturnType<typeof defineCluster>;

/** `folder`: that of the config, whose package has a version. */
export function toCluster({ store, node, ...rest }: ClusterConfig, folder: string): ClusterService {
  const spec = defineCluster({ ...rest, store: toStore(store), node: hostNode({ ...node, folder }) } as ClusterSpec);
  noteMade((spec as { run: object }).run, { store, node, ...rest });
  return spec;
}

/** The fields of a role that are not those of its process. */
export const ofRole = [
  "dependsOn",
  "startDelayMs",
  "critical",
  "meta",
  "placement",
  "failover",
  "dependants",
  "shards",
] as const;

export function toRole(cluster: ClusterService, config: RoleConfig, service: ServiceSpec): SupervisorSpec {
  const given = ofRole.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]]));
  const { shards, failover, ...options } = Object.fromEntries(given) as Partial<RoleConfig>;
  const moveAfterFailures = failover?.moveAfterFailures;
  const role = {
    ...options,
    name: config.name,
    cluster,
    ...(moveAfterFailures !== undefined && { failover: { moveAfterFailures: Number(moveAfterFailures) } }),
  };
  const spec = (
    shards === undefined
      ? defineSingleton({ ...role, service } as never)
      : defineShards({ ...role, shards, service: () => service } as never)
  ) as SupervisorSpec;
  // What directs it is a function, which says nothing of the process: it is made of these.
  for (const key of Object.getOwnPropertySymbols(spec)) {
    noteMade((spec as unknown as Record<symbol, object>)[key]!, { options: { ...options, failover, shards }, service });
  }
  return spec;
}
