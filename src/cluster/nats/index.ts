// statevisor/cluster/nats: a cluster on NATS JetStream.

export { type NatsStoreOptions, natsStore } from "./nats-store.ts";
