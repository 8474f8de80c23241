// The demonstration of a cluster: real processes and a real PostgreSQL, killed, frozen, drained and restarted.

import { expect, it } from "vitest";
import { findPostgres } from "../cluster/store/postgres-server.ts";
import { runExample } from "./run-example.ts";

it.skipIf(findPostgres() === null)(
  "no role runs twice, no token shrinks and no order is lost or doubled, whatever happens to nodes and engine",
  { timeout: 180_000 },
  async () => {
    const { stdout, stderr, end } = await runExample("cluster/main.ts", { ROUNDS: "1" }).ended;
    expect(stderr).toBe("");
    expect(stdout).toContain("tokens that did not grow: 0\n");
    expect(stdout).toMatch(/lost: 0, doubled: 0\ngood\n$/);
    expect(end).toBe(0);
  },
);
