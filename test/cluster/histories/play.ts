// One history: random faults on a simulated cluster, and what must hold after it.

import fc from "fast-check";
import { checkHistory, createSimulatedCluster, type SimulatedCluster } from "../../../src/testing/index.ts";
import { treeOf } from "../support.ts";

const nodes = 3;
const shards = 4;
const claims = ["ledger", ...Array.from({ length: shards }, (_, shard) => `inbox/${shard}`)];

const index = fc.nat(nodes - 1);
const fault = fc.oneof(
  fc.record({ type: fc.constantFrom("crash", "start", "stop", "freeze", "wake", "cut", "heal", "stale"), index }),
  fc.record({ type: fc.constantFrom("storeStop", "storeStart", "loseAnswers"), index }),
  fc.record({ type: fc.constant("skew"), index, rate: fc.constantFrom(0.98, 1, 1.02) }),
);
type Fault = { readonly type: string; readonly index: number; readonly rate?: number };

const step = fc.record({ fault, ms: fc.oneof(fc.nat(300), fc.nat(2_500), fc.nat(6_000)) });
export const script = fc.record({
  seed: fc.nat(1_000_000),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
});

function apply(cluster: SimulatedCluster, { type, index: at, rate }: Fault): void {
  const { store } = cluster;
  const alive = isThere(cluster, at);
  if (type === "crash" && alive) cluster.crash(at);
  if (type === "start" && !isFrozen.has(at)) cluster.start(at);
  if (type === "stop" && alive && !isFrozen.has(at)) void cluster.stop(at);
  if (type === "freeze" && alive) {
    cluster.freeze(at);
    isFrozen.add(at);
  }
  if (type === "wake" && alive) cluster.wake(at);
  if (type === "crash" || type === "wake") isFrozen.delete(at);
  if (type === "cut") store.cut(`n${at}`);
  if (type === "heal") store.heal(`n${at}`);
  if (type === "stale") store.staleWatch(`n${at}`);
  if (type === "storeStop") store.stop();
  if (type === "storeStart") store.start();
  if (type === "loseAnswers") store.loseAnswers(2);
  if (type === "skew" && alive) cluster.skew(at, rate!);
}

const isFrozen = new Set<number>();

function isThere(cluster: SimulatedCluster, at: number): boolean {
  try {
    cluster.node(at);
    return true;
  } catch {
    return false;
  }
}

/** Every fault is over, and every node is there. */
function recover(cluster: SimulatedCluster): void {
  cluster.store.start();
  for (let at = 0; at < nodes; at++) {
    cluster.store.heal(`n${at}`);
    if (isThere(cluster, at)) cluster.wake(at);
    cluster.start(at);
  }
  isFrozen.clear();
}

export interface Script {
  readonly seed: number;
  readonly steps: readonly { readonly fault: Fault; readonly ms: number }[];
}

export async function play({ seed, steps }: Script) {
  const cluster = createSimulatedCluster({ nodes, tree: treeOf({ shards }), seed });
  isFrozen.clear();
  await cluster.advance(seed % 4_000);
  for (const { fault: given, ms } of steps) {
    apply(cluster, given);
    await cluster.advance(ms);
  }
  return { cluster, settledMs: await settle(cluster) };
}

/** A lease, and the longest backoff of an engine that was away for long. */
const longestMs = 32_000;
/** Longer than a lease: what is to run out has done so, and what is to be moved has been moved. */
const quietMs = 4_000;

/** Ends every fault, and waits until nothing changes any more. Returns how long that took. */
async function settle(cluster: SimulatedCluster): Promise<number> {
  const from = cluster.clock.now();
  for (;;) {
    // A node whose stop was under way starts once it has ended.
    recover(cluster);
    await cluster.advance(1_000);
    const { activations } = cluster.history;
    const lastAt = Math.max(from, ...activations.map(({ beganAt, endedAt }) => endedAt ?? beganAt));
    const isQuiet = cluster.clock.now() - lastAt >= quietMs;
    if (isQuiet && claims.every((claim) => cluster.holders(claim).length === 1)) return cluster.clock.now() - from;
    if (cluster.clock.now() - from > longestMs) return Number.POSITIVE_INFINITY;
  }
}

/** Plays a history, and throws if two holders overlapped, a token did not grow, or a role was left without a holder. */
export async function check(given: Script): Promise<void> {
  const { cluster, settledMs } = await play(given);
  const problems = checkHistory(cluster.history).map((violation) => JSON.stringify(violation));
  for (const claim of claims) {
    const holders = cluster.holders(claim);
    if (holders.length !== 1) problems.push(`${claim} is held by ${holders.join(", ") || "nobody"}`);
  }
  if (settledMs > longestMs) problems.push(`not settled within ${longestMs} ms`);
  if (problems.length > 0) throw new Error(problems.join("; "));
}
