// nats-store.ts: a store on NATS JetStream: one key-value bucket for each cluster, and messages for questions between nodes.
// The revision of a key is its place in the bucket's stream, so there is one order for all keys.

import type { KV } from "@nats-io/kv";
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { check, checkKeys, invalid } from "../../contract/check.ts";
import type { Logger } from "../../contract/spec.ts";
import { toDenied } from "../denied.ts";
import type { ClusterStore, StoreConnection } from "../store.ts";
import { answerQuestions, askQuestion } from "./nats-messages.ts";
import { loadNats, type Nats } from "./nats-packages.ts";
import { watchBucket } from "./nats-watch.ts";
import { createPlainWrites, isSafeVersion, type Writes } from "./nats-writes.ts";
import { createOrderedWrites } from "./ordered-writes.ts";

export interface NatsStoreOptions {
  /**
   * The servers: `"nats://a:4222"`, or with credentials `"nats://user:password@a:4222"` (one name alone is a token; those of
   * the first server that has some are used for all). One that answers is enough to begin with.
   */
  servers: string | readonly string[];
  /**
   * How many servers keep the records. Three survive the loss of one.
   *
   * @default 3, or 1 where the server is not part of a cluster
   */
  replicas?: number | undefined;
  /**
   * The name of the bucket.
   *
   * @default "statevisor_" and the id of the cluster
   */
  bucket?: string | undefined;
  /** Credentials, TLS and whatever else `connect` of `@nats-io/transport-node` takes. */
  connection?: Omit<NodeConnectionOptions, "servers"> | undefined;
  logger?: Logger | undefined;
}

/** How long one request may take, in milliseconds. */
const requestTimeoutMs = 2_000;

/** Elections of three servers of NATS 2.9 took 4 to 8 seconds, and a loaded machine takes longer. */
const electionMs = 10_000;

/** How often a bucket is looked for and made before an attempt to open has failed. */
const mostAttempts = 4;

/** A server that is cut off from the others answers pings, and one that hangs does not: two lost pings end a connection. */
const liveness = {
  pingInterval: 2_000,
  maxPingOut: 2,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  timeout: 3_000,
} as const;

/**
 * A store on NATS JetStream. Needs the packages `@nats-io/transport-node`, `@nats-io/jetstream` and `@nats-io/kv`, which are
 * loaded when it is opened.
 *
 * In production: NATS 2.11 or later, three servers on three machines, and `sync_interval: always`: without it an
 * acknowledged write can be lost when the majority loses its power.
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function natsStore(options: NatsStoreOptions): ClusterStore {
  const where = "natsStore";
  check.object(where, "options", options);
  checkKeys(where, options, ["servers", "replicas", "bucket", "connection", "logger"]);
  const servers = typeof options.servers === "string" ? [options.servers] : options.servers;
  if (!Array.isArray(servers) || servers.length === 0 || servers.some((server) => typeof server !== "string"))
    throw invalid(where, "servers", "the address of a server, or an array of them", options.servers);
  const { replicas } = options;
  if (replicas !== undefined && ![1, 3, 5].includes(replicas)) throw invalid(where, "replicas", "1, 3 or 5", replicas);
  const plain = servers.map((server) => server.replace(/\/\/[^@/]*@/, "//"));
  const credentials = credentialsIn(servers);
  return {
    name: plain.join(", "),
    async open({ id, signal }) {
      if (signal.aborted) throw signal.reason;
      const nats = await loadNats();
      const nc = await nats.connect({ ...liveness, ...credentials, ...options.connection, servers: plain });
      const onAbort = () => void nc.close();
      signal.addEventListener("abort", onAbort);
      try {
        const bucket = options.bucket ?? `statevisor_${id}`;
        const kv = await openBucket(nats, nc, bucket, options);
        if (signal.aborted) throw signal.reason;
        return connectTo(nats, nc, kv, bucket, id);
      } catch (error) {
        await nc.close();
        throw error;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

/** The client takes no credentials from an address. */
function credentialsIn(servers: readonly string[]): Pick<NodeConnectionOptions, "user" | "pass" | "token"> {
  for (const server of servers) {
    const [, name, password] = /\/\/([^@/:]*)(?::([^@/]*))?@/.exec(server) ?? [];
    if (name === undefined) continue;
    if (password === undefined) return { token: decodeURIComponent(name) };
    return { user: decodeURIComponent(name), pass: decodeURIComponent(password) };
  }
  return {};
}

async function openBucket(
  nats: Nats,
  nc: NatsConnection,
  bucket: string,
  { replicas, logger }: NatsStoreOptions,
): Promise<KV> {
  const js = nats.jetstream(nc, { timeout: requestTimeoutMs });
  const isClustered = nc.info?.cluster !== undefined;
  const wanted = replicas ?? (isClustered ? 3 : 1);
  if (wanted === 1)
    logger?.warn({ bucket }, "the records of the cluster are kept by one server: its loss stops what is clustered");
  // Direct reads could come from a replica that lags.
  const settings = { history: 1, replicas: wanted, storage: nats.storageFile, allow_direct: false };
  const manager = await js.jetstreamManager(false);
  for (let attempts = 1; ; attempts++) {
    try {
      const isThere = await manager.streams.info(`KV_${bucket}`).then(
        () => true,
        (error) => {
          if ((error as { code?: number }).code === nats.streamNotFound) return false;
          throw error;
        },
      );
      // One that is there has the settings of whoever made it.
      if (isThere) return await new nats.Kvm(js).open(bucket, { allow_direct: false });
      return await new nats.Kvm(js).create(bucket, settings);
    } catch (error) {
      // While several nodes make the bucket at once, servers leave requests about it unanswered. While they elect a
      // leader, they answer at once that there is none.
      if (attempts === mostAttempts || nc.isClosed()) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempts * 500));
    }
  }
}

function connectTo(nats: Nats, nc: NatsConnection, kv: KV, bucket: string, id: string): StoreConnection {
  const watches = new Set<() => void>();
  const js = nats.jetstream(nc, { timeout: requestTimeoutMs });
  const isReplicated = nc.info?.cluster !== undefined;
  const writes =
    isReplicated && !isSafeVersion(nc.info?.version ?? "")
      ? createOrderedWrites({ nats, js, kv, bucket })
      : createPlainWrites(nats, kv);
  const write: Writes["write"] = (...given) => writes.write(...given).catch(reportDenial);
  return {
    ...(isReplicated && { electionMs }),
    create: (key, value) => write(key, value, "nothing"),
    replace: (key, value, revision) => write(key, value, revision),
    remove: async (key, revision) => (await write(key, null, revision)) !== null,
    async read(key) {
      const entry = await kv.get(key);
      return entry === null || entry.operation !== "PUT" ? null : { value: entry.string(), revision: entry.revision };
    },
    watch(on) {
      const remove = watchBucket({ nats, nc, bucket, requestTimeoutMs, on });
      watches.add(remove);
      return () => {
        watches.delete(remove);
        remove();
      };
    },
    ask: (address, data, timeoutMs) => askQuestion(nc, toSubject(id, address), data, timeoutMs),
    answer: (address, handler) => answerQuestions(nc, toSubject(id, address), handler),
    changeServer: () => void nc.reconnect().catch(() => {}),
    async close() {
      for (const remove of watches) remove();
      await nc.close();
    },
  };
}

function reportDenial(error: Error): never {
  const { cause } = error;
  if (cause instanceof Error && cause.name === "PermissionViolationError") throw toDenied("NATS", cause);
  throw error;
}

function toSubject(id: string, address: string): string {
  return `sv.${id}.ask.${address}`;
}
