// The audit: after everything has stopped it opens the database's folder once more and compares it with what the
// shoppers were promised.

import { Connection } from "./connection.ts";
import type { Database } from "./database.ts";

export interface Findings {
  found: number;
  fulfilled: number;
  /** Orders that were accepted and are not in the database. */
  lost: string[];
  shippedTwice: string[];
}

export async function audit(folder: string, accepted: readonly string[]): Promise<Findings> {
  const database = await Connection.open(folder, AbortSignal.timeout(120_000));
  const rows = await database.query<{ id: string; shipments: number }>(
    `select id, count(order_id)::int as shipments
     from orders left join shipments on order_id = id group by id`,
  );
  await database.close();
  const shipments = new Map(rows.map((row) => [row.id, row.shipments]));
  return {
    found: accepted.filter((id) => shipments.has(id)).length,
    fulfilled: accepted.filter((id) => shipments.get(id) === 1).length,
    lost: accepted.filter((id) => !shipments.has(id)),
    shippedTwice: rows.filter((row) => row.shipments > 1).map(({ id }) => id),
  };
}

/** Orders that are not fulfilled yet; Infinity while the database cannot say. */
export async function countWaiting(database: Database): Promise<number> {
  const sql = "select count(*)::int as waiting from orders where fulfilled_at is null";
  const [row] = await database.query<{ waiting: number }>(sql).catch(() => []);
  return row?.waiting ?? Number.POSITIVE_INFINITY;
}
