// testServiceLifecycle drives the shop's HTTP API and database along every path of their lives.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createApi } from "../../examples/shop/api.ts";
import { DatabaseDown } from "../../examples/shop/connection.ts";
import { createDatabase, type Database } from "../../examples/shop/database.ts";
import type { ServiceSpec } from "../../src/index.ts";
import { testServiceLifecycle } from "../../src/testing/index.ts";

it("the HTTP API of the shop takes every path, and leaves no socket open", async () => {
  let isDatabaseUp = true;
  const database = {
    async query() {
      if (!isDatabaseUp) throw new DatabaseDown("the database is down");
      return [];
    },
  } as unknown as Database;
  const data = { name: "data", services: [] };
  let api = createApi(database, data);
  const make = () => {
    api = createApi(database, data);
    return api.service as ServiceSpec;
  };
  const report = await testServiceLifecycle(make, {
    siblings: () => [data],
    crash: () => api.attacks[0]!.strike(),
    breakHealth() {
      isDatabaseUp = false;
    },
    restoreHealth() {
      isDatabaseUp = true;
    },
  });
  expect(report.problems).toEqual([]);
  const events = new Set(report.results.flatMap(({ path }) => path.steps.map(({ event }) => event)));
  expect([...events].sort()).toEqual(
    [...["start", "stop", "restart", "ready", "fail", "end", "healthy", "unhealthy", "backoff-over"]].sort(),
  );
}, 120_000);

it("the database of the shop takes every path, and leaves no thread running", async () => {
  const folder = await mkdtemp(join(tmpdir(), "statevisor-lifecycle-"));
  let database = createDatabase(folder);
  const make = () => {
    database = createDatabase(folder);
    return database.service as ServiceSpec;
  };
  const report = await testServiceLifecycle(make, {
    patienceMs: 30_000,
    crash: () => database.attacks[0]!.strike(),
    breakHealth: () => database.attacks[1]!.strike(),
    // A start takes most of a second; the short paths contain every event.
    select: ({ steps }) => steps.length <= 4,
  });
  await rm(folder, { recursive: true, force: true });
  expect(report.problems).toEqual([]);
  expect(report.results.some(({ path }) => path.title.includes("dead"))).toBe(true);
}, 180_000);
