// The worker: packs and ships one order after the other. It handles no error: it fails, and its next incarnation finds
// the open orders in the database. The supervisor guarantees that only one incarnation is at work.

import { setTimeout as sleep } from "node:timers/promises";
import { defineService, type SupervisorSpec } from "statevisor";
import type { Attack } from "./chaos.ts";
import type { Database } from "./database.ts";
import { restart } from "./restart.ts";

// One statement, so that an order is shipped and marked as fulfilled, or neither.
const ship = `
  with fulfilled as (
    update orders set fulfilled_at = now() where id = $1 and fulfilled_at is null returning id
  )
  insert into shipments (order_id) select id from fulfilled`;

export function createWorker(database: Database, data: SupervisorSpec) {
  let mishap: "no tape" | "asleep" | null = null; // what goes wrong during its next order

  const service = defineService({
    name: "worker",
    dependsOn: [data],
    restart,
    watchdogMs: 2_500,
    async run({ signal, heartbeat }) {
      while (!signal.aborted) {
        heartbeat();
        const [order] = await database.query<{ id: string }>(
          "select id from orders where fulfilled_at is null order by placed_at limit 1",
        );
        if (order === undefined) {
          await sleep(50, undefined, { signal });
          continue;
        }
        await pack(signal);
        await database.query(ship, [order.id]);
      }
    },
  });

  async function pack(signal: AbortSignal): Promise<void> {
    const now = mishap;
    mishap = null;
    if (now === "no tape") throw new Error("no parcel tape");
    if (now === "asleep") await sleep(3_600_000, undefined, { signal });
    await sleep(2, undefined, { signal });
  }

  function befall(what: "no tape" | "asleep"): boolean {
    mishap = what;
    return true;
  }

  const attacks: Attack[] = [
    { what: "hides the parcel tape of the worker", strike: () => befall("no tape") },
    { what: "puts the worker to sleep", strike: () => befall("asleep") },
  ];

  return { service, attacks };
}
