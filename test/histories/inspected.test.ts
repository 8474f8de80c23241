// The same histories give the same updates, whether the engine runs the charts or, with `inspect`, XState itself does.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { History } from "../world/commands.ts";
import { replay } from "../world/world.ts";
import { anyHistory } from "./any-history.ts";

const runs = Number(process.env.REPEATS ?? 50);
const seed = process.env.SEED === "random" ? Date.now() % 1_000_000 : Number(process.env.SEED ?? 1);
// A stack trace costs more than most of a history.
Error.stackTraceLimit = 0;

/** The updates of a life, or the invariant that it breaks, which the other tests of histories are about. */
function live(history: History, isInspected: boolean): Promise<readonly string[] | string> {
  return replay(history, { isInspected }).catch((error: Error) => error.message);
}

it(`${runs} histories give the same updates with inspect, word for word`, async () => {
  const property = fc.asyncProperty(anyHistory, async (history) => {
    const [fast, inspected] = [await live(history, false), await live(history, true)];
    if (String(fast) !== String(inspected)) expect(fast).toEqual(inspected);
  });
  await fc.assert(property, { seed, numRuns: runs });
}, 3_600_000);
