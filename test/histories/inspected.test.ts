// The same histories give the same updates, whether the engine runs the charts or, with `inspect`, XState itself does.

import fc from "fast-check";
import { expect, it } from "vitest";
import { replay } from "../world/world.ts";
import { anyHistory } from "./any-history.ts";

const runs = Number(process.env.REPEATS ?? 50);
const seed = process.env.SEED === "random" ? Date.now() % 1_000_000 : Number(process.env.SEED ?? 1);

it(`${runs} histories give the same updates with inspect, word for word`, async () => {
  const property = fc.asyncProperty(anyHistory, async (history) => {
    expect(await replay(history, { isInspected: true })).toEqual(await replay(history));
  });
  await fc.assert(property, { seed, numRuns: runs });
}, 3_600_000);
