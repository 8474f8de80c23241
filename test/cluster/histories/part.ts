// Plays the histories of one seed after another, as its parent asks for them.

import fc from "fast-check";
import { check, script } from "./play.ts";

export interface Part {
  readonly seed: number;
  readonly numRuns: number;
}

process.on("message", async ({ seed, numRuns }: Part) => {
  try {
    await fc.assert(fc.asyncProperty(script, check), { numRuns, seed, endOnFailure: false });
    process.send!({ error: null });
  } catch (error) {
    process.send!({ error: (error as Error).message });
  }
});
