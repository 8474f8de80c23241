// npm run bench: every workload, every peer, each measurement in a fresh process, interleaved, medians of five rounds.
// Prints a table and writes bench.json. `--rounds 1` and names of workloads narrow it; peers that are not installed are
// left out and said so.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const args = process.argv.slice(2);
const rounds = Number(args[args.indexOf("--rounds") + 1]) || 5;
const wanted = args.filter((arg) => /^[a-z]/.test(arg));

/** What is measured: the workload, its sizes, who can do it, its unit. */
const plan = [
  {
    workload: "tree",
    sizes: [100, 1_000, 10_000, 100_000],
    peers: ["limit", "statevisor", "nact", "effect", "xstate"],
  },
  { workload: "storm", sizes: [100, 1_000, 10_000], peers: ["limit", "statevisor", "nact", "effect", "xstate"] },
  { workload: "latency", sizes: [10_000], peers: ["limit", "statevisor", "nact", "effect", "xstate"] },
  { workload: "chain", sizes: [1_000], peers: ["limit", "statevisor"] },
  { workload: "chain1", sizes: [1_000], peers: ["limit", "statevisor"] },
  { workload: "layers", sizes: [10_000], peers: ["limit", "statevisor"] },
  { workload: "layers1", sizes: [10_000], peers: ["limit", "statevisor"] },
  { workload: "dynamic", sizes: [10, 1_000, 100_000], peers: ["statevisor"] },
  { workload: "health", sizes: [10, 10_000], peers: ["statevisor"] },
  { workload: "idle", sizes: [10_000], peers: ["limit", "statevisor"] },
  { workload: "recorded", sizes: [1_000], peers: ["statevisor"] },
  { workload: "inspected", sizes: [1_000], peers: ["statevisor"] },
  { workload: "served", sizes: [1_000], peers: ["statevisor"] },
];
/** XState's own children copy themselves at every spawn: beyond this they take minutes. */
const tooMuch = (peer, n) => peer === "xstate" && n > 10_000;

if (!existsSync(`${here}node_modules/effect`)) {
  console.error("installing the peers (for the bench alone)");
  execFileSync("npm", ["install", "--prefix", here, "--no-audit", "--no-fund"], { stdio: "inherit" });
}

const samples = new Map();
for (let round = 1; round <= rounds; round++) {
  for (const { workload, sizes, peers } of plan) {
    if (wanted.length > 0 && !wanted.includes(workload)) continue;
    for (const n of sizes) {
      for (const peer of peers) {
        if (tooMuch(peer, n)) continue;
        const run = spawnSync(process.execPath, ["--expose-gc", `${here}measure.mjs`, peer, workload, String(n)], {
          encoding: "utf8",
          timeout: 300_000,
        });
        if (run.status !== 0) {
          console.error(
            `${workload} ${n} ${peer}: ${run.stderr.trim().split("\n").at(-1) || `exit ${run.status ?? run.signal}`}`,
          );
          continue;
        }
        for (const [metric, value] of Object.entries(JSON.parse(run.stdout))) {
          const key = JSON.stringify([metric, n, peer]);
          samples.set(key, [...(samples.get(key) ?? []), value]);
        }
      }
    }
  }
  console.error(`round ${round} of ${rounds} done`);
}

const medians = new Map(
  [...samples].map(([key, values]) => [key, values.toSorted((a, b) => a - b)[values.length >> 1]]),
);
const rows = [...medians].map(([key, value]) => {
  const [metric, n, peer] = JSON.parse(key);
  const limit = medians.get(JSON.stringify([metric, n, "limit"]));
  return { metric, n, peer, value, ratio: limit ? value / limit : null };
});

/** The slope of log(value) over log(n) by least squares: 1 is linear, 2 quadratic. */
function exponent(points) {
  const logs = points.map(({ n, value }) => [Math.log(n), Math.log(value)]);
  const mean = (index) => logs.reduce((sum, log) => sum + log[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const above = logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0);
  return above / logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0);
}

const units = { memory: "B", latency: "µs", dynamic: "µs", health: "µs", timers: "" };
const format = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, medians of ${rounds}\n`);
console.log("| metric | n | peer | value | to the limit |\n|---|---|---|---|---|");
for (const { metric, n, peer, value, ratio } of rows.sort((a, b) => a.metric.localeCompare(b.metric) || a.n - b.n)) {
  console.log(
    `| ${metric} | ${n} | ${peer} | ${format(value)} ${units[metric] ?? "ms"} | ${ratio === null ? "" : format(ratio)} |`,
  );
}
const growth = {};
for (const metric of ["start", "stop"]) {
  for (const peer of ["limit", "statevisor", "nact", "effect"]) {
    const points = rows.filter((row) => row.metric === metric && row.peer === peer && row.n >= 1_000);
    if (points.length > 1) growth[`${metric} ${peer}`] = exponent(points);
  }
}
console.log("\n| growth over n, from 1,000 | exponent |\n|---|---|");
for (const [name, value] of Object.entries(growth)) console.log(`| ${name} | ${value.toFixed(2)} |`);
writeFileSync("bench.json", JSON.stringify({ node: process.version, rounds, rows, growth }, null, 2));
