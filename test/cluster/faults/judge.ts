// What must be so of the whole history of an arena: no two holders at once, tokens that grow, no order lost or doubled.

import type pg from "pg";
import { checkHistory } from "statevisor/testing";
import type { Nodes } from "./nodes.ts";

export interface Verdict {
  readonly grants: number;
  readonly ticks: number;
  readonly acknowledged: number;
  readonly problems: readonly string[];
}

export async function judge(nodes: Nodes, pool: pg.Pool): Promise<Verdict> {
  const { rows } = await pool.query<{ n: number; id: string; token: string }>(
    "select n, id, token from orders order by n",
  );
  const kept = new Set(rows.map(({ id }) => id));
  const lost = nodes.orders.filter((id) => !kept.has(id));
  const problems = checkHistory(nodes.history).map(({ message }) => message);
  problems.push(...ticksOfTwo(nodes));
  if (lost.length > 0) problems.push(`${lost.length} orders were acknowledged and are not there`);
  if (new Set(nodes.orders).size < nodes.orders.length) problems.push("an order was acknowledged twice");
  for (const [index, { n, token }] of rows.entries()) {
    if (n !== index + 1) problems.push(`order ${index + 1} is not there, ${n} follows`);
    if (index > 0 && Number(token) < Number(rows[index - 1]!.token))
      problems.push(`order ${n} of token ${token} follows one of token ${rows[index - 1]!.token}`);
  }
  const { activations } = nodes.history;
  return { grants: activations.length, ticks: nodes.ticks.length, acknowledged: nodes.orders.length, problems };
}

/** Ticks at which a node held its lease while another node ran the role. */
function ticksOfTwo({ history, ticks }: Nodes): string[] {
  const orders = history.activations.filter(({ claim }) => claim === "orders");
  return ticks.flatMap(({ node, at, token, isHeld }) => {
    const other = orders.find(
      (one) => one.node !== node && one.beganAt < at && at < (one.endedAt ?? Number.POSITIVE_INFINITY),
    );
    if (!isHeld || other === undefined) return [];
    return [`${node} held token ${token} at ${at}, while ${other.node} ran with token ${other.token}`];
  });
}
