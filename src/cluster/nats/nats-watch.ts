// nats-watch.ts: watches a bucket: the newest value of each key, then every change, in the order of the stream.

import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { toError } from "../../contract/errors.ts";
import type { StoreWatcher } from "../store.ts";
import type { Nats } from "./nats-packages.ts";

interface Watching {
  readonly nats: Nats;
  readonly nc: NatsConnection;
  readonly bucket: string;
  readonly requestTimeoutMs: number;
  readonly on: StoreWatcher;
}

/** Returns the remover. After a reconnection the watch is stale: a server that was away may have dropped its consumer. */
export function watchBucket(watching: Watching): () => void {
  const { on, nc } = watching;
  let isOver = false;
  let stop = () => {};
  const end = (error: Error) => {
    if (isOver) return;
    isOver = true;
    stop();
    on.stale(error);
  };
  const begin = async () => {
    const messages = await consume(watching, () => isOver);
    stop = () => messages.stop();
    if (isOver) return stop();
    await messages.closed();
    end(new Error("the watch of the bucket has ended"));
  };
  begin().catch((error) => end(toError(error)));
  void followStatus(nc, () => isOver, end);
  return () => {
    isOver = true;
    stop();
  };
}

async function followStatus(nc: NatsConnection, isOver: () => boolean, end: (error: Error) => void): Promise<void> {
  for await (const { type } of nc.status()) {
    if (isOver()) return;
    if (type === "reconnect") return end(new Error("the connection to NATS was lost and is back"));
  }
}

async function consume({ nats, nc, bucket, requestTimeoutMs, on }: Watching, isOver: () => boolean) {
  const prefix = `$KV.${bucket}.`;
  // While servers elect a leader, they leave requests unanswered: the sooner it is tried again, the sooner all is known.
  const js = nats.jetstream(nc, { timeout: requestTimeoutMs });
  const consumer = await js.consumers.getPushConsumer(`KV_${bucket}`, {
    deliver_policy: nats.DeliverPolicy.LastPerSubject,
  });
  let left = (await consumer.info(true)).num_pending;
  let isSynced = false;
  const checkSynced = () => {
    if (isSynced || left > 0) return;
    isSynced = true;
    on.synced();
  };
  const report = (message: JsMsg) => {
    const isRemoval = message.headers?.has("KV-Operation") ?? false;
    on.entry(message.subject.slice(prefix.length), isRemoval ? null : message.string(), message.seq);
  };
  if (left === 0 && !isOver()) checkSynced();
  return consumer.consume({
    callback: (message) => {
      if (isOver()) return;
      left--;
      report(message);
      checkSynced();
    },
  });
}
