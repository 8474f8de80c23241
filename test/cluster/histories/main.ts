// Plays many histories, on all cores, and ends with 1 if one of them breaks what must hold:
//
//   RUNS=10000 SEED=7 npx tsx test/cluster/histories/main.ts
//
// Each part of a run has a seed of its own, from SEED (1) on. What breaks is shrunk and printed.

import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { check, script } from "./play.ts";

const runs = Number(process.env.RUNS ?? 10_000);
const seed = Number(process.env.SEED ?? 1);
const partSize = 250;

async function playPart(part: number): Promise<void> {
  const numRuns = Math.min(partSize, runs - part * partSize);
  await fc.assert(fc.asyncProperty(script, check), { numRuns, seed: seed + part, endOnFailure: false });
}

if (process.send !== undefined) {
  process.on("message", async (part: number) => {
    try {
      await playPart(part);
      process.send!({ error: null });
    } catch (error) {
      process.send!({ error: (error as Error).message });
    }
  });
} else {
  const parts = Array.from({ length: Math.ceil(runs / partSize) }, (_, part) => part);
  let failed = 0;
  const began = performance.now();
  const work = async () => {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: ["--import", "tsx"] });
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      child.send(part);
      const [{ error }] = (await once(child, "message")) as [{ error: string | null }];
      if (error === null) continue;
      failed++;
      console.log(`seed ${seed + part}: ${error}`);
    }
    child.disconnect();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(`${runs} histories in ${seconds} s; parts with a violation: ${failed}`);
  process.exit(failed === 0 ? 0 : 1);
}
