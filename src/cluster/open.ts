// open.ts: opens the store of a cluster, again and again until it is open, and checks the version of its records.

import type { SessionRecord } from "../../machines/policies/directory.ts";
import type { LeaseRule } from "../../machines/policies/lease.ts";
import type { Clock } from "../contract/context.ts";
import { SupervisorError } from "../contract/errors.ts";
import { asHopeless } from "../contract/hopeless.ts";
import { textOf } from "../contract/wording.ts";
import { attempt } from "./attempt.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { type ClusterRecord, decode, encode, keys, wireVersion } from "./records.ts";
import type { StoreConnection } from "./store.ts";

const firstBackoffMs = 500;
const longestBackoffMs = 10_000;
/** How long one attempt to connect may take. */
const openTimeoutMs = 10_000;

interface Opening {
  readonly plan: Pick<ClusterPlan, "id" | "store">;
  readonly inside: { readonly clock: Clock; drawChance(): number; wallNow(): number };
  readonly signal: AbortSignal;
  /** The session that this node had before, and of which nothing is left. */
  readonly former: string | null;
  readonly by: string;
  readonly onTrouble: (error: Error) => void;
}

/** The connection; null if the signal aborted; an error if this node can never be a member. */
export async function openStore(opening: Opening): Promise<StoreConnection | SupervisorError | null> {
  const { inside, signal, onTrouble } = opening;
  for (let failures = 0; ; failures++) {
    if (signal.aborted) return null;
    const outcome = await attempt(inside.clock, openTimeoutMs, () => openOnce(opening));
    if (outcome.isKnown) {
      if (!signal.aborted || outcome.value instanceof SupervisorError) return outcome.value;
      void outcome.value.close().catch(() => {});
      return null;
    }
    if (signal.aborted) return null;
    onTrouble(outcome.error);
    const grown = Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures);
    await sleep(inside.clock, grown * (0.5 + inside.drawChance() / 2), signal);
  }
}

function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

async function openOnce(opening: Opening): Promise<StoreConnection | SupervisorError> {
  const { plan, inside, signal, former, by } = opening;
  const connection = await plan.store.open({ id: plan.id, clock: inside.clock, signal });
  try {
    const refusal = await checkVersion(connection, plan.id, inside.wallNow());
    if (refusal !== null) {
      await connection.close();
      return asHopeless(refusal);
    }
    if (former !== null) await endFormer(connection, former, by);
    return connection;
  } catch (error) {
    void connection.close().catch(() => {});
    throw error;
  }
}

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

/** An error if the records have a version that this program cannot read. Makes the record of a cluster that is new; not with `wall` null, for who only looks. */
export async function checkVersion(
  connection: StoreConnection,
  id: string,
  wall: number | null,
): Promise<SupervisorError | null> {
  const found = await connection.read(keys.cluster);
  if (found === null) {
    if (wall === null) return null;
    const record: ClusterRecord = { v: wireVersion, id, createdAt: Math.floor(wall) };
    await connection.create(keys.cluster, encode(record));
    return null;
  }
  const { v } = (decode(found.value) ?? {}) as Partial<ClusterRecord>;
  if (v === wireVersion) return null;
  const message = `the records of cluster "${id}" have version ${String(v)}; this program reads ${wireVersion}: update it, or take another id`;
  return new SupervisorError("ERR_CLUSTER_VERSION", message);
}

/** Says that the session that this node had before is over, so that the others need not wait for its lease to end. */
async function endFormer(connection: StoreConnection, former: string, by: string): Promise<void> {
  const key = keys.session(former);
  const found = await connection.read(key);
  const record = found === null ? null : (decode(found.value) as SessionRecord | null);
  if (found === null || record === null || record.state === "gone") return;
  const gone: SessionRecord = { ...record, state: "gone", roles: [], down: [], by, why: "rejoined" };
  await connection.replace(key, encode(gone), found.revision);
}
