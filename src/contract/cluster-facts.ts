// cluster-facts.ts: what is known of the members and the roles of a cluster, and the facts of their changes.

/** silent: not heard of for two thirds of a lease. gone: it has left, or was taken for dead. */
export type MemberState = "up" | "draining" | "silent" | "gone";

/**
 * stopped: not wanted. starting: held, and not up. stopping: held, and on its way to another node, or to none. backoff: it has
 * failed, and waits for its next attempt, on the node that holds it or on another.
 */
export type RoleState = "free" | "starting" | "running" | "stopping" | "backoff" | "failed" | "completed" | "stopped";

/** A role of a cluster, or one shard of it. */
export interface RoleStatus {
  readonly name: string;
  readonly shard: number | null;
  readonly state: RoleState;
  readonly healthy: boolean;
  /** The node that holds it. */
  readonly node: string | null;
  /** The session that holds it: two nodes may have one name. */
  readonly session: string | null;
  /** When that node got it, by its own wall clock, in milliseconds; null if nobody holds it. */
  readonly grantedAt: number | null;
  /** null: nobody ever held it. */
  readonly token: number | null;
  readonly failures: number;
  readonly avoid: readonly string[];
  readonly error: string | null;
  /** Why it is where it is, for a person. */
  readonly because: string;
}

/**
 * Why a role, or a shard of it, changed. claimed: it was free. taken-over: its node had fallen silent. handed-over: its node
 * gave it up in order. moved: by hand. failed-there: too often on that node. lease-lost: its node fell silent, and nobody has
 * it yet. up, down: it is healthy where it is held, or no more. restarted: it is
 * tried again where it failed. stuck: it did not stop in time, so its node keeps it.
 * failed, completed: for the whole cluster. stopped, started: by hand, for the whole cluster.
 */
export type RoleReason =
  | "claimed"
  | "taken-over"
  | "handed-over"
  | "moved"
  | "failed-there"
  | "lease-lost"
  | "up"
  | "down"
  | "restarted"
  | "stuck"
  | "failed"
  | "completed"
  | "stopped"
  | "started";

/**
 * Why a member changed. silent: not heard of for two thirds of a lease; heard: again. expelled: another node took it for dead.
 * rejoined: its own node has joined again, and ended it. drained, undrained: by hand. left: in order.
 */
export type MemberReason = "joined" | "left" | "silent" | "heard" | "expelled" | "rejoined" | "drained" | "undrained";

export interface MemberChange {
  readonly type: "member";
  readonly node: string;
  readonly session: string;
  /** null: it was not known before. */
  readonly from: MemberState | null;
  readonly to: MemberState;
  readonly because: MemberReason;
}

export interface RoleChange {
  readonly type: "role";
  readonly role: string;
  readonly shard: number | null;
  readonly from: RoleState;
  readonly to: RoleState;
  /** The node that holds it now; null if none does. */
  readonly node: string | null;
  readonly token: number | null;
  readonly because: RoleReason;
  /** With the update of a new holder: how long nobody was seen to hold it, in milliseconds. null: not seen. */
  readonly gapMs: number | null;
}
