// next-in-line.ts: the node that takes a singleton if its holder goes, by the same placement that decides it then.

import { type Directory, holderOf } from "../../machines/policies/directory.ts";
import { placeRoles } from "../../machines/policies/placement.ts";
import { toCandidates, toPlaceable } from "./to-placement.ts";

/** The session that is next; null for shards, for a role that nobody holds, and if no other node qualifies. */
export function nextInLine(directory: Directory, name: string): string | null {
  const known = directory.roles.get(name);
  const holder = holderOf(directory, name);
  if (known === undefined || known.record.kind !== "singleton" || holder === null) return null;
  const placeable = toPlaceable(directory, name, null, Number.POSITIVE_INFINITY, known.record);
  if (placeable === null || !known.record.wanted) return null;
  const others = toCandidates(directory).filter(({ session }) => session !== holder);
  return placeRoles(others, [{ ...placeable, holder: null, last: null, to: null }]).get(name) ?? null;
}
