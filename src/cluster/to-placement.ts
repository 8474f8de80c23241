// to-placement.ts: what the placement needs of the directory: who could take roles, and what is to be placed.

import { type Directory, holderOf, type RoleRecord } from "../../machines/policies/directory.ts";
import { type Candidate, compareVersions, type Placeable } from "../../machines/policies/placement.ts";
import { toClaim, unclaimed } from "./records.ts";

/** The members that take roles. */
export function toCandidates({ sessions, drained }: Directory): Candidate[] {
  const candidates: Candidate[] = [];
  for (const [session, { record }] of sessions) {
    if (record.state !== "up" || drained.has(record.node)) continue;
    const { node, version, roles } = record;
    candidates.push({ session, node, version, roles });
  }
  return candidates;
}

/**
 * The roles that are wanted and neither have failed nor completed, each shard by itself. The session that one is handed to
 * comes first for `hintMs`.
 */
export function toPlaceables(directory: Directory, now: number, hintMs: number): Placeable[] {
  const placeables: Placeable[] = [];
  for (const [role, { record }] of directory.roles) {
    if (!record.wanted) continue;
    for (const shard of shardsOf(record)) {
      const placeable = toPlaceable(directory, role, shard, now - hintMs, record);
      if (placeable !== null) placeables.push(placeable);
    }
  }
  return placeables;
}

export function* shardsOf({ kind, shards }: RoleRecord): Iterable<number | null> {
  if (kind === "singleton") yield null;
  else for (let shard = 0; shard < shards; shard++) yield shard;
}

/** A role, or a shard of it; null if it has failed or completed. A hint older than `hintsSince` is over. */
export function toPlaceable(
  directory: Directory,
  role: string,
  shard: number | null,
  hintsSince: number,
  { pin, prefer }: RoleRecord,
): Placeable | null {
  const claim = toClaim(role, shard);
  const known = directory.claims.get(claim);
  const record = known?.record ?? unclaimed;
  if (record.state === "failed") return null;
  if (record.state === "completed" && !isOutdated(directory, role, record.version)) return null;
  const { node } = record;
  // A hint ends soon, and then others come first: the one that it names may be gone, and nobody knows yet.
  const isHinted = record.state === "free" && record.to !== undefined;
  const isHintOver = isHinted && known!.seenAt <= hintsSince;
  const to = isHinted && !isHintOver ? record.to! : null;
  const hinted = isHintOver ? directory.sessions.get(record.to!)?.record.node : undefined;
  const avoid = hinted === undefined ? record.avoid : [...record.avoid, hinted];
  // A node that died with it has no preference; after an outage of the engine all go back to where they were.
  const hasDied = directory.sessions.get(record.session)?.record.why === "silent";
  const last = node === "" || hasDied ? null : node;
  const pinned = pin !== undefined && pin.claim === claim && record.token <= pin.token ? pin.node : null;
  const ignoresVersion = prefer === "none";
  return { claim, role, holder: holderOf(directory, claim), to, avoid, last, pinned, ignoresVersion };
}

/** Whether a member runs a newer version than the one under which a role completed. */
function isOutdated({ sessions }: Directory, role: string, version: string): boolean {
  for (const { record } of sessions.values()) {
    if (record.state === "up" && record.roles.includes(role) && compareVersions(record.version, version) > 0)
      return true;
  }
  return false;
}
