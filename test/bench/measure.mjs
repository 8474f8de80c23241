// One measurement in a process of its own: `node --expose-gc measure.mjs <peer> <workload> <n>` prints one line of JSON.

import { chainOf, layersOf } from "./graphs.mjs";

const [peerName, workload, size] = process.argv.slice(2);
const n = Number(size);

const peers = {
  limit: async () => (await import("./peers/limit.mjs")).limit,
  statevisor: async () => (await import("./peers/statevisor.mjs")).statevisor,
  xstate: async () => (await import("./peers/xstate.mjs")).xstate,
  effect: async () => (await import("./peers/effect.mjs")).effect,
  nact: async () => (await import("./peers/nact.mjs")).nactPeer,
};
const peer = await peers[peerName]();

/** The heap in use after a full collection. */
function heap() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function median(samples) {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)];
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const workloads = {
  /** Start, memory and stop of n services. */
  async tree() {
    const tree = await peer.tree(n);
    const before = heap();
    const start = await timed(() => tree.start());
    const memory = (heap() - before) / n;
    const stop = await timed(() => tree.stop());
    return { start, memory, stop };
  },
  storm: async () => ({ storm: await peer.storm(n, 100_000) }),
  inspected: async () => ({ inspected: await peer.inspected(n, 100_000) }),
  recorded: async () => ({ recorded: await peer.recorded(n, 100_000) }),
  served: async () => ({ served: await peer.served(n, 100_000) }),
  latency: async () => ({ latency: median(await peer.latency(n)) }),
  chain: async () => ({ chain: await peer.graph(chainOf(n), 0) }),
  chain1: async () => ({ chain1: await peer.graph(chainOf(n), 1) }),
  layers: async () => ({ layers: await peer.graph(layersOf(10, n / 10), 0) }),
  layers1: async () => ({ layers1: await peer.graph(layersOf(10, n / 10), 1) }),
  dynamic: async () => ({ dynamic: await peer.dynamic(n, 500) }),
  health: async () => ({ health: await peer.health(n, 1_000) }),
  /** The time of the import, in processes that do nothing else: the median of eleven. */
  import: async () => ({ import: median(Array.from({ length: 11 }, () => peer.import())) }),
  size: async () => ({ size: await peer.size() }),
  /** CPU and timers of n running services, in `IDLE_SECONDS` once V8 has tidied up. */
  async idle() {
    const tree = await peer.tree(n);
    await tree.start();
    // V8 tidies up after a start, of any peer, when nothing has happened for ten to thirty seconds.
    await new Promise((resolve) => setTimeout(resolve, 40_000));
    const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "Immediate").length;
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.IDLE_SECONDS ?? 60) * 1_000));
    const { user, system } = process.cpuUsage(before);
    return { idle: (user + system) / 1_000, timers };
  },
};

console.log(JSON.stringify(await workloads[workload]()));
process.exit(0);
