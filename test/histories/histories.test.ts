// Random histories of random trees break no invariant. RUNS (200) says how many, SEED (1) which ones; a failing history
// is shrunk and printed as a script to be pasted into a test. `npm run test:histories` lives ten thousand, always the
// same ones: a gate must not fail for what a change has not done. SEED=random looks for others.

import { expect, it } from "vitest";
import { createSupervisor, type ServiceSpec, type Supervisor } from "../../src/index.ts";
import { hunt } from "../../src/testing/explore/hunt.ts";
import type { History } from "../world/commands.ts";
import { toScript } from "../world/script.ts";
import { replay } from "../world/world.ts";
import { anyHistory } from "./any-history.ts";

const runs = Number(process.env.RUNS ?? 200);
const seed = process.env.SEED === "random" ? Date.now() % 1_000_000 : Number(process.env.SEED ?? 1);
// A stack trace costs more than most of a history.
Error.stackTraceLimit = 0;
const repeats = Number(process.env.REPEATS ?? Math.min(1_000, Math.ceil(runs / 4)));

/** Lives histories until one breaks an invariant, and shrinks that one if asked to. */
const search = (numRuns: number, live: (history: History) => Promise<unknown>, from = seed, shrinks = true) =>
  hunt(anyHistory, live, { runs: numRuns, seed: from, shrinks });

it(`${runs} histories of seed ${seed} break no invariant`, async () => {
  const rejected: unknown[] = [];
  const note = (reason: unknown) => rejected.push(reason);
  process.on("unhandledRejection", note);
  const began = performance.now();
  const found = await search(runs, async (history) => {
    await replay(history);
    if (rejected.length > 0) throw new Error(`unhandled rejection: ${String(rejected.pop())}`);
  });
  process.off("unhandledRejection", note);
  const tookMs = performance.now() - began;
  console.log(`seed ${seed}: ${runs} histories, ${(tookMs / runs).toFixed(1)} ms each`);
  if (found) throw new Error(`${found.error.message}\n\n${toScript(found.found, `history of seed ${seed}`)}`);
}, 3_600_000);

// Case 150: the same seed and script give the same updates.
it(`${repeats} histories lived twice give the same updates, word for word`, async () => {
  const found = await search(repeats, async (history) => {
    const [once, twice] = [await replay(history), await replay(history)];
    if (once.join("\n") !== twice.join("\n")) throw new Error("the second life gives other updates");
  });
  if (found) throw new Error(`${found.error.message}\n\n${toScript(found.found, `history of seed ${seed}`)}`);
}, 3_600_000);

/** createSupervisor with a handle that lies in one way. */
function plant(lie: (supervisor: Supervisor) => Partial<Supervisor>): typeof createSupervisor {
  return (spec, options) => {
    const supervisor = createSupervisor(spec, options);
    const lies = lie(supervisor);
    return new Proxy(supervisor, {
      get: (target, key) =>
        Reflect.get(lies, key) ?? Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key),
    });
  };
}

const lies: [what: string, lie: (supervisor: Supervisor) => object, noticed: string][] = [
  [
    "explain says that a service that failed twice in a row is healthy",
    (supervisor) => ({
      explain: (path: string) =>
        supervisor.status(path).failures > 1
          ? { ...supervisor.explain(path), phase: "healthy" }
          : supervisor.explain(path),
    }),
    "explain(",
  ],
  [
    "status gives a wrong phase",
    (supervisor) => ({ status: (path: string) => ({ ...supervisor.status(path), phase: "launching" }) }),
    "its last update said",
  ],
  [
    "health never says degraded",
    (supervisor) => ({
      health: () => {
        const report = supervisor.health();
        return report.status === "degraded" ? { ...report, status: "healthy" } : report;
      },
    }),
    "health() is healthy, the last update said degraded",
  ],
  ["stop resolves and stops nothing", () => ({ stop: async () => {} }), "after the stop"],
  ["start never settles", () => ({ start: () => new Promise(() => {}) }), "start() is pending"],
  [
    "addService does not check for duplicates",
    (supervisor) => ({
      addService: (spec: ServiceSpec) => supervisor.addService(spec).catch(() => Promise.reject(new Error("twice"))),
    }),
    "rejected with Error: twice",
  ],
];

it.for(lies)("the histories notice a handle where %s", { timeout: 60_000 }, async ([, lie, noticed]) => {
  const found = await search(10_000, (history) => replay(history, { create: plant(lie) }), 1, false);
  expect(found?.error.message).toContain(noticed);
});

it("a bug is shrunk and printed as a script that shows it", { timeout: 60_000 }, async () => {
  const planted = { create: plant(lies[0]![1]) };
  const found = await search(10_000, (history) => replay(history, planted), 1);
  const script = toScript(found!.found, `history of seed ${seed}`);
  expect(found!.found.commands.length).toBeLessThan(6);
  expect(found!.found.tree.services.length).toBeLessThan(3);
  const pasted = script.match(/await (replay\([\s\S]*)\n\}\);/)![1]!;
  const run = new Function("replay", `return ${pasted}`);
  await expect(run((history: History) => replay(history, planted))).rejects.toThrow("explain(");
  await run(replay);
});
