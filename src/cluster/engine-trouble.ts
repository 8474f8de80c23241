// engine-trouble.ts: what is wrong or questionable with the engine of a store, in words for a person.

import type { LeaseRule } from "../../machines/policies/lease.ts";
import { textOf } from "../contract/wording.ts";
import type { StoreConnection } from "./store.ts";

/** What is wrong with an engine that cannot be used, for a person: it does not answer, or it lets nobody in. */
export function describeTrouble(name: string, error: Error): string {
  const why = textOf(error);
  const isRefused = /authenti|authoriz|password|permission|credential|role "[^"]*" does not exist/i.test(why);
  return isRefused ? `${name} does not take the credentials: ${why}` : `${name} does not answer: ${why}`;
}

/** What is questionable in a lease that does not bear an election: each would stop what is clustered, on all nodes. */
export function doubtElection(
  { renewDeadlineMs, renewIntervalMs }: LeaseRule,
  { electionMs = 0 }: StoreConnection,
): string | null {
  const bearsMs = renewDeadlineMs - renewIntervalMs;
  return bearsMs >= electionMs
    ? null
    : `an election of the engine may take ${electionMs} ms, and without renewals what is clustered stops after ${bearsMs} ms (renewDeadlineMs less renewIntervalMs)`;
}
