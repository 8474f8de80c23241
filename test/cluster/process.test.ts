// A process that is clustered, and the node that a program of this machine is: on the real clock, with the simulated store.

import { afterEach, describe, expect, it } from "vitest";
import { defineCluster, defineShards, defineSingleton } from "../../src/cluster/index.ts";
import { systemClock } from "../../src/engine/system-clock.ts";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { defineProcess, hostNode } from "../../src/node/index.ts";
import { createSimulatedStore } from "../../src/testing/index.ts";
import { until } from "../cli/support.ts";

describe("a process of a role", () => {
  let tree: Supervisor | null = null;
  afterEach(() => tree?.stop());

  it("finds its role, its shard and its token in its environment", { timeout: 30_000 }, async () => {
    const lines: string[] = [];
    const words = ["ROLE", "SHARD", "TOKEN"].map((word) => `process.env.STATEVISOR_${word}`).join(", ");
    const program = (name: string) =>
      defineProcess({
        name,
        command: [process.execPath, "-e", `console.log(JSON.stringify([${words}])); setInterval(() => {}, 1000)`],
        onLine: (line) => lines.push(line),
      });
    const cluster = defineCluster({ id: "shop", store: createSimulatedStore(systemClock), joinSettleMs: 1 });
    const ledger = defineSingleton({ name: "ledger", cluster, service: program("writer") });
    const inbox = defineShards({ name: "inbox", cluster, shards: 1, service: () => program("one") });
    tree = createSupervisor({ name: "shop", services: [cluster, ledger, inbox, program("plain")] });
    await tree.start();
    await until("all three have spoken", () => lines.length === 3);
    const seen = lines.map((line) => JSON.parse(line) as (string | null)[]).sort();
    expect(seen).toEqual(
      [
        [null, null, null],
        ["inbox", "0", expect.stringMatching(/^\d+$/)],
        ["ledger", null, expect.stringMatching(/^\d+$/)],
      ].sort(),
    );
  });
});

describe("hostNode", () => {
  it("is a node that defineCluster takes, with what is given in place of what is found", () => {
    const found = hostNode();
    expect(found.name).toMatch(/^[A-Za-z0-9_.-]{1,128}$/);
    expect(found.labels).toEqual({});
    expect(hostNode({ name: "a", version: "3.1", labels: { disk: "ssd" } })).toEqual({
      name: "a",
      version: "3.1",
      labels: { disk: "ssd" },
    });
    const spec = defineCluster({ id: "shop", store: createSimulatedStore(systemClock), node: found });
    expect(spec.name).toBe("cluster");
    expect(() => hostNode({ label: {} } as never)).toThrow('did you mean "labels"');
  });
});
