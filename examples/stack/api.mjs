// The API of the stack: counts visits in PostgreSQL and in Redis, and greets with a page from nginx.

import { createServer } from "node:http";
import pg from "pg";
import { createClient } from "redis";

const { PORT, POSTGRES_URL, REDIS_URL, GREETING_URL } = process.env;

const database = new pg.Pool({ connectionString: POSTGRES_URL, max: 4 });
database.on("error", (error) => console.error(`database: ${error.message}`));
const cache = createClient({ url: REDIS_URL });
cache.on("error", (error) => console.error(`cache: ${error.message}`));

await cache.connect();
await database.query("create table if not exists visits (at timestamptz not null default now())");

async function visit() {
  await database.query("insert into visits default values");
  const [{ rows }, hits, greeting] = await Promise.all([
    database.query("select count(*)::int as count from visits"),
    cache.incr("hits"),
    fetch(GREETING_URL).then((response) => response.text()),
  ]);
  return { greeting: greeting.trim(), visits: rows[0].count, hitsSinceRedisStarted: hits };
}

async function health() {
  await Promise.all([database.query("select 1"), cache.ping()]);
  return { ok: true };
}

const server = createServer(async (request, response) => {
  try {
    const body = await (request.url === "/health" ? health() : visit());
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  } catch (error) {
    response.writeHead(503).end(error.message);
  }
});

server.listen(PORT, "127.0.0.1", () => {
  console.log(`listening on port ${PORT}`);
  process.send?.("ready");
});

process.on("SIGTERM", async () => {
  server.close();
  server.closeIdleConnections();
  await Promise.allSettled([database.end(), cache.close()]);
  process.exit(0);
});
