// postgres-store.ts: a store on PostgreSQL: one table of records, and LISTEN and NOTIFY for the watch and for questions.
// Renewals, claims and the watch have a connection each: a thousand claims at once must not hold up a renewal.

import type { ClientConfig } from "pg";
import { check, checkKeys, invalid } from "../../contract/check.ts";
import { toDenied } from "../denied.ts";
import type { ClusterStore, StoreConnection } from "../store.ts";
import { LazyClient, loadPg } from "./client.ts";
import { Mail } from "./mail.ts";
import { PostgresWatches } from "./postgres-watch.ts";
import { type Sql, toSql } from "./sql.ts";

export interface PostgresStoreOptions {
  /** `"postgres://user:password@host/database"`; or the same as `connection`. */
  connectionString?: string | undefined;
  /** Whatever else a `Client` of `pg` takes. */
  connection?: ClientConfig | undefined;
  /**
   * The schema of the tables, which is made if it is not there: a lower-case name.
   *
   * @default "statevisor"
   */
  schema?: string | undefined;
}

/** A connection that does not come about in this time is given up. */
const connectTimeoutMs = 5_000;

/**
 * A store on PostgreSQL 13 or later. Needs the package `pg`, which is loaded when it is opened.
 *
 * Three connections for each node, none through a proxy that pools transactions: LISTEN needs a session of its own. The user
 * needs the right to create the schema, or the schema with its tables. Writes are on the disk when they are acknowledged,
 * whatever `synchronous_commit` says; a failover to an asynchronous replica may take them back.
 *
 * @throws SupervisorError ERR_INVALID_SPEC
 */
export function postgresStore(options: PostgresStoreOptions): ClusterStore {
  const where = "postgresStore";
  check.object(where, "options", options);
  checkKeys(where, options, ["connectionString", "connection", "schema"]);
  const { connectionString, connection = {}, schema = "statevisor" } = options;
  if (connectionString !== undefined && typeof connectionString !== "string")
    throw invalid(where, "connectionString", "a string", connectionString);
  check.object(where, "connection", connection);
  checkSchema(where, schema);
  const config: ClientConfig = {
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: "statevisor",
    ...connection,
    ...(connectionString !== undefined && { connectionString }),
  };
  return {
    name: toName(connectionString, connection),
    async open({ id, signal }) {
      signal.throwIfAborted();
      const pg = await loadPg();
      const sql = toSql(schema);
      const make = () => new LazyClient(pg, config);
      const clients = { session: make(), claims: make() };
      const watches = new PostgresWatches(pg, config, sql, id, clients.claims);
      const mail = new Mail(clients.claims, sql, id, watches);
      const closeAll = async () => {
        await Promise.all([watches.close(), clients.session.close(), clients.claims.close()]);
      };
      try {
        await setUp(clients.claims, sql);
        await Promise.all([clients.session.connect(), watches.listen()]);
        signal.throwIfAborted();
      } catch (error) {
        await closeAll();
        throw error;
      }
      return connectTo({ clients, watches, mail, sql, id, closeAll });
    },
  };
}

export function checkSchema(where: string, schema: unknown): void {
  if (typeof schema !== "string" || !/^[a-z_][a-z0-9_]{0,40}$/.test(schema))
    throw invalid(where, "schema", "a lower-case name of letters, digits and _, 41 at most", schema);
}

/** Without the password. */
function toName(connectionString: string | undefined, { host, port, database }: ClientConfig): string {
  if (connectionString !== undefined) return connectionString.replace(/\/\/[^@/]*@/, "//");
  return `postgres://${host ?? "localhost"}${port === undefined ? "" : `:${port}`}/${database ?? ""}`;
}

/** Makes the tables, unless they are there: several nodes may do so at once. */
async function setUp(client: LazyClient, sql: Sql): Promise<void> {
  const [{ done } = {}] = await client.query(sql.isSetUp);
  if (done === true) return;
  const connection = await client.connect();
  await connection.query("begin");
  try {
    await connection.query("select pg_advisory_xact_lock(hashtext($1))", [sql.channel]);
    await connection.query(sql.setUp);
    await connection.query("commit");
  } catch (error) {
    await connection.query("rollback").catch(() => {});
    throw error;
  }
}

interface Parts {
  readonly clients: { readonly session: LazyClient; readonly claims: LazyClient };
  readonly watches: PostgresWatches;
  readonly mail: Mail;
  readonly sql: Sql;
  readonly id: string;
  readonly closeAll: () => Promise<void>;
}

function connectTo({ clients, watches, mail, sql, id, closeAll }: Parts): StoreConnection {
  const clientFor = (key: string) => (key.startsWith("s.") ? clients.session : clients.claims);
  const write = async (key: string, value: string | null, expected: number): Promise<number | null> => {
    const [row] = await clientFor(key).query(sql.write, [id, key, value, expected]).catch(reportDenial);
    return row?.rev === null || row === undefined ? null : Number(row.rev);
  };
  return {
    create: (key, value) => write(key, value, 0),
    replace: (key, value, revision) => write(key, value, revision),
    remove: async (key, revision) => (await write(key, null, revision)) !== null,
    async read(key) {
      const [row] = await clientFor(key).query(sql.read, [id, key]);
      return row === undefined ? null : { value: String(row.value), revision: Number(row.rev) };
    },
    watch: (on) => watches.add(on),
    ask: (address, data, timeoutMs) => mail.ask(address, data, timeoutMs),
    answer: (address, handler) => mail.answer(address, handler),
    changeServer() {
      clients.session.reset();
      clients.claims.reset();
    },
    close: closeAll,
  };
}

/** The code is "insufficient_privilege". */
function reportDenial(error: Error): never {
  if ((error as { code?: string }).code === "42501") throw toDenied("PostgreSQL", error);
  throw error;
}
