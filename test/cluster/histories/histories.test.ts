// Random faults on a simulated cluster: two holders never overlap, tokens always grow, and once the faults are over every
// role is held again. `npm run test:cluster-histories` runs ten thousand of them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check, play, script } from "./play.ts";

describe("random faults", () => {
  it("never make two holders overlap nor a token shrink, and leave nothing without a holder", async () => {
    const numRuns = 25;
    await fc.assert(fc.asyncProperty(script, check), { numRuns, seed: 1, endOnFailure: false });
  }, 120_000);

  it("play the same way from the same seed", async () => {
    const [given] = fc.sample(script, { seed: 5, numRuns: 1 });
    const one = await play(given!);
    const two = await play(given!);
    expect(one.cluster.history.activations).toEqual(two.cluster.history.activations);
    expect([...one.cluster.store.entries]).toEqual([...two.cluster.store.entries]);
  });
});
