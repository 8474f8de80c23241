// The database service: PostgreSQL in a thread, on a folder that outlives it. Its death is noticed by its exit, a freeze
// by the health check; both times another thread is started on the same folder.

import { defineService } from "statevisor";
import type { Attack } from "./chaos.ts";
import { Connection, DatabaseDown } from "./connection.ts";
import { restart } from "./restart.ts";

export type Database = ReturnType<typeof createDatabase>;

export function createDatabase(folder: string) {
  let connection: Connection | null = null;

  const service = defineService({
    name: "database",
    restart,
    startTimeoutMs: 120_000, // the first start makes the files
    async start({ signal, fail, incarnation, log }) {
      if (incarnation === 1) log.info({}, "creates its files, which takes some seconds");
      const opened = await Connection.open(folder, signal);
      opened.ended.then(() => fail(new Error("its thread died"))); // during a stop this changes nothing
      connection = opened;
      return opened;
    },
    async stop(closing) {
      connection = null;
      await closing.close();
    },
    health: {
      check: ({ value }) => value.query("select 1"),
      intervalMs: 250,
      timeoutMs: 1_000,
      failureThreshold: 2,
    },
  });

  const attacks: Attack[] = [
    { what: "kills the thread of the database", strike: () => connection?.kill() ?? false },
    { what: "freezes the thread of the database", strike: () => connection?.freeze() ?? false },
  ];

  /** For services of other subtrees, which outlive this one's incarnations and so cannot hold its connection. */
  async function query<Row>(sql: string, params?: unknown[]): Promise<Row[]> {
    if (connection === null) throw new DatabaseDown("the database is down");
    return connection.query(sql, params);
  }

  return { service, query, attacks };
}
