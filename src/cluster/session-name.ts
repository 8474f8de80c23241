// session-name.ts: the name of a node that was given none, and the ids of its sessions.

import type { Inside } from "../contract/director.ts";
import type { ClusterPlan } from "./cluster-plan.ts";

/** The same for all sessions of one start of the program. */
export function nameOf({ node }: ClusterPlan, { memory, drawChance }: Inside): string {
  const name = node ?? (memory.get("node") as string | undefined) ?? `node-${toLetters(drawChance(), 6)}`;
  memory.set("node", name);
  return name;
}

/** An id that no other session has: one of another incarnation, another start of the program, another node. */
export function newId(node: string, { memory, drawChance, wallNow }: Inside): string {
  const count = ((memory.get("sessions") as number | undefined) ?? 0) + 1;
  memory.set("sessions", count);
  return `${node}-${Math.floor(wallNow()).toString(36)}-${count}-${toLetters(drawChance(), 8)}`;
}

function toLetters(chance: number, count: number): string {
  return Math.floor(chance * 36 ** count)
    .toString(36)
    .padStart(count, "0");
}
