// role-seen.ts: what is known of a role at one time, for a comparison with what is known later.

import type { ClaimRecord, Directory, RoleRecord } from "../../machines/policies/directory.ts";
import type { RoleStatus } from "../contract/cluster-facts.ts";
import { isStuck } from "./claim-state.ts";
import { toClaim, unclaimed } from "./records.ts";
import type { ShownNames } from "./shown-names.ts";
import { toRole } from "./view.ts";

/** A role, or a shard of it, and the records that it follows from. */
export interface RoleSeen {
  readonly status: RoleStatus;
  readonly claim: ClaimRecord;
  readonly pin: RoleRecord["pin"];
  readonly isStuck: boolean;
  /** The sessions that did not leave in order. */
  hasDied(session: string): boolean;
}

export function toRoleSeen(directory: Directory, name: string, shard: number | null, names: ShownNames): RoleSeen {
  const { record } = directory.roles.get(name)!;
  return {
    status: toRole(directory, name, shard, names),
    claim: directory.claims.get(toClaim(name, shard))?.record ?? unclaimed,
    pin: record.pin,
    isStuck: isStuck(directory, toClaim(name, shard)),
    hasDied: (session) => directory.sessions.get(session)?.record.why !== undefined,
  };
}

/** The same role before anybody held it. */
export function toUnclaimed({ status, hasDied }: RoleSeen): RoleSeen {
  const unheld = { state: "free", healthy: false, node: null, session: null, grantedAt: null } as const;
  const before = { ...status, ...unheld, token: null, failures: 0 };
  return { status: before, claim: unclaimed, pin: undefined, isStuck: false, hasDied };
}
