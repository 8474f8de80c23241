// nats-writes.ts: compare-and-swap on a bucket.
//
// Replicated servers before 2.10.20 check the expected sequence of a subject on the leader alone, before they agree on the
// write: of several writers at once, all can win (nats-server#4320). The sequence of the whole stream is checked when the
// write is carried out, so there both are expected, and a write that another key got ahead of is tried again.

import type { JetStreamClient } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { Nats } from "./nats-packages.ts";

/** What a write expects of its key: a revision, or that it has no value. */
type Expected = number | "nothing";

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

interface Stream {
  readonly nats: Nats;
  readonly js: JetStreamClient;
  readonly kv: KV;
  readonly bucket: string;
}

/** Writes that expect the sequence of the whole stream. One at a time, but for renewals, which wait for nothing. */
export function createOrderedWrites(stream: Stream): Writes {
  let last = Promise.resolve<unknown>(undefined);
  const sequence = { known: 0 };
  return {
    write(key, value, expected) {
      const operate = () => writeInOrder(stream, sequence, key, value, expected);
      if (key.startsWith("s.")) return operate();
      const result = last.then(operate, operate);
      last = result.catch(() => {});
      return result;
    },
  };
}

async function writeInOrder(
  { nats, js, kv, bucket }: Stream,
  sequence: { known: number },
  key: string,
  value: string | null,
  expected: Expected,
): Promise<number | null> {
  let subject = expected === "nothing" ? 0 : expected;
  for (;;) {
    try {
      const headers = nats.headers();
      if (value === null) headers.set("KV-Operation", "DEL");
      const expect = { lastSequence: sequence.known, lastSubjectSequence: subject };
      const { seq } = await js.publish(`$KV.${bucket}.${key}`, value ?? "", { expect, headers });
      sequence.known = Math.max(sequence.known, seq);
      return seq;
    } catch (error) {
      if (!isRefusal(nats, error)) throw error;
    }
    const entry = await kv.get(key);
    const isThere = entry !== null && entry.operation === "PUT";
    if (expected === "nothing" ? isThere : entry?.revision !== expected || !isThere) return null;
    subject = entry?.revision ?? 0;
    sequence.known = (await (await js.jetstreamManager(false)).streams.info(`KV_${bucket}`)).state.last_seq;
  }
}
