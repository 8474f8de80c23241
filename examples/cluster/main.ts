// Three nodes and one PostgreSQL on this machine. A singleton writes orders that are fenced, twelve shards are spread. For
// half a minute nodes are killed, frozen and drained, and the engine is restarted; then the history is judged.
//
//   npm run cluster

import pg from "pg";
import { connectCluster } from "statevisor/cluster";
import { postgresStore } from "statevisor/cluster/postgres";
import { checkHistory } from "statevisor/testing";
import { startEngine } from "./engine.ts";
import { Nodes, now } from "./nodes.ts";

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
let longest = 0;

/** Waits until a condition holds, and says how long that took. */
async function until(what: string, condition: () => boolean, limitMs = 20_000): Promise<void> {
  const from = now();
  while (!condition()) {
    if (now() - from > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  say(`${what}, after ${((now() - from) / 1_000).toFixed(1)} s`);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const held = () => nodes.everythingIsHeld;

try {
  for (const name of ["n0", "n1", "n2"]) nodes.start(name);
  await until("every role is held", held);

  const first = nodes.holder("orders")!;
  say(`kill -9 of ${first}, which writes the orders and holds ${nodes.holds(first)}`);
  const killedAt = now();
  await nodes.kill(first);
  await until("every role is held again", held);
  longest = Math.max(longest, now() - killedAt);
  nodes.start(first);
  await until(`${first} is back and has its share`, () => nodes.holds(first) >= 4 && held());

  const second = nodes.holder("orders")!;
  say(`SIGSTOP of ${second}: it hangs, and does not know it`);
  const frozenAt = now();
  nodes.freeze(second);
  await until("another writes the orders", () =>
    nodes.history.activations.some(({ claim, beganAt }) => claim === "orders" && beganAt > frozenAt),
  );
  longest = Math.max(longest, now() - frozenAt);
  await pause(1_000);
  nodes.wake(second);
  await until("it woke, stepped down and has joined again", () => nodes.holds(second) >= 4 && held());

  const cluster = await connectCluster({ id: "demo", store: postgresStore({ connectionString: engine.url }) });
  const third = nodes.holder("orders")!;
  say(`drain of ${third}`);
  await cluster.drain(third);
  await until("it holds nothing", () => nodes.holds(third) === 0 && held());
  await cluster.undrain(third);
  await until("it has its share again", () => nodes.holds(third) >= 4 && held());
  await cluster[Symbol.asyncDispose]();

  say("the engine is killed, and started again 4 seconds later: too long for the lease");
  await engine.kill();
  await until("everything clustered has stopped", () => ["n0", "n1", "n2"].every((name) => nodes.holds(name) === 0));
  await pause(2_000);
  await engine.start();
  await until("every role is held again", held);
  await pause(1_000);
} catch (error) {
  say(`failed: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  const bad = await nodes.stopAll();
  await engine.kill();
  await engine.start();
  await pause(200);
  const violations = checkHistory(nodes.history);
  const { rows } = await pool.query("select count(*)::integer as count, max(n) as last from orders");
  const { count, last } = rows[0]!;
  await pool.end();
  await engine.remove();
  say(`${nodes.history.activations.length} activations; overlaps and tokens that did not grow: ${violations.length}`);
  for (const { message } of violations) say(message);
  say(`${count} orders, the last is number ${last}; ${nodes.orders} were acknowledged`);
  say(
    `lost: ${Math.max(0, nodes.orders - count)}, doubled: ${count - last}; longest take-over ${(longest / 1_000).toFixed(1)} s`,
  );
  const isGood = violations.length === 0 && nodes.orders <= count && count === last && bad === 0;
  say(isGood && process.exitCode === undefined ? "good" : "BAD");
  process.exitCode ??= isGood ? 0 : 1;
}
