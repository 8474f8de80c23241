// natsStore passes the checks of every store, on a real nats-server.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natsStore } from "../../../src/cluster/nats/index.ts";
import { isSafeVersion } from "../../../src/cluster/nats/nats-writes.ts";
import { testClusterStore } from "../../../src/testing/index.ts";
import { hasNats, type NatsServer, startNatsCluster, startNatsServer } from "./nats-server.ts";

describe.skipIf(!hasNats)("one nats-server", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());

  it("passes every check", { timeout: 120_000 }, async () => {
    const report = await testClusterStore(() => natsStore({ servers: server.url }));
    expect(report.problems).toEqual([]);
  });
});

describe.skipIf(!hasNats)("three nats-servers", () => {
  let servers: NatsServer[];
  beforeAll(async () => {
    servers = await startNatsCluster();
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.remove())));

  // All checks take half a minute: `FULL=1` runs them, else those in which many write at once.
  // On a busy machine the servers may elect a new leader in the middle: an outage, which is not what is checked here.
  it("pass the checks", { timeout: 180_000, retry: 2 }, async () => {
    const urls = servers.map(({ url }) => url);
    const only = process.env.FULL ? "" : "at once";
    const report = await testClusterStore(() => natsStore({ servers: urls }), { only });
    expect(report.checks.length).toBeGreaterThan(4);
    expect(report.problems).toEqual([]);
  });
});

describe("the servers whose checks of one subject are not safe", () => {
  it.each([
    ["2.9.10", false],
    ["2.10.19", false],
    ["2.10.20", true],
    ["2.11.0-RC.1", true],
    ["3.0.0", true],
  ])("%s: %s", (version, expected) => {
    expect(isSafeVersion(version)).toBe(expected);
  });
});

describe("natsStore", () => {
  it.each([
    [{}, /servers must be/],
    [{ servers: [] }, /servers must be/],
    [{ servers: "nats://a", replicas: 2 }, /replicas must be 1, 3 or 5/],
    [{ servers: "nats://a", bukket: "x" }, /unknown option "bukket"/],
  ])("refuses %j", (options, expected) => {
    expect(() => natsStore(options as never)).toThrow(expected);
  });

  it("does not name passwords", () => {
    expect(natsStore({ servers: ["nats://user:secret@a:4222", "nats://b"] }).name).toBe("nats://a:4222, nats://b");
  });
});
