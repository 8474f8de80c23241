// What a cluster costs, on the simulated store and clock, so that only its own work is measured: store operations and
// processor time at rest by nodes and by shards, the placement, a cold boot, a node that joins, a drain, and memory of what
// runs elsewhere.
// Fails when something grows faster than it may. Needs the built package:
//
//   node --expose-gc test/bench/cluster.mjs
//
// What faults cost on real servers, `npm run test:cluster-faults` measures.

import { tsImport } from "tsx/esm/api";
import { connectCluster, defineCluster, defineShards, defineSingleton } from "../../dist/src/cluster/index.js";
import { createSimulatedCluster } from "../../dist/src/testing/index.js";

const untilStopped = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
const service = { name: "worker", run: untilStopped };

/** The store, with what it is asked and what it delivers counted. */
function counting(store, counts) {
  const counted = ["create", "replace", "remove", "read"];
  return {
    name: store.name,
    async open(options) {
      const connection = await store.open(options);
      const wrapped = { ...connection };
      for (const name of counted)
        wrapped[name] = (...given) => {
          if (name === "read") counts.reads++;
          else counts.writes++;
          return connection[name](...given);
        };
      wrapped.watch = (on) =>
        connection.watch({
          ...on,
          entry(...given) {
            counts.delivered++;
            on.entry(...given);
          },
        });
      return wrapped;
    },
  };
}

function begin({ nodes, shards = 0, singletons = 0, maxHandovers = 8 }) {
  const counts = { writes: 0, reads: 0, delivered: 0 };
  const tree = (node) => {
    const cluster = defineCluster({
      id: "bench",
      store: counting(node.store, counts),
      node: { name: node.name },
      maxHandovers,
    });
    const roles = Array.from({ length: singletons }, (_, index) =>
      defineSingleton({ name: `role${index}`, cluster, service }),
    );
    if (shards > 0) roles.push(defineShards({ name: "inbox", cluster, shards, service: () => service }));
    return { name: "bench", services: [cluster, ...roles] };
  };
  const cluster = createSimulatedCluster({ nodes, tree });
  return { cluster, counts, store: cluster.store };
}

/** How many claims of the records are held. */
const held = ({ store }) =>
  [...store.entries].filter(([key, { value }]) => key.startsWith("r.") && value?.includes('"state":"held"')).length;

/** Lets time pass until a condition holds. Returns the simulated milliseconds. */
async function until(bench, condition, limitMs = 120_000) {
  const from = bench.cluster.clock.now();
  while (!condition()) {
    if (bench.cluster.clock.now() - from > limitMs) throw new Error(`not within ${limitMs} ms`);
    await bench.cluster.advance(50);
  }
  return bench.cluster.clock.now() - from;
}

async function settled(given) {
  const bench = begin(given);
  await until(bench, () => held(bench) === (given.shards ?? 0) + (given.singletons ?? 0));
  // What is written once, when a role has been up for resetAfterMs, has been written.
  await bench.cluster.advance(90_000);
  return bench;
}

const cpuMs = () => process.cpuUsage().user / 1_000;

async function rest(given, forMs = 60_000) {
  const bench = await settled(given);
  const before = { ...bench.counts };
  const from = cpuMs();
  await bench.cluster.advance(forMs);
  const seconds = forMs / 1_000;
  return {
    writes: (bench.counts.writes - before.writes) / seconds,
    delivered: (bench.counts.delivered - before.delivered) / seconds,
    // For one node, as a share of one core.
    cpu: (cpuMs() - from) / forMs / given.nodes,
  };
}

const problems = [];
const growths = [];

/** The exponent of the growth between the first size and the last. */
function mayGrow(what, sizes, values, most) {
  const floor = 1e-9;
  const exponent = Math.log((values.at(-1) + floor) / (values[0] + floor)) / Math.log(sizes.at(-1) / sizes[0]);
  growths.push(`${what}: n^${exponent.toFixed(2)}, may be n^${most}`);
  if (exponent > most) problems.push(`${what} grows with n^${exponent.toFixed(2)}, and may with n^${most}`);
}

const print = (name, row) =>
  console.log(
    name.padEnd(34),
    Object.entries(row)
      .map(([key, value]) => `${key} ${value}`)
      .join(", "),
  );
const round = (value, digits = 2) => Number(value.toFixed(digits));
const percent = (share) => `${(share * 100).toFixed(2)} %`;

async function atRest() {
  const byNodes = [];
  const nodes = [3, 10, 30, 100];
  for (const count of nodes) byNodes.push(await rest({ nodes: count, shards: 60 }));
  for (const [index, { writes, delivered, cpu }] of byNodes.entries())
    print(`at rest, ${nodes[index]} nodes, 60 shards`, {
      "writes/s": round(writes),
      "delivered/s": round(delivered),
      "a core for each node": percent(cpu),
    });
  mayGrow(
    "writes at rest by nodes",
    nodes,
    byNodes.map(({ writes }) => writes),
    1.05,
  );
  mayGrow(
    "messages at rest by nodes",
    nodes,
    byNodes.map(({ delivered }) => delivered),
    2.05,
  );
  const shards = [10, 100, 1_000];
  const byShards = [];
  for (const count of shards) byShards.push(await rest({ nodes: 3, shards: count }));
  for (const [index, { writes, cpu }] of byShards.entries())
    print(`at rest, 3 nodes, ${shards[index]} shards`, {
      "writes/s": round(writes),
      "a core for each node": percent(cpu),
    });
  mayGrow(
    "writes at rest by shards",
    shards,
    byShards.map(({ writes }) => writes),
    0.02,
  );
}

/** The placement as each node computes it: with nothing held, as at a cold boot, and with everything held but for a death. */
async function placement() {
  const { placeRoles } = await tsImport("../../machines/policies/placement.ts", import.meta.url);
  const run = (nodes, shards) => {
    const candidates = Array.from({ length: nodes }, (_, index) => ({
      session: `session${index}`,
      node: `node-${index}`,
      version: "1.4.0",
      roles: ["inbox"],
    }));
    const rest = { role: "inbox", to: null, avoid: [], pinned: null };
    const free = Array.from({ length: shards }, (_, n) => ({ claim: `inbox/${n}`, holder: null, last: null, ...rest }));
    const plan = placeRoles(candidates, free);
    const all = free.map((one) => ({ ...one, holder: plan.get(one.claim) }));
    const median = (work) => {
      const times = Array.from({ length: 21 }, () => {
        const from = performance.now();
        work();
        return performance.now() - from;
      });
      return times.sort((a, b) => a - b)[10];
    };
    const times = {
      boot: median(() => placeRoles(candidates, free)),
      death: median(() => placeRoles(candidates.slice(1), all)),
    };
    print(`placement, ${nodes} nodes, ${shards} shards`, {
      "nothing held": `${round(times.boot)} ms`,
      "a node has died": `${round(times.death)} ms`,
    });
    return times;
  };
  run(5, 1_000);
  const sizes = [100, 1_000, 4_096];
  const costs = sizes.map((shards) => run(100, shards));
  mayGrow(
    "a placement with nothing held by shards",
    sizes,
    costs.map(({ boot }) => boot),
    1.5,
  );
}

async function boot() {
  const sizes = [100, 300, 1_000];
  const costs = [];
  for (const shards of sizes) {
    const from = cpuMs();
    const bench = begin({ nodes: 5, shards });
    const took = await until(bench, () => held(bench) === shards);
    const cpu = cpuMs() - from;
    costs.push({ writes: bench.counts.writes, cpu });
    print(`cold boot, 5 nodes, ${shards} shards`, {
      "all held after": `${round(took / 1_000, 1)} s`,
      writes: bench.counts.writes,
      "CPU of all": `${round(cpu, 0)} ms`,
    });
  }
  mayGrow(
    "writes of a cold boot",
    sizes,
    costs.map(({ writes }) => writes),
    1.05,
  );
  mayGrow(
    "CPU of a cold boot",
    sizes,
    costs.map(({ cpu }) => cpu),
    1.2,
  );
}

/** How many claims a node holds. */
const holds = ({ store }, node) =>
  [...store.entries].filter(
    ([key, { value }]) =>
      key.startsWith("r.") && value?.includes('"state":"held"') && value.includes(`"node":"${node}"`),
  ).length;

async function moves() {
  const shards = 1_000;
  const bench = await settled({ nodes: 5, shards, maxHandovers: 1_000 });
  bench.cluster.crash(4);
  const died = await until(bench, () => held(bench) === shards && holds(bench, "n4") === 0);
  print("1,000 shards: a node of 5 dies", { "all held after": `${round(died / 1_000, 2)} s` });
  bench.cluster.start(4);
  const joined = await until(bench, () => holds(bench, "n4") === 200 && held(bench) === shards);
  print("it joins again", { "has its 200 after": `${round(joined / 1_000, 2)} s, of which 10 s are rebalanceDelayMs` });
  const connecting = connectCluster({ id: "bench", store: bench.cluster.store, clock: bench.cluster.clock });
  await bench.cluster.advance(50);
  const view = await connecting;
  void view.drain("n4");
  const drained = await until(bench, () => holds(bench, "n4") === 0 && held(bench) === shards);
  print("it is drained", { "200 are elsewhere after": `${round(drained / 1_000, 2)} s` });
}

function heap() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  return process.memoryUsage().heapUsed;
}

// What was measured is kept: when it is let go of is not to be foreseen, and it would count as memory that was saved.
const kept = [];

/** What a role costs a node that does not run it: that of six nodes, less that of two, which run them all as well. */
async function memory() {
  if (globalThis.gc === undefined) throw new Error("memory is measured with node --expose-gc");
  for (const [kind, most] of [
    ["singletons", 12_000],
    ["shards", 1_000],
  ]) {
    const count = 1_000;
    const sizes = [];
    for (const nodes of [2, 6]) {
      const before = heap();
      const bench = await settled({ nodes, [kind]: count });
      kept.push(bench);
      sizes.push(heap() - before);
      if (held(bench) !== count) throw new Error("not held");
    }
    const each = (sizes[1] - sizes[0]) / 4 / count;
    print(`memory of ${kind} that run elsewhere`, { "each, on a node": `${round(each, 0)} bytes` });
    if (!(each > 0 && each <= most))
      problems.push(`${kind} that run elsewhere take ${round(each, 0)} bytes each, and may take ${most}`);
  }
}

await memory();
await atRest();
await placement();
await boot();
await moves();
for (const growth of growths) console.log(growth);
for (const problem of problems) console.log(`WRONG  ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
