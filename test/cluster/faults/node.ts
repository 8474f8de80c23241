// One node of the fault tests, as a process of its own: a singleton that writes fenced orders, and six shards. It prints what
// happens as lines of JSON (facts.ts), and takes commands on its stdin.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import pg from "pg";
import { createSupervisor, defineService, type ServiceContext } from "statevisor";
import { type ClusterStore, defineCluster, defineShards, defineSingleton } from "statevisor/cluster";
import { natsStore } from "statevisor/cluster/nats";
import { fenced, postgresStore } from "statevisor/cluster/postgres";
import { runUntilSignal } from "statevisor/node";
import { type Command, type Fact, type NodeOptions, now } from "./facts.ts";

const options = JSON.parse(process.argv[2]!) as NodeOptions;
const tickMs = 10;
/** A pause of the process that is longer than the machine is slow. */
const pauseMs = 200;

const say = (fact: Omit<Fact, "at">, at = now()) => process.stdout.write(`${JSON.stringify({ at, ...fact })}\n`);

// What runs here, and when this process was last seen running.

interface Running {
  readonly ctx: ServiceContext;
  readonly claim: string;
  isOver: boolean;
}
const running = new Set<Running>();
let lastAt = now();

const tokenOf = ({ ctx }: Running) => ctx.lease!.token;

/** Code that looks at its lease finds it over from its first instruction on: what a pause has ended, ended at its beginning. */
function noteOver(one: Running): void {
  if (one.isOver || one.ctx.lease!.isHeld || now() - lastAt < pauseMs) return;
  one.isOver = true;
  say({ type: "over", claim: one.claim, token: tokenOf(one) }, lastAt);
}

setInterval(() => {
  for (const one of running) {
    noteOver(one);
    if (one.claim !== "orders") continue;
    const at = now();
    say({ type: "tick", claim: one.claim, token: tokenOf(one), isHeld: one.ctx.lease!.isHeld }, at);
  }
  if (now() - lastAt > pauseMs) say({ type: "woke" });
  lastAt = now();
}, tickMs);

function noted(work: (ctx: ServiceContext) => Promise<unknown>) {
  return async (ctx: ServiceContext) => {
    const { role, shard, token } = ctx.lease!;
    const one: Running = { ctx, claim: shard === null ? role : `${role}/${shard}`, isOver: false };
    say({ type: "begin", claim: one.claim, token });
    running.add(one);
    try {
      await work(ctx);
    } finally {
      noteOver(one);
      running.delete(one);
      if (!one.isOver) say({ type: "end", claim: one.claim, token });
    }
  };
}

// The commands on its stdin.

let failures = 0;
let ignoresStop = false;
const failing = new EventTarget();
const stdin = createInterface({ input: process.stdin });
stdin.on("close", () => process.exit(3));
stdin.on("line", (line) => {
  const command = JSON.parse(line) as Command;
  if (command.type === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.ms);
  if (command.type === "jump") {
    const real = Date.now;
    Date.now = () => real() + command.ms;
  }
  if (command.type === "fail") {
    failures = command.times;
    failing.dispatchEvent(new Event("fail"));
  }
  if (command.type === "exit") process.exit(7);
  if (command.type === "ignoreStop") ignoresStop = true;
});

// The tree.

const pool = new pg.Pool({ connectionString: options.orders, max: 1, connectionTimeoutMillis: 2_000 });
pool.on("error", () => {});

async function writeOrders(ctx: ServiceContext, hasFailed: () => boolean): Promise<void> {
  while (!hasFailed() && (!ctx.signal.aborted || ignoresStop)) {
    const id = randomUUID();
    const values = [id, ctx.lease!.token, options.name];
    try {
      await fenced(pool, ctx.lease!, (client) =>
        client.query("insert into orders select coalesce(max(n), 0) + 1, $1, $2, $3 from orders", values),
      );
      say({ type: "order", id });
    } catch {
      // Refused, or its outcome is unknown: it does not count.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function failWhenTold({ signal }: ServiceContext): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      if (failures <= 0) return;
      failures--;
      reject(new Error("told to fail"));
    };
    failing.addEventListener("fail", fail, { signal });
    fail();
  });
}

async function write(ctx: ServiceContext): Promise<void> {
  let hasFailed = false;
  const failure = failWhenTold(ctx).finally(() => {
    hasFailed = true;
  });
  await Promise.race([writeOrders(ctx, () => hasFailed), failure]);
}

const untilStopped = ({ signal }: ServiceContext) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

const isPostgres = options.engine[0]!.startsWith("postgres");
const store: ClusterStore = isPostgres
  ? postgresStore({ connectionString: options.engine[0]! })
  : natsStore({ servers: [...options.engine], connection: { ignoreClusterUpdates: true } });
const cluster = defineCluster({
  id: "faults",
  store,
  node: { name: options.name },
  ...options.times,
  joinSettleMs: 500,
  rebalanceDelayMs: 1_000,
});
// A node that dies soon after it took a role is a failure of the role, and here they die all the time.
const restart = { initialBackoffMs: 100, maxBackoffMs: 200, jitter: false, maxRetries: 100, resetAfterMs: 2_000 };
const orders = defineSingleton({
  name: "orders",
  cluster,
  service: defineService({
    name: "writer",
    stopTimeoutMs: 1_000,
    restart,
    run: noted(write),
  }),
});
const inbox = defineShards({
  name: "inbox",
  cluster,
  shards: 6,
  service: () => defineService({ name: "consumer", restart, run: noted(untilStopped) }),
});

const code = await runUntilSignal(createSupervisor({ name: "faults", services: [cluster, orders, inbox] }));
process.exit(code);
