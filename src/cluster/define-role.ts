// define-role.ts: a singleton or a set of shards as a nested supervisor of a tree, whose children a director adds and removes.

import { type CreateDirector, directorKey } from "../contract/director.ts";
import type { SupervisorSpec } from "../contract/spec.ts";
import { RoleDirector } from "./role-director.ts";
import type { ShardsSpec, SingletonSpec } from "./role-options.ts";
import { planShards, planSingleton, type RolePlan, toOptions } from "./role-plan.ts";

/**
 * A service, or a supervisor, that runs on exactly one node of the cluster, and on another when that node dies, hangs, is cut
 * off, drains or stops. In the tree of each node it is a nested supervisor, running everywhere, whose only child exists where
 * the role is held; it is healthy while the role is up, on whichever node. Dependants `use` a `RoleView`.
 *
 * Its budget of retries travels: `restart.maxRetries` of the service counts failures in a row on all nodes together. Not
 * critical by default: used-up retries leave it unhealthy on all nodes.
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function defineSingleton(spec: SingletonSpec): SupervisorSpec {
  return toSpec(planSingleton(spec), spec);
}

/**
 * Services that are spread evenly over the nodes of the cluster; each shard runs on exactly one. A shard stays where it is
 * until its node leaves or has more than its share. Their paths are `"shop/inbox/0"`, `"shop/inbox/1"`, ….
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function defineShards(spec: ShardsSpec): SupervisorSpec {
  return toSpec(planShards(spec), spec);
}

function toSpec(plan: RolePlan, spec: SingletonSpec | ShardsSpec): SupervisorSpec {
  const create: CreateDirector = (host) => new RoleDirector(plan, host);
  return { ...toOptions(spec), services: [], [directorKey]: create } as SupervisorSpec;
}
