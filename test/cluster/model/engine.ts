// The store of the model: compare-and-swap on each key, and what a node has seen of it.

import type { ClaimEntry, Node, Op, World } from "./world.ts";

export interface Mutants {
  /** An expulsion is written whatever the revision of the session. */
  readonly expelsWithoutCas?: boolean;
}

/** The request of an operation arrives: it is carried out. */
export function carryOut(world: World, op: Op, mutants: Mutants): void {
  op.stage = "answer";
  const session = world.sessions[op.session];
  switch (op.kind) {
    case "open":
      endFormer(world, op);
      op.result = true;
      return;
    case "create":
      op.result = session === undefined ? writeSession(world, op) : null;
      return;
    case "expel":
    case "renew":
    case "gone": {
      const isFree = op.kind === "expel" && mutants.expelsWithoutCas === true;
      op.result = session !== undefined && (session.rev === op.rev || isFree) ? writeSession(world, op) : null;
      return;
    }
    case "read":
      op.result = session === undefined ? null : { ...session };
      return;
    case "readClaim":
    case "reread": {
      const found = world.claims[op.claim]!;
      op.result = found === null ? null : copyClaim(found);
      return;
    }
    default:
      op.result = (world.claims[op.claim]?.rev ?? 0) === op.rev ? writeClaim(world, op) : null;
  }
}

function writeSession(world: World, op: Op): number {
  const rev = world.next++;
  world.sessions[op.session] = { ...op.entry!, rev };
  return rev;
}

function writeClaim(world: World, op: Op): number {
  const rev = world.next++;
  const record = { ...copyClaim(op.record!), rev };
  world.claims[op.claim] = record;
  if (record.failures > 2) world.violation = `claim ${op.claim} has failed ${record.failures} times`;
  return rev;
}

/** A node that joins again says that the session that it had before is over. */
function endFormer(world: World, op: Op): void {
  const { former } = world.nodes[op.node]!;
  const session = former === null ? undefined : world.sessions[former];
  if (session === undefined || session.state === "gone") return;
  world.sessions[former!] = { ...session, state: "gone", willing: false, why: "rejoined", rev: world.next++ };
}

export function copyClaim(record: ClaimEntry): ClaimEntry {
  return { ...record, avoid: [...record.avoid] };
}

export function isBehind(world: World, node: Node): boolean {
  for (const id in world.sessions) if (node.sessions[id]?.rev !== world.sessions[id]!.rev) return true;
  return world.claims.some((claim, index) => (claim?.rev ?? 0) !== (node.claims[index]?.rev ?? 0));
}

/** The watch of a node brings everything that it has not seen: the newest of each key, as after a longer while. */
export function bring(world: World, node: Node): void {
  for (const [id, entry] of Object.entries(world.sessions))
    if (node.sessions[id]?.rev !== entry.rev) node.sessions[id] = { ...entry, age: 0 };
  for (const [index, entry] of world.claims.entries())
    if (entry !== null && node.claims[index]?.rev !== entry.rev) node.claims[index] = { ...copyClaim(entry), age: 0 };
}
