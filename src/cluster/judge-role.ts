// judge-role.ts: whether a role is up for the dependants on this node, wherever it runs.

import type { Directory } from "../../machines/policies/directory.ts";
import { compareVersions } from "../../machines/policies/placement.ts";
import { isUp } from "./claim-state.ts";
import { toClaim } from "./records.ts";
import type { RoleDirector } from "./role-director.ts";
import { toRole } from "./view.ts";

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
