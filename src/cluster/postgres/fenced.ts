// fenced.ts: a transaction that only the newest holder of a role can commit.

import type { Client, Pool, PoolClient } from "pg";
import { SupervisorError } from "../../contract/errors.ts";
import type { Lease } from "../../contract/lease.ts";
import { toClaim } from "../records.ts";
import { checkSchema } from "./postgres-store.ts";

export interface FencedOptions {
  /**
   * The schema of the table `fence`, which is made if it is not there. It need not be in the database of the cluster.
   *
   * @default "statevisor"
   */
  schema?: string | undefined;
}

/** The schemas whose table this program has made or found, for each database connection or pool. */
const prepared = new WeakMap<object, Set<string>>();

/**
 * Runs `work` in a transaction that first checks the token of a lease: once a later holder of the role has committed anything
 * this way, or is about to, an earlier one cannot. `work` gets the connection of the transaction. Returns what it returns.
 *
 * The check locks a row for each role or shard until the transaction ends, so transactions of one role run one after another.
 *
 * @throws SupervisorError ERR_LEASE_LOST if the lease is over, or its token is not the newest; the transaction is rolled back.
 */
export async function fenced<Result>(
  client: Client | PoolClient | Pool,
  lease: Lease,
  work: (client: Client | PoolClient) => Promise<Result>,
  options: FencedOptions = {},
): Promise<Result> {
  const { schema = "statevisor" } = options;
  checkSchema("fenced", schema);
  lease.assertHeld();
  await prepare(client, schema);
  if (!isPool(client)) return transact(client, lease, work, schema);
  const connection = await client.connect();
  // A pool listens to the connections that it has; one that is lost in use would end the process.
  let lost: Error | undefined;
  const onLost = (error: Error) => {
    lost = error;
  };
  connection.on("error", onLost);
  try {
    return await transact(connection, lease, work, schema);
  } finally {
    connection.release(lost);
    connection.off("error", onLost);
  }
}

function isPool(client: Client | PoolClient | Pool): client is Pool {
  return "totalCount" in client;
}

async function prepare(client: Client | PoolClient | Pool, schema: string): Promise<void> {
  const known = prepared.get(client) ?? new Set<string>();
  prepared.set(client, known);
  if (known.has(schema)) return;
  const { rows } = await client.query("select to_regclass($1) is not null as done", [`${schema}.fence`]);
  if (rows[0]?.done !== true) {
    await client.query(`
      select pg_advisory_lock(hashtext('${schema}.fence'));
      create schema if not exists ${schema};
      create table if not exists ${schema}.fence (claim text primary key, token bigint not null);
      select pg_advisory_unlock(hashtext('${schema}.fence'))`);
  }
  known.add(schema);
}

async function transact<Result>(
  client: Client | PoolClient,
  lease: Lease,
  work: (client: Client | PoolClient) => Promise<Result>,
  schema: string,
): Promise<Result> {
  const claim = toClaim(lease.role, lease.shard);
  await client.query("begin");
  try {
    const { rowCount } = await client.query(
      `insert into ${schema}.fence as f (claim, token) values ($1, $2)
         on conflict (claim) do update set token = excluded.token where f.token <= excluded.token`,
      [claim, lease.token],
    );
    if (rowCount === 0) {
      const message = `${claim}: token ${lease.token} of node ${lease.node} is not the newest: another node has taken the role`;
      throw new SupervisorError("ERR_LEASE_LOST", message);
    }
    const result = await work(client);
    lease.assertHeld();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}
