// view.ts: what is known of a cluster, as its records say: its members, its roles and its health.

import { type Directory, holderOf, type SessionRecord } from "../../machines/policies/directory.ts";
import type { Dropped } from "../contract/updates.ts";
import { isUp } from "./claim-state.ts";
import { type ClusterControl, type ControlSource, createControl } from "./control.ts";
import type { Feed, Heard } from "./feed.ts";
import { toClaim, unclaimed } from "./records.ts";
import { shardsOf } from "./to-placement.ts";
import type { ClusterUpdate } from "./updates.ts";

/** The value of a cluster service, and what `connectCluster` gives. */
export interface Cluster extends ClusterControl {
  readonly id: string;
  /** The name of this node; null for an observer. */
  readonly node: string | null;
  /** From the records, at once. */
  members(): Member[];
  roles(): RoleStatus[];
  health(): ClusterHealth;
  /**
   * Calls `listener`, from now on, with each change of a member or of a role, in order; `"update"` is both. What it throws is
   * ignored. Returns the remover. The handle of a node ends with its session: a lost lease ends what was asked of it.
   *
   * @throws SupervisorError ERR_INVALID_SPEC for another type.
   */
  on<Type extends ClusterUpdate["type"]>(
    type: Type,
    listener: (update: Extract<ClusterUpdate, { type: Type }>) => unknown,
  ): () => void;
  on(type: "update", listener: (update: ClusterUpdate) => unknown): () => void;
  /**
   * All changes from the call on, in order. A reader that falls behind by more than `bufferSize` (1_024) loses the oldest and
   * gets one `{ type: "dropped", count }` in their place. Ends when `signal` aborts, and with the handle.
   */
  updates(options?: {
    signal?: AbortSignal | undefined;
    bufferSize?: number | undefined;
  }): AsyncIterableIterator<ClusterUpdate | Dropped>;
}

export interface Member {
  readonly node: string;
  readonly session: string;
  /** silent: not heard of for two thirds of a lease. gone: it has left, or was taken for dead. */
  readonly state: "up" | "draining" | "silent" | "gone";
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly health: string;
  /** Wall clock of that node, in milliseconds. */
  readonly startedAt: number;
  readonly seenMsAgo: number;
  /** How many roles and shards it holds. */
  readonly holds: number;
}

/** A role, or one shard of it. */
export interface RoleStatus {
  readonly name: string;
  readonly shard: number | null;
  /** stopped: not wanted. starting: held, and not up. */
  readonly state: "free" | "starting" | "running" | "failed" | "completed" | "stopped";
  readonly healthy: boolean;
  readonly node: string | null;
  /** null: nobody ever held it. */
  readonly token: number | null;
  readonly failures: number;
  readonly avoid: readonly string[];
  readonly error: string | null;
  /** Why it is where it is, for a person. */
  readonly because: string;
}

export interface ClusterHealth {
  /** degraded: a role is not up, or a member is not heard of. */
  readonly status: "healthy" | "degraded";
  readonly roles: number;
  readonly down: readonly string[];
}

export interface ViewSource extends ControlSource {
  readonly id: string;
  readonly node: string | null;
  readonly feed: Feed;
}

export function createView(source: ViewSource): Cluster {
  return {
    ...createControl(source),
    id: source.id,
    node: source.node,
    members: () => listMembers(source.directory(), source.clock.now()),
    roles: () => listRoles(source.directory()),
    health() {
      const roles = listRoles(source.directory());
      const down = roles
        .filter(({ healthy, state }) => !healthy && state !== "stopped" && state !== "completed")
        .map(({ name, shard }) => toClaim(name, shard));
      const isSilent = listMembers(source.directory(), source.clock.now()).some(({ state }) => state === "silent");
      return { status: down.length === 0 && !isSilent ? "healthy" : "degraded", roles: roles.length, down };
    },
    on: (type: Heard, listener: (update: never) => unknown) => source.feed.on(type, listener),
    updates: (options) => source.feed.read(options),
  };
}

export function listMembers(known: Directory, now: number): Member[] {
  const holds = new Map<string, number>();
  for (const claim of known.claims.keys()) {
    const holder = holderOf(known, claim);
    if (holder !== null) holds.set(holder, (holds.get(holder) ?? 0) + 1);
  }
  const members = [...known.sessions].map(([session, { record, seenAt }]): Member => {
    const { node, labels, version, health, startedAt, leaseMs } = record;
    const seenMsAgo = now - seenAt;
    const isSilent = seenMsAgo > silentAfterMs(leaseMs);
    const state = toMemberState(record, known.drained.has(node), isSilent);
    return { node, session, state, labels, version, health, startedAt, seenMsAgo, holds: holds.get(session) ?? 0 };
  });
  return members.sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : a.startedAt - b.startedAt));
}

/** A member that is not heard of for so long is said to be silent. Its lease ends later. */
export function silentAfterMs(leaseMs: number): number {
  return (2 * leaseMs) / 3;
}

function toMemberState({ state }: SessionRecord, isDrained: boolean, isSilent: boolean): Member["state"] {
  if (state === "gone") return "gone";
  if (isSilent) return "silent";
  return isDrained ? "draining" : state;
}

function listRoles(directory: Directory): RoleStatus[] {
  const roles: RoleStatus[] = [];
  for (const [name, { record }] of [...directory.roles].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const shard of shardsOf(record)) roles.push(toRole(directory, name, shard, record.wanted));
  }
  return roles;
}

export function toRole(directory: Directory, name: string, shard: number | null, wanted: boolean): RoleStatus {
  const claim = toClaim(name, shard);
  const record = directory.claims.get(claim)?.record ?? unclaimed;
  const holder = holderOf(directory, claim);
  const healthy = isUp(directory, claim);
  const node = holder === null ? null : record.node;
  const state = toRoleState(record.state, wanted, holder !== null, healthy);
  return {
    name,
    shard,
    state,
    healthy,
    node,
    token: record.token === 0 ? null : record.token,
    failures: record.failures,
    avoid: record.avoid,
    error: record.error ?? null,
    because: explainRole(directory, name, state, node, record.error),
  };
}

function toRoleState(
  state: "held" | "free" | "failed" | "completed",
  wanted: boolean,
  isHeld: boolean,
  isHealthy: boolean,
): RoleStatus["state"] {
  if (isHeld) return isHealthy ? "running" : "starting";
  if (!wanted) return "stopped";
  return state === "held" ? "free" : state;
}

function explainRole(
  directory: Directory,
  name: string,
  state: RoleStatus["state"],
  node: string | null,
  error: string | undefined,
): string {
  if (node !== null) return state === "running" ? `running on ${node}` : `on ${node}, not up`;
  if (state === "stopped") return "stopped in the whole cluster";
  if (state === "completed") return "completed";
  if (state === "failed") return `failed for the whole cluster${error === undefined ? "" : `: ${error}`}`;
  const members = [...directory.sessions.values()].filter(({ record }) => record.state !== "gone");
  const able = members.filter(
    ({ record }) => record.state === "up" && !directory.drained.has(record.node) && record.roles.includes(name),
  );
  if (able.length > 0) return `free; ${able.map(({ record }) => record.node).join(", ")} would take it`;
  const why = members.map(({ record }) =>
    record.state === "draining" || directory.drained.has(record.node)
      ? `${record.node} is draining`
      : `${record.node} does not take it`,
  );
  return `no node qualifies: ${why.join(", ") || "there is none"}`;
}
