// The faults of the demonstration. Each strikes the node that writes the orders, and is over once every role is held again
// and the node has its share.

import { connectCluster } from "statevisor/cluster";
import { postgresStore } from "statevisor/cluster/postgres";
import type { Engine } from "./engine.ts";
import type { Nodes } from "./nodes.ts";

export interface Stage {
  readonly engine: Engine;
  readonly nodes: Nodes;
  say(text: string): void;
  /** Waits until a condition holds, and says how long that took. */
  until(what: string, condition: () => boolean): Promise<void>;
}

export type Fault = (stage: Stage) => Promise<void>;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** A fair share of 13 roles on three nodes. */
const share = 4;

async function kill({ nodes, say, until }: Stage): Promise<void> {
  const node = nodes.holder("orders")!;
  say(`kill -9 of ${node}, which writes the orders and holds ${nodes.holds(node)} of 13 roles`);
  await nodes.kill(node);
  await until("the others have taken all of them", () => nodes.everythingIsHeld);
  nodes.start(node);
  await until(`${node} is back, and has its share`, () => nodes.holds(node) >= share && nodes.everythingIsHeld);
}

async function freeze({ nodes, say, until }: Stage): Promise<void> {
  const node = nodes.holder("orders")!;
  say(`SIGSTOP of ${node}: it hangs, and does not know it`);
  nodes.freeze(node);
  await until("the others have taken all of them", () => nodes.isHeldWithout(node));
  await pause(1_000);
  nodes.wake(node);
  await until(
    `${node} woke, found its lease over, and has joined again`,
    () => nodes.holds(node) >= share && nodes.everythingIsHeld,
  );
}

async function drain({ engine, nodes, say, until }: Stage): Promise<void> {
  const cluster = await connectCluster({ id: "demo", store: postgresStore({ connectionString: engine.url }) });
  const node = nodes.holder("orders")!;
  say(`drain of ${node}, before its machine is replaced`);
  await cluster.drain(node);
  await until("it holds nothing", () => nodes.holds(node) === 0 && nodes.everythingIsHeld);
  await cluster.undrain(node);
  await until("it has its share again", () => nodes.holds(node) >= share && nodes.everythingIsHeld);
  await cluster[Symbol.asyncDispose]();
}

async function deploy({ nodes, say, until }: Stage): Promise<void> {
  const node = nodes.holder("orders")!;
  say(`SIGTERM of ${node}, as in a deploy`);
  await nodes.stop(node);
  await until("it has handed over all that it held", () => nodes.everythingIsHeld);
  nodes.start(node);
  await until("its next version has its share", () => nodes.holds(node) >= share && nodes.everythingIsHeld);
}

async function restartEngine({ engine, nodes, say, until }: Stage): Promise<void> {
  say("the engine is killed, and started again at once");
  const before = nodes.history.activations.length;
  await engine.kill();
  await engine.start();
  const { orders } = nodes;
  await until("orders are written again", () => nodes.orders > orders);
  say(`  ${nodes.history.activations.length - before} roles were stopped for it`);
}

async function loseEngine({ engine, nodes, say, until }: Stage): Promise<void> {
  say("the engine is killed, and started again once all leases are over");
  await engine.kill();
  await until("whatever is clustered has stopped", () => nodes.names.every((name) => nodes.holds(name) === 0));
  await pause(2_000);
  await engine.start();
  await until("every role is held again", () => nodes.everythingIsHeld);
}

export const faults: readonly (readonly [name: string, fault: Fault])[] = [
  ["kill -9 of a node", kill],
  ["SIGSTOP of a node", freeze],
  ["drain of a node", drain],
  ["restart of a node", deploy],
  ["restart of the engine", restartEngine],
  ["loss of the engine", loseEngine],
];
