// The engines of the fault tests: PostgreSQL, one NATS server, and three that are a NATS cluster.

import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import pg from "pg";
import type { ClusterStore } from "statevisor/cluster";
import { natsStore } from "statevisor/cluster/nats";
import { postgresStore } from "statevisor/cluster/postgres";
import { until } from "../../support/processes.ts";
import { type NatsServer, startNatsCluster, startNatsServer } from "../store/nats-server.ts";
import { startPostgres } from "../store/postgres-server.ts";

/** A server of an engine. */
export interface EngineServer {
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  wake(): void;
}

export interface Engine {
  readonly name: string;
  readonly servers: readonly EngineServer[];
  /** As the test itself reaches its servers. */
  readonly addresses: readonly string[];
  /** The addresses on loopback that a wire leads to. */
  readonly ports: readonly number[];
  /** The address of a server that is reached at a port of loopback. */
  addressOf(port: number): string;
  /** As the test itself reaches it. */
  store(): ClusterStore;
  /** Takes all data away. */
  wipe(): Promise<void>;
  /** Waits until it takes writes, as far as it can be asked. Resolves with what had to be done for that. */
  recover?(): Promise<string | null>;
  remove(): Promise<void>;
}

export async function postgresEngine(): Promise<Engine> {
  const server = await startPostgres();
  const port = Number(new URL(server.url).port);
  return {
    name: "postgres",
    servers: [server],
    addresses: [server.url],
    ports: [port],
    addressOf: (at) => `postgres://postgres@127.0.0.1:${at}/postgres`,
    store: () => postgresStore({ connectionString: server.url }),
    async wipe() {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query("delete from statevisor.entry");
      await client.end();
    },
    remove: server.remove,
  };
}

function natsEngine(name: string, servers: readonly NatsServer[]): Engine {
  return {
    name,
    servers,
    addresses: servers.map(({ url }) => url),
    ports: servers.map(({ port }) => port),
    addressOf: (port) => `nats://127.0.0.1:${port}`,
    store: () => natsStore({ servers: servers.map(({ url }) => url) }),
    async wipe() {
      for (const server of servers) await server.wipe();
      for (const server of servers) await server.start();
    },
    async remove() {
      for (const server of servers) await server.remove();
    },
  };
}

export const oneNats = async () => natsEngine("nats", [await startNatsServer()]);

/** Three servers that are a NATS cluster. After all were killed, some of its versions never elect a leader on a busy machine. */
export async function threeNats(): Promise<Engine> {
  const servers = await startNatsCluster();
  const engine = natsEngine("3 nats", servers);
  return {
    ...engine,
    async recover() {
      try {
        await leaderOf(engine, "faults");
        return null;
      } catch (error) {
        await Promise.all(servers.map((server) => server.kill()));
        await Promise.all(servers.map((server) => server.start()));
        await leaderOf(engine, "faults");
        return `NATS is started again: ${(error as Error).message}; ${lastAnswer}`;
      }
    },
  };
}

/** What was last said about the leader, for people. */
let lastAnswer = "it was not asked";

/** Which of the servers of a NATS cluster leads the records of a cluster of that id. */
export async function leaderOf(engine: Engine, id: string): Promise<number> {
  const connection = await connect({ servers: [...engine.addresses] });
  try {
    // Right after a server is back there is none, and the question may fail.
    const ask = async () => {
      const { cluster } = await (await jetstreamManager(connection)).streams.info(`KV_statevisor_${id}`);
      lastAnswer = JSON.stringify(cluster);
      const isWhole = cluster?.replicas?.length === 2 && cluster.replicas.every(({ current }) => current);
      return cluster?.leader !== undefined && isWhole ? { leader: Number(cluster.leader.slice(1)) } : null;
    };
    const { leader } = await until(
      "the records have a leader, and all servers follow it",
      () =>
        ask().catch((error: Error) => {
          lastAnswer = error.message;
          return null;
        }),
      40_000,
    );
    return leader;
  } finally {
    await connection.close();
  }
}
