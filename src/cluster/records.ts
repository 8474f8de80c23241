// records.ts: the records of a cluster as they are written: their keys, their form and its version.

import { type ClaimRecord, escapeName } from "../../machines/policies/directory.ts";

/** The version of the records that this program writes, and the least that it reads. */
export const wireVersion = 1;

/** The longest error that a record carries, in characters. */
const longestError = 1_000;

/** The record of the cluster itself, written once. */
export interface ClusterRecord {
  readonly v: number;
  readonly id: string;
  /** Wall clock, for people. */
  readonly createdAt: number;
}

export const keys = {
  cluster: "c",
  session: (session: string) => `s.${escapeName(session)}`,
  role: (role: string) => `d.${escapeName(role)}`,
  claim: (role: string, shard: number | null) => `r.${escapeName(role)}${shard === null ? "" : `.${shard}`}`,
  drain: (node: string) => `drain.${escapeName(node)}`,
};

export const addresses = {
  /** Where the tree of a session is asked. */
  ask: (session: string) => escapeName(session),
};

/** The name of a claim: `"ledger"`, or `"inbox/17"`. */
export function toClaim(role: string, shard: number | null): string {
  return shard === null ? role : `${role}/${shard}`;
}

export function encode(record: object): string {
  return JSON.stringify(record);
}

/** A value as it was written; null if it is not JSON, as after another program has written there. */
export function decode(value: string | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** A claim that nobody ever held. */
export const unclaimed: ClaimRecord = {
  v: wireVersion,
  state: "free",
  node: "",
  session: "",
  attempt: "",
  token: 0,
  failures: 0,
  avoid: [],
  delayMs: 0,
  version: "",
};

/** What others read about an error. */
export function toShortError(error: Error): string {
  const { message } = error;
  return message.length <= longestError ? message : `${message.slice(0, longestError)}…`;
}
