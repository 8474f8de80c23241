// updates.ts: the updates that a cluster publishes, as one closed set of facts.

import type { MemberChange, RoleChange } from "../contract/cluster-facts.ts";

interface Place {
  /** 1, 2, 3, … for this handle. */
  readonly seq: number;
  /** clock.now() of the one who looks, when the change was seen. */
  readonly at: number;
}

export interface MemberUpdate extends Place, MemberChange {}

export interface RoleUpdate extends Place, RoleChange {
  /** `"ledger"`, or `"inbox/17"`. */
  readonly path: string;
}

/** A change that the records show. Of changes that follow each other at once, the last may be the only one seen. */
export type ClusterUpdate = MemberUpdate | RoleUpdate;
