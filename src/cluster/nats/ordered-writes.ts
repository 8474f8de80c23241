// ordered-writes.ts: compare-and-swap on a bucket of replicated servers before 2.10.20.
//
// They check the expected sequence of a subject on the leader alone, before they agree on the write: of several writers at
// once, all can win (nats-server#4320). The sequence of the whole stream is checked when the write is carried out, so here
// both are expected, and a write that another key got ahead of is tried again.

import type { JetStreamClient } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import type { Nats } from "./nats-packages.ts";
import { type Expected, isRefusal, type Writes } from "./nats-writes.ts";

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
