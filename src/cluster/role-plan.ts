// role-plan.ts: the options of a singleton and of a set of shards, checked, with their defaults.

import { check, checkKeys, invalid } from "../contract/check.ts";
import type { ChildSpec, ServiceSpec, SupervisionOptions } from "../contract/spec.ts";
import type { Cluster } from "./cluster.ts";
import { dependantsOf, preferences, type RoleOptions, type ShardsSpec, type SingletonSpec } from "./role-options.ts";

export interface RolePlan {
  readonly name: string;
  readonly kind: "singleton" | "shards";
  readonly shards: number;
  readonly cluster: ServiceSpec<Cluster>;
  readonly labels: Readonly<Record<string, string>>;
  readonly prefer: (typeof preferences)[number];
  readonly moveAfterFailures: number;
  readonly dependants: (typeof dependantsOf)[number];
  /** The spec of the service of a shard; of a singleton for null. */
  service(shard: number | null): ChildSpec;
}

const supervision = ["name", "dependsOn", "startDelayMs", "stopTimeoutMs", "critical", "meta"] as const;
const own = ["cluster", "placement", "failover", "dependants", "service"] as const;
const mostShards = 4_096;

export function planSingleton(spec: SingletonSpec): RolePlan {
  const where = "defineSingleton";
  check.object(where, "spec", spec);
  checkKeys(where, spec, [...own, ...supervision]);
  check.object(where, "service", spec.service);
  return { ...planRole(spec, where), kind: "singleton", shards: 1, service: () => spec.service };
}

export function planShards(spec: ShardsSpec): RolePlan {
  const where = "defineShards";
  check.object(where, "spec", spec);
  checkKeys(where, spec, [...own, ...supervision, "shards"]);
  const { shards } = spec;
  if (!Number.isInteger(shards) || shards < 1 || shards > mostShards)
    throw invalid(where, "shards", `an integer from 1 to ${mostShards}`, shards);
  if (typeof spec.service !== "function") throw invalid(where, "service", "a function of the shard", spec.service);
  const specs = Array.from({ length: shards }, (_, shard) => toShard(spec, shard, where));
  return { ...planRole(spec, where), kind: "shards", shards, service: (shard) => specs[shard!]! };
}

function toShard(spec: ShardsSpec, shard: number, where: string): ChildSpec {
  const service = spec.service(shard);
  check.object(where, `service(${shard})`, service);
  return { ...service, name: String(shard) };
}

function planRole(spec: RoleOptions, where: string): Omit<RolePlan, "kind" | "shards" | "service"> {
  check.object(where, "cluster", spec.cluster);
  const { placement = {}, failover = {} } = spec;
  check.object(where, "placement", placement);
  checkKeys(where, placement, ["labels", "prefer"], "placement");
  check.object(where, "failover", failover);
  checkKeys(where, failover, ["moveAfterFailures"], "failover");
  const moveAfter = failover.moveAfterFailures ?? 3;
  if (moveAfter !== Number.POSITIVE_INFINITY) check.threshold(where, "failover.moveAfterFailures", moveAfter, 3);
  return {
    name: check.name(where, spec.name),
    cluster: spec.cluster,
    labels: placement.labels ?? {},
    prefer: check.oneOf(where, "placement.prefer", placement.prefer, preferences, "version"),
    moveAfterFailures: moveAfter,
    dependants: check.oneOf(where, "dependants", spec.dependants, dependantsOf, "anywhere"),
  };
}

/** The options of the supervisor that stands for a role in the tree. */
export function toOptions(spec: RoleOptions): SupervisionOptions {
  const given = Object.entries(spec).filter(([key]) => supervision.includes(key as never));
  const options = Object.fromEntries(given) as unknown as SupervisionOptions;
  const dependency = { service: spec.cluster, condition: "started", onFailure: "restart" } as const;
  return { critical: false, ...options, dependsOn: [dependency, ...(spec.dependsOn ?? [])] };
}
