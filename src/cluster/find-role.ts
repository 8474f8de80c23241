// find-role.ts: the role, or the shard of one, that a path means, and who holds it.

import { type Directory, holderOf } from "../../machines/policies/directory.ts";
import type { RoleStatus } from "../contract/cluster-facts.ts";
import { SupervisorError } from "../contract/errors.ts";
import { toClaim } from "./records.ts";
import { shardsOf } from "./to-placement.ts";
import { toRole, toRoleSet } from "./view.ts";

export interface FoundRole {
  /** `"ledger"`, `"inbox"` or `"inbox/17"`. */
  readonly path: string;
  readonly name: string;
  readonly shards: readonly (number | null)[];
  /** All shards of it. */
  readonly isSet: boolean;
}

/** The role, or the shard, of a path, with or without the name of the tree; null if it is none. */
export function findRole(directory: Directory, path: string): FoundRole | null {
  const parts = path.split("/");
  for (const [name, shard, ...rest] of [parts, parts.slice(1)]) {
    const record = name === undefined ? undefined : directory.roles.get(name)?.record;
    if (name === undefined || record === undefined || rest.length > 0) continue;
    if (record.kind === "singleton" && shard === undefined) return { path: name, name, shards: [null], isSet: false };
    if (record.kind === "singleton") continue;
    if (shard === undefined) return { path: name, name, shards: [...shardsOf(record)], isSet: true };
    const number = Number(shard);
    if (Number.isInteger(number) && number >= 0 && number < record.shards)
      return { path: `${name}/${number}`, name, shards: [number], isSet: false };
  }
  return null;
}

export function statusOf(directory: Directory, { name, shards, isSet }: FoundRole): RoleStatus {
  const known = directory.roles.get(name)!;
  return isSet ? toRoleSet(directory, name, known) : toRole(directory, name, shards[0]!);
}

/** The sessions that hold it, or a shard of it, each once. */
export function holdersOf(directory: Directory, { name, shards }: FoundRole): string[] {
  return [...new Set(shards.flatMap((shard) => holderOf(directory, toClaim(name, shard)) ?? []))];
}

export function toNotHeld(directory: Directory, found: FoundRole): SupervisorError {
  const { because } = statusOf(directory, found);
  return new SupervisorError("ERR_NO_NODE", `no node runs ${found.path}: ${because}`);
}
