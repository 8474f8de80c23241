// Random histories of random trees: what always holds, holds. RUNS (200) is how many, SEED (1) which ones; a failing
// history is shrunk and printed as a script to be pasted into a test. `npm run test:histories` lives ten thousand, always
// the same: a gate must not fail for what a change has not done. SEED=random looks for others.

import fc from "fast-check";
import { expect, it } from "vitest";
import { createSupervisor } from "../../src/index.ts";
import { toScript } from "./script.ts";
import { anyHistory, type History } from "./shape.ts";
import { replay } from "./world.ts";

const runs = Number(process.env.RUNS ?? 200);
const seed = process.env.SEED === "random" ? Date.now() % 1_000_000 : Number(process.env.SEED ?? 1);
const repeats = Number(process.env.REPEATS ?? Math.min(1_000, Math.ceil(runs / 4)));

/** Lives histories until one breaks an invariant, and shrinks that one. */
async function hunt(numRuns: number, live: (history: History) => Promise<unknown>, from = seed) {
  const property = fc.asyncProperty(anyHistory, async (history) => {
    await live(history);
  });
  const { failed, counterexample, errorInstance, numShrinks } = await fc.check(property, { seed: from, numRuns });
  if (!failed) return null;
  return { history: counterexample![0], error: errorInstance as Error, numShrinks };
}

it(`${runs} histories of seed ${seed} break no invariant`, async () => {
  const rejected: unknown[] = [];
  const note = (reason: unknown) => rejected.push(reason);
  process.on("unhandledRejection", note);
  const began = performance.now();
  const found = await hunt(runs, async (history) => {
    await replay(history);
    if (rejected.length > 0) throw new Error(`unhandled rejection: ${String(rejected.pop())}`);
  });
  process.off("unhandledRejection", note);
  const tookMs = performance.now() - began;
  console.log(`seed ${seed}: ${runs} histories, ${(tookMs / runs).toFixed(1)} ms each`);
  if (found) throw new Error(`${found.error.message}\n\n${toScript(found.history, seed)}`);
}, 3_600_000);

it(`${repeats} histories told twice are told in the same words`, async () => {
  const found = await hunt(repeats, async (history) => {
    const [once, twice] = [await replay(history), await replay(history)];
    if (once.join("\n") !== twice.join("\n")) throw new Error("the second time it is told otherwise");
  });
  if (found) throw new Error(`${found.error.message}\n\n${toScript(found.history, seed)}`);
}, 3_600_000);

it("a bug is found, shrunk, and printed as a script that shows it", async () => {
  // Of a service that has failed twice in a row, its status says that it is well.
  const planted: typeof createSupervisor = (spec, options) => {
    const supervisor = createSupervisor(spec, options);
    return new Proxy(supervisor, {
      get(target, key) {
        if (key !== "explain") return Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key);
        return (path: string) => {
          const told = target.explain(path);
          const { failures } = target.status(path);
          return failures > 1 ? { ...told, phase: "healthy" } : told;
        };
      },
    });
  };
  const found = await hunt(10_000, (history) => replay(history, planted), 1);
  const script = toScript(found!.history, seed);
  expect(found!.history.commands.length).toBeLessThan(6);
  expect(found!.history.tree.services.length).toBeLessThan(3);
  const pasted = script.match(/await (replay\([\s\S]*)\n\}\);/)![1]!;
  const run = new Function("replay", `return ${pasted}`);
  await expect(run((history: History) => replay(history, planted))).rejects.toThrow("explain(");
  await run(replay);
}, 120_000);
