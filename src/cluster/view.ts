// view.ts: what is known of a cluster, as its records say: its members, its roles and its health.

import {
  type Directory,
  holderOf,
  type Known,
  type RoleRecord,
  type SessionRecord,
} from "../../machines/policies/directory.ts";
import type { MemberState, RoleState, RoleStatus } from "../contract/cluster-facts.ts";
import { isStuck, isUp } from "./claim-state.ts";
import { toClaim, unclaimed } from "./records.ts";
import { shardsOf } from "./to-placement.ts";

export interface Member {
  readonly node: string;
  readonly session: string;
  readonly state: MemberState;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly health: string;
  /** Wall clock of that node, in milliseconds. */
  readonly startedAt: number;
  readonly seenMsAgo: number;
  /** How many roles and shards it holds. */
  readonly holds: number;
}

export interface ClusterHealth {
  /** degraded: a role is not up, or a member is not heard of. */
  readonly status: "healthy" | "degraded";
  readonly roles: number;
  readonly down: readonly string[];
}

export function toHealth(directory: Directory, now: number): ClusterHealth {
  const roles = listRoles(directory);
  const down = roles
    .filter(({ healthy, state }) => !healthy && state !== "stopped" && state !== "completed")
    .map(({ name, shard }) => toClaim(name, shard));
  const isSilent = listMembers(directory, now).some(({ state }) => state === "silent");
  return { status: down.length === 0 && !isSilent ? "healthy" : "degraded", roles: roles.length, down };
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

function toMemberState({ state }: SessionRecord, isDrained: boolean, isSilent: boolean): MemberState {
  if (state === "gone") return "gone";
  if (isSilent) return "silent";
  return isDrained ? "draining" : state;
}

export function listRoles(directory: Directory): RoleStatus[] {
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
    because: isStuck(directory, claim)
      ? `stuck on ${node}: it did not stop in time; end that process to let another node take it`
      : explainRole(directory, name, state, node, record.error),
  };
}

/** A set of shards as a whole: how the first is that is not up. Nobody holds all of it. */
export function toRoleSet(directory: Directory, name: string, { record }: Known<RoleRecord>): RoleStatus {
  const bad = [...shardsOf(record)].filter((shard) => !isUp(directory, toClaim(name, shard)));
  const first = toRole(directory, name, bad[0] ?? 0, record.wanted);
  const because =
    bad.length === 0
      ? `all ${record.shards} shards are running`
      : `${bad.length} of ${record.shards} shards are not up; ${toClaim(name, first.shard)}: ${first.because}`;
  return { ...first, shard: null, node: null, token: null, because };
}

function toRoleState(
  state: "held" | "free" | "failed" | "completed",
  wanted: boolean,
  isHeld: boolean,
  isHealthy: boolean,
): RoleState {
  if (isHeld) return isHealthy ? "running" : "starting";
  if (!wanted) return "stopped";
  return state === "held" ? "free" : state;
}

function explainRole(
  directory: Directory,
  name: string,
  state: RoleState,
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
