// claim-state.ts: how a claim is, as the records say.

import { type Directory, holderOf } from "../../machines/policies/directory.ts";

/** Whether a claim is up where it is held, as the session that holds it has said since it got it. */
export function isUp(directory: Directory, claim: string): boolean {
  const holder = holderOf(directory, claim);
  if (holder === null) return false;
  const session = directory.sessions.get(holder)!;
  return session.revision > directory.claims.get(claim)!.revision && !session.record.down.includes(claim);
}

/** What the session that holds a claim has said since it got it of a service that is not up; null if nothing. */
export function phaseOf(directory: Directory, claim: string): "stopping" | "backoff" | null {
  const holder = holderOf(directory, claim);
  if (holder === null) return null;
  const { record, revision } = directory.sessions.get(holder)!;
  if (revision <= directory.claims.get(claim)!.revision) return null;
  if (record.stopping?.includes(claim)) return "stopping";
  return record.backoff?.includes(claim) ? "backoff" : null;
}

/** Whether the session that holds a claim has said that its service would not stop. */
export function isStuck(directory: Directory, claim: string): boolean {
  const holder = holderOf(directory, claim);
  return holder !== null && (directory.sessions.get(holder)!.record.stuck?.includes(claim) ?? false);
}
