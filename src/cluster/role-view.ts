// role-view.ts: how a role is, for the dependants on this node, wherever it runs.

import type { Directory } from "../../machines/policies/directory.ts";
import { compareVersions } from "../../machines/policies/placement.ts";
import type { RoleStatus } from "../contract/cluster-facts.ts";
import { isUp } from "./claim-state.ts";
import { nextInLine } from "./next-in-line.ts";
import { toClaim } from "./records.ts";
import type { RoleDirector } from "./role-director.ts";
import { toRole, toRoleSet } from "./view.ts";

/** The value that `use` of a singleton gives. Its members say how things are when they are read. */
export interface RoleView {
  /** Whether this node holds the role. */
  readonly here: boolean;
  /** The node that holds it. */
  readonly node: string | null;
  readonly token: number | null;
  /** The value of the service itself; only here. */
  readonly value: unknown;
}

export function createRoleView(director: RoleDirector): RoleView {
  const { name } = director.plan;
  const holder = () => director.holders.get(name);
  const role = () => {
    const { directory } = director.session.observer!;
    return toRole(directory, name, null);
  };
  return {
    get here() {
      return holder()?.state.startsWith("active") ?? false;
    },
    get node() {
      return role().node;
    },
    get token() {
      return role().token;
    },
    get value() {
      return holder()?.child?.value;
    },
  };
}

/** The role as the records say; of a set of shards, how it is as a whole. null: it is not known. */
export function readRole({ plan, session }: RoleDirector): RoleStatus | null {
  const { directory } = session.observer!;
  const known = directory.roles.get(plan.name);
  if (known === undefined) return null;
  return known.record.kind === "shards" ? toRoleSet(directory, plan.name, known) : toRole(directory, plan.name, null);
}

/** Where a role runs, and why not here, for a person. */
export function summariseRole({ plan, session, holders }: RoleDirector): string | null {
  const { observer, node } = session;
  if (observer === null) return null;
  const { directory } = observer;
  if (plan.kind === "shards") {
    const here = [...holders.values()].filter(({ isActive }) => isActive).length;
    return `${here} of ${plan.shards} shards are on this node (${node})`;
  }
  const role = toRole(directory, plan.name, null);
  const since = role.grantedAt === null ? "" : ` since ${new Date(role.grantedAt).toISOString().slice(0, 19)}Z`;
  const token = role.token === null ? "" : `, token ${role.token}`;
  const state = holders.get(plan.name)?.state ?? "standby";
  const next = nextInLine(directory, plan.name) === session.id ? ", next in line" : "";
  return `in the cluster: ${role.because}${since}${token}; here (${node}): ${state}${next}`;
}

interface Judged {
  readonly isHealthy: boolean;
  readonly isComplete: boolean;
  readonly isFailed: boolean;
  /** Why it is not healthy. Not an Error: this is judged with each batch of records, and a stack costs more than all the rest. */
  readonly reason: string | null;
}

/** Whether a role is up, and if not, why. */
export function judgeRole({ plan, session, holders }: RoleDirector): Judged {
  const { directory } = session.observer!;
  const record = directory.roles.get(plan.name)?.record;
  const wanted = record?.wanted ?? true;
  let isComplete = true;
  /** The first that is not up, or the first that has failed. */
  let bad: number | null | undefined;
  let isFailed = false;
  for (const shard of plan.kind === "singleton" ? [null] : Array.from({ length: plan.shards }, (_, one) => one)) {
    const claim = toClaim(plan.name, shard);
    const holder = holders.get(claim);
    const isHere = holder?.isActive ?? false;
    if (isComplete && (isHere || !hasCompleted(directory, claim, session.plan.version))) isComplete = false;
    const isFine = isHere ? holder!.isUp : plan.dependants === "here" ? plan.kind === "shards" : isUp(directory, claim);
    if (isFine) continue;
    const hasFailed = !isHere && wanted && directory.claims.get(claim)?.record.state === "failed";
    if (bad === undefined || (hasFailed && !isFailed)) bad = shard;
    if (hasFailed) isFailed = true;
  }
  if (bad === undefined) return { isHealthy: true, isComplete, isFailed: false, reason: null };
  const { because } = toRole(directory, plan.name, bad);
  return { isHealthy: false, isComplete, isFailed, reason: `${toClaim(plan.name, bad)}: ${because}` };
}

/** Whether a role has completed under this version of the program, or a newer one. */
function hasCompleted(directory: Directory, claim: string, version: string): boolean {
  const record = directory.claims.get(claim)?.record;
  return record?.state === "completed" && compareVersions(version, record.version) <= 0;
}
