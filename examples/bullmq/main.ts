// Fastify takes orders, BullMQ keeps them in Redis, a worker ships them; Redis itself is a process of the tree.
//
//   npx tsx examples/bullmq/main.ts        (redis-server must be installed)
//
//   shop
//   ├── redis       a process, with a socket in a folder of its own
//   ├── queue       after redis
//   ├── worker      after redis; at a stop it ships the order in hand before Redis goes
//   ├── api         after the queue
//   └── customer    orders, kills Redis, orders again; its end is the end of the tree

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Job, Queue, Worker } from "bullmq";
import Fastify from "fastify";
import { createSupervisor, defineService } from "statevisor";
import { defineProcess, execProbe } from "statevisor/node";

const folder = mkdtempSync(join(tmpdir(), "statevisor-bullmq-"));
const socket = join(folder, "redis.sock");

const redis = defineProcess({
  name: "redis",
  // Orders outlive a crash: each is on the disk before it is accepted.
  command: `redis-server --port 0 --unixsocket ${socket} --dir ${folder} --appendonly yes --appendfsync always`.split(
    " ",
  ) as [string],
  readiness: execProbe(["redis-cli", "-s", socket, "ping"]),
  restart: { initialBackoffMs: 100 },
});

/** The clients of BullMQ connect again by themselves, so nothing has to restart with Redis. */
const connection = { path: socket };

const queue = defineService({
  name: "queue",
  dependsOn: [redis],
  start: ({ log }) => new Queue("orders", { connection }).on("error", (error) => log.warn({ err: error }, "queue")),
  stop: (orders) => orders.close(),
});

const worker = defineService({
  name: "worker",
  dependsOn: [redis],
  start: ({ log }) =>
    new Worker("orders", ship, { connection }).on("error", (error) => log.warn({ err: error }, "worker")),
  stop: (shipping) => shipping.close(), // waits for the order in hand
});

async function ship({ data }: Job<{ item: string }>) {
  await sleep(50);
  console.log(`worker: the ${data.item} is shipped`);
}

const api = defineService({
  name: "api",
  dependsOn: [queue],
  async start({ use }) {
    const orders = use(queue);
    const app = Fastify({ forceCloseConnections: "idle" });
    app.post<{ Params: { item: string } }>("/orders/:item", async ({ params }, reply) => {
      await orders.add("order", params);
      return reply.code(202).send(`${params.item} is ordered`);
    });
    return { app, url: await app.listen({ port: 0, host: "127.0.0.1" }) };
  },
  stop: ({ app }) => app.close(),
});

const customer = defineService({
  name: "customer",
  dependsOn: [api, worker],
  significant: true,
  async run({ use }) {
    const order = async (item: string) => {
      const response = await fetch(`${use(api).url}/orders/${item}`, { method: "POST" });
      console.log(`customer: ${response.status} ${await response.text()}`);
    };
    const shipping = use(worker);
    const next = (event: "active" | "completed") =>
      new Promise<void>((resolve) => shipping.once(event, () => resolve()));

    await Promise.all([next("completed"), order("lamp")]);
    process.kill(shop.use(redis).pid, "SIGKILL");
    await Promise.all([next("active"), order("chair")]);
    // The customer has gone: the chair is shipped while the shop closes.
  },
});

const shop = createSupervisor({
  name: "shop",
  autoShutdown: "any-significant",
  services: [redis, queue, worker, api, customer],
});
shop.on("status", ({ path, to }) => to === "backoff" && console.log(`${path} is down`));
await shop.run();
rmSync(folder, { recursive: true });
