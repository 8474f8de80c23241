// One node of the demonstration: a singleton that writes orders, and twelve shards. It prints what begins and ends here, as
// lines of JSON with the monotonic time that all processes of a machine share.

import pg from "pg";
import { createSupervisor, defineService, type ServiceContext } from "statevisor";
import { defineCluster, defineShards, defineSingleton } from "statevisor/cluster";
import { fenced, postgresStore } from "statevisor/cluster/postgres";
import { runUntilSignal } from "statevisor/node";

const [name = "n0", url = ""] = process.argv.slice(2);

const now = () => Number(process.hrtime.bigint()) / 1e6;
const say = (fact: object) => process.stdout.write(`${JSON.stringify({ at: now(), node: name, ...fact })}\n`);

/** Says when a clustered service begins and ends. */
function noted(work: (ctx: ServiceContext) => Promise<unknown>) {
  return async (ctx: ServiceContext) => {
    const { role, shard, token } = ctx.lease!;
    const claim = shard === null ? role : `${role}/${shard}`;
    say({ type: "begin", claim, token });
    try {
      await work(ctx);
    } finally {
      say({ type: "end", claim, token });
    }
  };
}

const aborted = ({ signal }: ServiceContext) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 2_000 });
pool.on("error", () => {});

/** Each order is the next number. Only the newest holder can commit one. */
async function writeOrders(ctx: ServiceContext): Promise<void> {
  while (!ctx.signal.aborted) {
    try {
      await fenced(pool, ctx.lease!, (client) =>
        client.query("insert into orders select coalesce(max(n), 0) + 1, $1, $2 from orders", [ctx.lease!.token, name]),
      );
      say({ type: "order" });
    } catch (error) {
      say({ type: "refused", why: (error as Error).message });
    }
    await ctx.sleep(50).catch(() => {});
  }
}

// A node that dies soon after it got a role counts as a failure of the role, which might have killed it: after six in a row
// the role is failed everywhere. Here somebody else kills the nodes.
const restart = { maxRetries: Number.POSITIVE_INFINITY };

const cluster = defineCluster({
  id: "demo",
  store: postgresStore({ connectionString: url }),
  node: { name },
  leaseDurationMs: 3_000,
  renewIntervalMs: 600,
  renewDeadlineMs: 1_900,
  retryPeriodMs: 500,
  joinSettleMs: 700,
  rebalanceDelayMs: 1_000,
});
const orders = defineSingleton({
  name: "orders",
  cluster,
  service: defineService({ name: "writer", restart, run: noted(writeOrders) }),
});
const inbox = defineShards({
  name: "inbox",
  cluster,
  shards: 12,
  service: () => defineService({ name: "consumer", restart, run: noted(aborted) }),
});

await runUntilSignal(createSupervisor({ name: "demo", services: [cluster, orders, inbox] }));
await pool.end();
