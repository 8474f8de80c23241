// updates.ts: the updates that a cluster publishes, as one closed set of facts, and the reasons that they give.

import type { Member, RoleStatus } from "./view.ts";

/**
 * Why a role, or a shard of it, changed. claimed: it was free. taken-over: its node had fallen silent. handed-over: its node
 * gave it up in order. moved: by hand. failed-there: too often on that node. lease-lost: its node fell silent, and nobody has
 * it yet. up, down: it is healthy where it is held, or no more. failed, completed: for the whole cluster. stopped, started: by
 * hand, for the whole cluster.
 */
export const roleReasons = [
  "claimed",
  "taken-over",
  "handed-over",
  "moved",
  "failed-there",
  "lease-lost",
  "up",
  "down",
  "failed",
  "completed",
  "stopped",
  "started",
] as const;
export type RoleReason = (typeof roleReasons)[number];

/**
 * Why a member changed. silent: not heard of for two thirds of a lease; heard: again. expelled: another node took it for dead.
 * rejoined: its own node has joined again, and ended it. drained, undrained: by hand. left: in order.
 */
export const memberReasons = [
  "joined",
  "left",
  "silent",
  "heard",
  "expelled",
  "rejoined",
  "drained",
  "undrained",
] as const;
export type MemberReason = (typeof memberReasons)[number];

interface Place {
  /** 1, 2, 3, … for this handle. */
  readonly seq: number;
  /** clock.now() of the one who looks, when the change was seen. */
  readonly at: number;
}

export interface MemberUpdate extends Place {
  readonly type: "member";
  readonly node: string;
  readonly session: string;
  /** null: it was not known before. */
  readonly from: Member["state"] | null;
  readonly to: Member["state"];
  readonly because: MemberReason;
}

export interface RoleUpdate extends Place {
  readonly type: "role";
  /** `"ledger"`, or `"inbox/17"`. */
  readonly path: string;
  readonly role: string;
  readonly shard: number | null;
  readonly from: RoleStatus["state"];
  readonly to: RoleStatus["state"];
  /** The node that holds it now; null if none does. */
  readonly node: string | null;
  readonly token: number | null;
  readonly because: RoleReason;
  /** With the update of a new holder: how long nobody was seen to hold it, in milliseconds. null: not seen. */
  readonly gapMs: number | null;
}

/** A change that the records show. Of changes that follow each other at once, the last may be the only one seen. */
export type ClusterUpdate = MemberUpdate | RoleUpdate;
