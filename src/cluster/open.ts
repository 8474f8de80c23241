// open.ts: opens the store of a cluster for a session of this node, again and again until it is open.

import type { SessionRecord } from "../../machines/policies/directory.ts";
import type { Clock } from "../contract/context.ts";
import { SupervisorError } from "../contract/errors.ts";
import { asHopeless } from "../contract/hopeless.ts";
import { attempt } from "./attempt.ts";
import { checkVersion } from "./check-version.ts";
import type { ClusterPlan } from "./cluster-plan.ts";
import { decode, encode, keys } from "./records.ts";
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

/** Says that the session that this node had before is over, so that the others need not wait for its lease to end. */
async function endFormer(connection: StoreConnection, former: string, by: string): Promise<void> {
  const key = keys.session(former);
  const found = await connection.read(key);
  const record = found === null ? null : (decode(found.value) as SessionRecord | null);
  if (found === null || record === null || record.state === "gone") return;
  const gone: SessionRecord = { ...record, state: "gone", roles: [], down: [], by, why: "rejoined" };
  await connection.replace(key, encode(gone), found.revision);
}
