// The HTTP API: sells the products in the database. While the database is down it goes on, and answers 503.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { defineService, type SupervisorSpec } from "statevisor";
import type { Attack } from "./chaos.ts";
import { DatabaseDown } from "./connection.ts";
import type { Database } from "./database.ts";
import { restart } from "./restart.ts";

interface Answer {
  status: number;
  body: unknown;
}

export function createApi(database: Database, data: SupervisorSpec) {
  let server: Server | null = null;
  let port = 0; // any free one; kept from then on, so that clients find the next incarnation
  let hasBug = false;

  const service = defineService({
    name: "api",
    dependsOn: [data],
    restart,
    async start({ signal, fail }) {
      const starting = createServer(async (request, response) => {
        const { status, body } = await answer(request).catch((error) => {
          if (error instanceof DatabaseDown) return { status: 503, body: error.message };
          fail(error); // a new incarnation starts with a new server
          return { status: 500, body: "internal error" };
        });
        if (signal.aborted) response.setHeader("connection", "close");
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
      starting.on("close", () => fail(new Error("its server was closed"))); // during a stop this changes nothing
      await once(starting.listen(port, "127.0.0.1"), "listening");
      port = (starting.address() as AddressInfo).port;
      server = starting;
      return starting;
    },
    async stop(closing) {
      server = null;
      // No new connections, idle ones are closed, requests in flight are answered.
      if (closing.listening) await new Promise((resolve) => closing.close(resolve));
    },
    // Readiness and not health: restarting the API would not bring the database back.
    readiness: { check: checkItself, intervalMs: 250, failureThreshold: 1 },
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (hasBug) {
      hasBug = false;
      throw new TypeError("undefined is not a teapot");
    }
    switch (`${request.method} ${request.url}`) {
      case "GET /products":
        return { status: 200, body: await database.query("select * from products order by id") };
      case "POST /orders":
        return placeOrder((await json(request)) as { id?: unknown; product?: unknown });
      case "GET /health":
        return { status: 200, body: await database.query("select 1") };
      default:
        return { status: 404, body: "no such page" };
    }
  }

  // The customer chooses the id: the same order sent twice, because the answer to the first was lost, is one order.
  async function placeOrder({ id, product }: { id?: unknown; product?: unknown }): Promise<Answer> {
    const rows = await database.query(
      `insert into orders (id, product_id) select $1, id from products where id = $2
       on conflict (id) do update set id = excluded.id returning id`,
      [id, product],
    );
    return rows.length === 1 ? { status: 201, body: { id } } : { status: 404, body: "no such product" };
  }

  async function checkItself({ signal }: { signal: AbortSignal }): Promise<void> {
    const { ok, status } = await fetch(`${url()}/health`, { signal });
    if (!ok) throw new Error(`it answers ${status}`);
  }

  function url(): string {
    return `http://127.0.0.1:${port}`;
  }

  function closeServer(): boolean {
    const wasOpen = server?.listening ?? false;
    server?.close();
    server?.closeAllConnections();
    return wasOpen;
  }

  function plantBug(): boolean {
    hasBug = true;
    return server !== null;
  }

  const attacks: Attack[] = [
    { what: "closes the server of the api, with all its connections", strike: closeServer },
    { what: "plants a bug in the api", strike: plantBug },
  ];

  return { service, url, attacks };
}
