// Partitions on a real network: nodes and servers in network namespaces of their own. Needs root, iproute2 and util-linux; all
// of it is in namespaces that end with the process.
//
//   npm run test:cluster-partitions
//   RUNS=10 ONLY=postgres npm run test:cluster-partitions

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaults, runLanes, short } from "../faults/lanes.ts";
import { Network } from "./network.ts";
import { minorityRows, natsRows, postgresRows } from "./rows.ts";
import { postgresIn, startPostgresIn, threeNatsIn } from "./servers.ts";

const lanes = {
  "postgres, partitions": { make: postgresIn, times: short, rowsOf: postgresRows },
  "3 nats, partitions": { make: threeNatsIn, times: defaults, rowsOf: natsRows },
  "3 nats, minority": { make: threeNatsIn, times: short, rowsOf: minorityRows },
};
type Name = keyof typeof lanes;

/** Runs a lane in namespaces of its own. Returns the exit code. */
async function apart(name: string): Promise<number> {
  const program = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), name];
  const args = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", ...program];
  const [code] = await once(spawn("unshare", args, { stdio: "inherit" }), "exit");
  return code ?? 1;
}

async function runApart(name: Name): Promise<number> {
  // Where the names of namespaces are: of this process alone.
  mkdirSync("/run/netns", { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run/netns"]);
  const network = new Network();
  const { make, times, rowsOf } = lanes[name];
  for (const node of ["n0", "n1", "n2"]) network.add(node);
  const orders = await startPostgresIn(network, null);
  const lane = { name, make: () => make(network), times, rows: rowsOf(network), network };
  const failures = await runLanes([lane], orders.address);
  await orders.remove();
  return failures === 0 ? 0 : 1;
}

if (process.getuid?.() !== 0) {
  console.error("this test makes network namespaces: run it as root");
  process.exit(2);
}
const given = process.argv[2] as Name | undefined;
if (given !== undefined) process.exit(await runApart(given));
const chosen = Object.keys(lanes).filter((name) => name.includes(process.env.ONLY ?? ""));
const codes = await Promise.all(chosen.map(apart));
process.exit(codes.every((code) => code === 0) ? 0 : 1);
