// postgresStore passes the checks of every store on a real PostgreSQL, and `fenced` lets only the newest holder commit.

import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fenced, postgresStore } from "../../../src/cluster/postgres/index.ts";
import type { Lease } from "../../../src/index.ts";
import { testClusterStore } from "../../../src/testing/index.ts";
import { findPostgres, type PostgresServer, startPostgres } from "./postgres-server.ts";

describe.skipIf(findPostgres() === null)("PostgreSQL", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres();
    pool = new pg.Pool({ connectionString: server.url });
    pool.on("error", () => {});
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await server.remove();
  });

  it("passes every check", { timeout: 120_000 }, async () => {
    const report = await testClusterStore(() => postgresStore({ connectionString: server.url }));
    expect(report.problems).toEqual([]);
  });

  it("keeps records and revisions when it is killed and started again", { timeout: 60_000 }, async () => {
    const store = postgresStore({ connectionString: server.url });
    const open = () => store.open({ id: "restart", clock: undefined as never, signal: new AbortController().signal });
    const before = await open();
    const stale: Error[] = [];
    before.watch({ entry: () => {}, synced: () => {}, stale: (error) => stale.push(error) });
    const revision = (await before.create("a", "one"))!;
    await server.kill();
    await expect(before.read("a")).rejects.toThrow();
    expect(stale).toHaveLength(1);
    await server.start();
    const after = await eventually(open);
    expect(await after.read("a")).toEqual({ value: "one", revision });
    // The connection of before is made anew, too.
    expect(await eventually(() => before.replace("a", "two", revision))).toBeGreaterThan(revision);
    await Promise.all([before.close(), after.close()]);
  });

  it("says so when the credentials do not allow a write", { timeout: 60_000 }, async () => {
    const open = (url: string) =>
      postgresStore({ connectionString: url }).open({
        id: "denied",
        clock: undefined as never,
        signal: new AbortController().signal,
      });
    const node = await open(server.url);
    await node.create("a", "one");
    await pool.query(`create role viewer login;
      grant usage on schema statevisor to viewer; grant select on all tables in schema statevisor to viewer`);
    const viewer = await open(server.url.replace("postgres@", "viewer@"));
    expect(await viewer.read("a")).toMatchObject({ value: "one" });
    await expect(viewer.create("b", "two")).rejects.toMatchObject({ code: "ERR_NOT_ALLOWED" });
    await Promise.all([node.close(), viewer.close()]);
  });

  describe("fenced", () => {
    const lease = (token: number, isHeld = true): Lease => ({
      role: "ledger",
      shard: null,
      node: "n1",
      token,
      isHeld,
      remainingMs: () => (isHeld ? 1_000 : 0),
      assertHeld() {
        if (!isHeld) throw new Error("over");
      },
    });
    const rows = async () => (await pool.query("select n from orders order by n")).rows.map(({ n }) => n);
    beforeAll(() => pool.query("create table orders (n integer)"));

    it("commits the work of the newest holder, and of no older one", async () => {
      await fenced(pool, lease(10), (client) => client.query("insert into orders values (1)"));
      await fenced(pool, lease(11), (client) => client.query("insert into orders values (2)"));
      const late = fenced(pool, lease(10), (client) => client.query("insert into orders values (3)"));
      await expect(late).rejects.toMatchObject({ code: "ERR_LEASE_LOST" });
      await fenced(pool, lease(11), (client) => client.query("insert into orders values (4)"));
      expect(await rows()).toEqual([1, 2, 4]);
    });

    it("rolls back work that fails, and gives its error", async () => {
      const failing = fenced(pool, lease(12), async (client) => {
        await client.query("insert into orders values (5)");
        throw new Error("no stock");
      });
      await expect(failing).rejects.toThrow("no stock");
      expect(await rows()).not.toContain(5);
    });

    it("rejects when the server dies under it, and the pool goes on", { timeout: 60_000 }, async () => {
      const dying = fenced(pool, lease(13), () => server.kill());
      await expect(dying).rejects.toThrow();
      await server.start();
      await eventually(() => fenced(pool, lease(13), (client) => client.query("insert into orders values (6)")));
      expect(await rows()).toContain(6);
    });

    it("does not begin without a lease", async () => {
      await expect(fenced(pool, lease(99, false), async () => {})).rejects.toThrow("over");
    });

    it("makes a newer holder wait for an older one that is about to commit", async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const order: string[] = [];
      const older = fenced(pool, lease(20), async () => {
        order.push("older begins");
        await held;
        order.push("older ends");
      });
      await eventually(async () => expect(order).toHaveLength(1));
      const newer = fenced(pool, lease(21), async () => {
        order.push("newer");
      });
      release();
      await Promise.all([older, newer]);
      expect(order).toEqual(["older begins", "older ends", "newer"]);
    });
  });
});

describe("postgresStore", () => {
  it.each([
    [{ schema: "A-b" }, /schema must be/],
    [{ connectionString: 5 }, /connectionString must be a string/],
    [{ url: "postgres://a" }, /unknown option "url"/],
  ])("refuses %j", (options, expected) => {
    expect(() => postgresStore(options as never)).toThrow(expected);
  });

  it("does not name passwords", () => {
    expect(postgresStore({ connectionString: "postgres://me:secret@db/shop" }).name).toBe("postgres://db/shop");
  });
});

/** Tries until it works. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
