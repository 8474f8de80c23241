// npm run bench: every workload, every peer, each measurement in a fresh process, the peers interleaved, medians of five
// rounds. Prints a table, writes bench.json, and fails when something grows faster over its size than it may.
// Names of workloads and `--rounds 1` narrow it. Peers that are not installed are left out with a message.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nativePeers } from "./natives.mjs";
import { report } from "./report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const args = process.argv.slice(2);
const rounds = Number(args[args.indexOf("--rounds") + 1]) || 5;
const wanted = args.filter((arg) => /^[a-z]/.test(arg));

const everybody = ["limit", "statevisor", "nact", "effect", "xstate", "otp", "suture"];

/** The workloads, with their sizes and the peers that can do them. `rounds`: fewer, where one takes minutes. */
const workloads = [
  { workload: "tree", sizes: [100, 1_000, 10_000, 100_000], peers: everybody },
  { workload: "storm", sizes: [100, 1_000, 10_000], peers: everybody },
  { workload: "latency", sizes: [10_000], peers: everybody },
  { workload: "chain", sizes: [1_000], peers: ["limit", "statevisor"] },
  { workload: "chain1", sizes: [1_000], peers: ["limit", "statevisor"] },
  { workload: "layers", sizes: [10_000], peers: ["limit", "statevisor"] },
  { workload: "layers1", sizes: [10_000], peers: ["limit", "statevisor"] },
  { workload: "dynamic", sizes: [10, 1_000, 100_000], peers: ["statevisor"] },
  { workload: "health", sizes: [10, 10_000], peers: ["statevisor"] },
  { workload: "recorded", sizes: [1_000], peers: ["statevisor"] },
  { workload: "served", sizes: [1_000], peers: ["statevisor"] },
  { workload: "inspected", sizes: [1_000], peers: ["statevisor"] },
  { workload: "import", sizes: [1], peers: ["limit", "statevisor"] },
  { workload: "size", sizes: [1], peers: ["statevisor"], rounds: 1 },
  { workload: "idle", sizes: [10_000], peers: ["limit", "statevisor"], rounds: 1 },
];
const unknown = wanted.filter((name) => !workloads.some(({ workload }) => workload === name));
if (unknown.length > 0) {
  const known = workloads.map(({ workload }) => workload).join(", ");
  console.error(`no workload is named ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}
const plan = workloads.filter(({ workload }) => wanted.length === 0 || wanted.includes(workload));

/** The most children of XState's own: it copies them at every spawn, and more would take minutes. */
const isTooMuch = (peer, workload, n) => peer === "xstate" && n > (workload === "storm" ? 1_000 : 10_000);

if (!existsSync(`${here}node_modules/effect`)) {
  console.error("installing effect and nact (for the bench alone)");
  execFileSync("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"], { stdio: "inherit" });
}
const natives = nativePeers(here);

/** The metrics of one run, or null and a message if it failed. */
function measure(peer, workload, n) {
  const script = ["--expose-gc", `${here}measure.mjs`, peer, workload, String(n)];
  const [file, ...parts] = natives.has(peer)
    ? [...natives.get(peer), workload, String(n)]
    : [process.execPath, ...script];
  const run = spawnSync(file, parts, { encoding: "utf8", timeout: 300_000 });
  if (run.status === 0) return JSON.parse(run.stdout);
  const why = run.stderr.trim().split("\n").at(-1) || `exit ${run.status ?? run.signal}`;
  console.error(`${workload} ${n} ${peer}: ${why}`);
  return null;
}

const samples = [];
for (let round = 1; round <= rounds; round++) {
  for (const { workload, sizes, peers, rounds: most = rounds } of plan) {
    if (round > most) continue;
    for (const n of sizes) {
      console.error(`round ${round} of ${rounds}: ${workload} ${n}`);
      for (const peer of peers) {
        if (isTooMuch(peer, workload, n) || natives.get(peer) === null) continue;
        for (const [metric, value] of Object.entries(measure(peer, workload, n) ?? {})) {
          samples.push({ metric, n, peer, value });
        }
      }
    }
  }
}

const { text, json, grewTooMuch } = report(samples);
console.log(`medians of ${rounds} rounds, Node ${process.version}\n\n${text}`);
writeFileSync("bench.json", `${JSON.stringify({ node: process.version, rounds, ...json }, null, 2)}\n`);
for (const { name, exponent, most } of grewTooMuch) {
  console.error(`${name} grows with the power ${exponent.toFixed(2)} of its size; at most ${most} is right`);
  process.exitCode = 1;
}
