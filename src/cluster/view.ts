// view.ts: what is known of a cluster, as its records say: its members, its roles and its health.

import {
  type Directory,
  holderOf,
  type Known,
  type RoleRecord,
  type SessionRecord,
} from "../../machines/policies/directory.ts";
import type { MemberState, RoleState, RoleStatus } from "../contract/cluster-facts.ts";
import { isStuck, isUp, phaseOf } from "./claim-state.ts";
import { toClaim, unclaimed } from "./records.ts";
import { namesOf, type ShownNames } from "./shown-names.ts";
import { shardsOf } from "./to-placement.ts";

export interface Member {
  readonly node: string;
  /** The name of the node; of an older member with the same name, `"n1~2"`. */
  readonly shownAs: string;
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
  /** unhealthy: a critical role is not up. degraded: another role is not up, or a member is not heard of. */
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly roles: number;
  readonly down: readonly string[];
}

export function toHealth(directory: Directory, now: number): ClusterHealth {
  const roles = listRoles(directory);
  const down = roles.filter(({ healthy, state }) => !healthy && state !== "stopped" && state !== "completed");
  const isCritical = down.some(({ name }) => directory.roles.get(name)?.record.critical);
  const isSilent = listMembers(directory, now).some(({ state }) => state === "silent");
  return {
    status: isCritical ? "unhealthy" : down.length > 0 || isSilent ? "degraded" : "healthy",
    roles: roles.length,
    down: down.map(({ name, shard }) => toClaim(name, shard)),
  };
}

export function listMembers(known: Directory, now: number): Member[] {
  const holds = new Map<string, number>();
  for (const claim of known.claims.keys()) {
    const holder = holderOf(known, claim);
    if (holder !== null) holds.set(holder, (holds.get(holder) ?? 0) + 1);
  }
  const names = namesOf(known);
  const members = [...known.sessions].map(([session, { record, seenAt }]): Member => {
    const { node, labels, version, health, startedAt, leaseMs } = record;
    const seenMsAgo = now - seenAt;
    const isSilent = seenMsAgo > silentAfterMs(leaseMs);
    const state = toMemberState(record, known.drained.has(node), isSilent);
    const shownAs = names.get(session) ?? node;
    return {
      node,
      shownAs,
      session,
      state,
      labels,
      version,
      health,
      startedAt,
      seenMsAgo,
      holds: holds.get(session) ?? 0,
    };
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
  const names = namesOf(directory);
  for (const [name, { record }] of [...directory.roles].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const shard of shardsOf(record)) roles.push(toRole(directory, name, shard, names));
  }
  return roles;
}

export function toRole(
  directory: Directory,
  name: string,
  shard: number | null,
  names = namesOf(directory),
): RoleStatus {
  const claim = toClaim(name, shard);
  const record = directory.claims.get(claim)?.record ?? unclaimed;
  const session = holderOf(directory, claim);
  const healthy = isUp(directory, claim);
  const state = toRoleState(directory, name, claim);
  return {
    name,
    shard,
    state,
    healthy,
    node: session === null ? null : record.node,
    session,
    grantedAt: session === null ? null : (record.grantedAt ?? null),
    token: record.token === 0 ? null : record.token,
    failures: record.failures,
    avoid: record.avoid,
    error: record.error ?? null,
    because: explainRole({ directory, name, claim, state, names }),
  };
}

/** A set of shards as a whole: how the first is that is not up. Nobody holds all of it. */
export function toRoleSet(directory: Directory, name: string, { record }: Known<RoleRecord>): RoleStatus {
  const bad = [...shardsOf(record)].filter((shard) => !isUp(directory, toClaim(name, shard)));
  const first = toRole(directory, name, bad[0] ?? 0);
  const because =
    bad.length === 0
      ? `all ${record.shards} shards are running`
      : `${bad.length} of ${record.shards} shards are not up; ${toClaim(name, first.shard)}: ${first.because}`;
  return { ...first, shard: null, node: null, session: null, grantedAt: null, token: null, because };
}

function toRoleState(directory: Directory, name: string, claim: string): RoleState {
  const wanted = directory.roles.get(name)?.record.wanted ?? true;
  if (holderOf(directory, claim) !== null) {
    if (isUp(directory, claim)) return "running";
    return isStuck(directory, claim) ? "stopping" : (phaseOf(directory, claim) ?? "starting");
  }
  if (!wanted) return "stopped";
  const { state, delayMs } = directory.claims.get(claim)?.record ?? unclaimed;
  if (state === "failed" || state === "completed") return state;
  return state === "free" && delayMs > 0 && listAble(directory, name).length > 0 ? "backoff" : "free";
}

/** The members that would take a role. */
function listAble(directory: Directory, name: string): [session: string, record: SessionRecord][] {
  return listPresent(directory).filter(
    ([, record]) => record.state === "up" && !directory.drained.has(record.node) && record.roles.includes(name),
  );
}

function listPresent({ sessions }: Directory): [session: string, record: SessionRecord][] {
  return [...sessions].flatMap(([session, { record }]) => (record.state === "gone" ? [] : [[session, record]]));
}

interface Explained {
  readonly directory: Directory;
  readonly name: string;
  readonly claim: string;
  readonly state: RoleState;
  readonly names: ShownNames;
}

function explainRole({ directory, name, claim, state, names }: Explained): string {
  const holder = holderOf(directory, claim);
  const { node, error, delayMs, avoid } = directory.claims.get(claim)?.record ?? unclaimed;
  if (holder !== null) {
    const at = names.get(holder) ?? node;
    return isStuck(directory, claim)
      ? `stuck on ${at}: it did not stop in time; end that process to let another node take it`
      : `${heldWords[state] ?? "on"} ${at}${state === "starting" ? ", not up" : ""}`;
  }
  if (state === "stopped") return "stopped in the whole cluster";
  if (state === "completed") return "completed";
  if (state === "failed") return `failed for the whole cluster${error === undefined ? "" : `: ${error}`}`;
  const all = listAble(directory, name);
  const others = all.filter(([, record]) => !avoid.includes(record.node));
  const able = (others.length > 0 ? others : all).map(([session, record]) => names.get(session) ?? record.node);
  const takers = able.sort().join(", ");
  if (state === "backoff") return `it failed on ${node}, and waits ${delayMs} ms for its next attempt, on ${takers}`;
  if (able.length > 0) return `free; ${takers} would take it`;
  const why = listPresent(directory).map(
    ([session, record]) => `${names.get(session) ?? record.node} ${whyUnable(directory, name, record)}`,
  );
  return `no node qualifies: ${why.sort().join(", ") || "there is none"}`;
}

const heldWords: Partial<Record<RoleState, string>> = {
  running: "running on",
  stopping: "stopping on",
  backoff: "it has failed, and waits for its next attempt on",
};

/** Why a member does not take a role: what its record says about that. */
function whyUnable(directory: Directory, name: string, { state, node, labels }: SessionRecord): string {
  if (state === "draining" || directory.drained.has(node)) return "is draining";
  const wanted = Object.entries(directory.roles.get(name)?.record.labels ?? {});
  const lacking = wanted.filter(([key, value]) => labels[key] !== value).map(([key, value]) => `${key}=${value}`);
  return lacking.length > 0 ? `lacks the label ${lacking.join(" and ")}` : "does not take it";
}
