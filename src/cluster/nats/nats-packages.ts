// nats-packages.ts: the packages of NATS, which are optional, loaded when a store is first opened.

import { SupervisorError } from "../../contract/errors.ts";

export type Nats = Awaited<ReturnType<typeof load>>;

async function load() {
  const [transport, jetstream, kv] = await Promise.all([
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
    import("@nats-io/kv"),
  ]);
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = jetstream.JetStreamApiCodes;
  return {
    connect: transport.connect,
    headers: transport.headers,
    jetstream: jetstream.jetstream,
    DeliverPolicy: jetstream.DeliverPolicy,
    storageFile: jetstream.StorageType.File,
    Kvm: kv.Kvm,
    /** The answers that a write was refused, for certain. */
    refusals: [StreamWrongLastSequence, StreamWrongLastSequenceUnknown] as readonly number[],
    streamNotFound: jetstream.JetStreamApiCodes.StreamNotFound as number,
  };
}

export async function loadNats(): Promise<Nats> {
  try {
    return await load();
  } catch (cause) {
    const message =
      "natsStore needs the packages @nats-io/transport-node, @nats-io/jetstream and @nats-io/kv; install them";
    throw new SupervisorError("ERR_CLUSTER_UNREACHABLE", message, { cause });
  }
}
