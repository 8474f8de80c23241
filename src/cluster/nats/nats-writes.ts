// nats-writes.ts: compare-and-swap on a bucket, and which servers can be trusted with it (ordered-writes.ts is for the others).

import type { KV } from "@nats-io/kv";
import type { Nats } from "./nats-packages.ts";

/** What a write expects of its key: a revision, or that it has no value. */
export type Expected = number | "nothing";

export interface Writes {
  /** The revision; null if it was refused. A value of null removes the key. */
  write(key: string, value: string | null, expected: Expected): Promise<number | null>;
}

const firstSafe = [2, 10, 20];

/** Whether a replicated server checks the expected sequence of a subject against writes that are under way. */
export function isSafeVersion(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, least] of firstSafe.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

export function isRefusal(nats: Nats, error: unknown): boolean {
  return nats.refusals.includes((error as { code?: number }).code ?? 0);
}

/** Writes that the server checks by themselves. */
export function createPlainWrites(nats: Nats, kv: KV): Writes {
  const refused = (error: unknown): null => {
    if (isRefusal(nats, error)) return null;
    throw error;
  };
  return {
    write(key, value, expected) {
      if (value === null)
        return kv
          .delete(key, { previousSeq: expected as number })
          .then(() => expected as number)
          .catch(refused);
      if (expected === "nothing") return kv.create(key, value).catch(refused);
      return kv.update(key, value, expected).catch(refused);
    },
  };
}
