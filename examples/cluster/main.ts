// Three nodes and one PostgreSQL on this machine. A singleton writes orders that are fenced, twelve shards are spread. For
// about a minute nodes are killed, frozen, drained and restarted, and so is the engine; then the history is judged.
//
//   npm run cluster
//   ROUNDS=1 npm run cluster     a third of it

import pg from "pg";
import { connectCluster } from "statevisor/cluster";
import { postgresStore } from "statevisor/cluster/postgres";
import { startEngine } from "./engine.ts";
import { faults, type Stage } from "./faults.ts";
import { Nodes, now } from "./nodes.ts";
import { Tally } from "./tally.ts";

const engine = await startEngine();
if (engine === null) {
  console.error("this demonstration needs PostgreSQL, and npm brings none for this platform: install it");
  process.exit(2);
}
const pool = new pg.Pool({ connectionString: engine.url });
pool.on("error", () => {});
await pool.query("create table orders (n integer primary key, token bigint not null, node text not null)");

const begun = now();
const say = (text: string) => console.log(`${((now() - begun) / 1_000).toFixed(1).padStart(5)} s  ${text}`);
const nodes = new Nodes(engine.url);
const tally = new Tally(nodes.history);

async function until(what: string, condition: () => boolean, limitMs = 60_000): Promise<void> {
  const from = now();
  while (!condition()) {
    if (now() - from > limitMs) throw new Error(`${what}: not within ${limitMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  say(`  ${what}, after ${((now() - from) / 1_000).toFixed(1)} s`);
}

const stage: Stage = { engine, nodes, say, until };
try {
  say(`three nodes, one PostgreSQL, a lease of 3 s: one node writes orders, and 12 shards are spread`);
  for (const name of nodes.names) nodes.start(name);
  await until("every role is held", () => nodes.everythingIsHeld);
  for (let round = 0; round < Number(process.env.ROUNDS ?? 3); round++) {
    for (const [name, fault] of faults) {
      const from = now();
      await fault(stage);
      tally.note(name, from, now());
    }
  }
} catch (error) {
  say(`failed: ${(error as Error).message}`);
  await using cluster = await connectCluster({ id: "demo", store: postgresStore({ connectionString: engine.url }) });
  const down = cluster.roles().filter(({ state }) => state !== "running");
  for (const { name, shard, state, because } of down)
    say(`  ${shard === null ? name : `${name}/${shard}`} is ${state}: ${because}`);
  process.exitCode = 1;
} finally {
  const badlyEnded = await nodes.stopAll();
  if (badlyEnded > 0) say(`${badlyEnded} nodes did not end in order`);
  // What was acknowledged must be on the disk.
  await engine.kill();
  await engine.start();
  const { rows } = await pool.query("select count(*)::integer as count, coalesce(max(n), 0) as last from orders");
  await pool.end();
  await engine.remove();
  say("all nodes are stopped, and PostgreSQL was killed once more. What is in it:");
  const isGood = tally.print({ ...rows[0]!, acknowledged: nodes.orders, refused: nodes.refused }) && badlyEnded === 0;
  console.log(isGood && process.exitCode === undefined ? "good" : "BAD");
  process.exitCode ??= isGood ? 0 : 1;
}
