// Plays many histories, on all cores, and ends with 1 if one of them breaks what must hold:
//
//   RUNS=10000 SEED=7 npx tsx test/cluster/histories/main.ts
//
// Each part of a run has a seed of its own, from SEED (1) on. What breaks is shrunk and printed. The parts run as one bundle:
// modules that are compiled one by one, as tests and tsx do, take half as much time again.

import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { Part } from "./part.ts";

const runs = Number(process.env.RUNS ?? 10_000);
const firstSeed = Number(process.env.SEED ?? 1);
const partSize = 250;

const program = fileURLToPath(
  new URL(`../../../node_modules/.cache/statevisor-histories/${process.pid}.mjs`, import.meta.url),
);
const input = fileURLToPath(new URL("part.ts", import.meta.url));
const bundle = await rolldown({ input, platform: "node", external: /^[^./]/ });
await bundle.write({ file: program, format: "esm", codeSplitting: false });

const parts = Array.from({ length: Math.ceil(runs / partSize) }, (_, index): Part => {
  return { seed: firstSeed + index, numRuns: Math.min(partSize, runs - index * partSize) };
});
let failed = 0;
const began = performance.now();

async function work(): Promise<void> {
  const child = fork(program);
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    child.send(part);
    const [{ error }] = (await once(child, "message")) as [{ error: string | null }];
    if (error === null) continue;
    failed++;
    console.log(`seed ${part.seed}: ${error}`);
  }
  child.disconnect();
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
rmSync(program);
const seconds = ((performance.now() - began) / 1_000).toFixed(0);
console.log(`${runs} histories in ${seconds} s; parts with a violation: ${failed}`);
process.exit(failed === 0 ? 0 : 1);
