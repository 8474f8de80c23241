// hunt.ts: looks for a case that fails, with fast-check: cases of a seed, one after another, and the first that fails is
// made as small as it gets. fast-check is loaded when it is used.

import type { Arbitrary } from "fast-check";

type FastCheck = typeof import("fast-check").default;

export interface Quarry<Case> {
  /** The smallest case that fails. */
  readonly found: Case;
  readonly error: Error;
  /** How many cases were lived until the first one failed, that one included. */
  readonly runs: number;
}

export interface Hunt {
  readonly runs: number;
  readonly seed: number;
  /** false: the first case that fails, as it is. */
  readonly shrinks?: boolean;
}

/** @throws Error if fast-check is not installed. */
export async function loadFastCheck(): Promise<FastCheck> {
  try {
    return (await import("fast-check")).default;
  } catch (error) {
    throw new Error("exploreTree looks for faults with fast-check, which is not installed: npm install -D fast-check", {
      cause: error,
    });
  }
}

/** Lives cases until one throws. null if none does. */
export async function hunt<Case>(
  arbitrary: Arbitrary<Case>,
  live: (one: Case) => Promise<unknown>,
  { runs, seed, shrinks = true }: Hunt,
): Promise<Quarry<Case> | null> {
  const fc = await loadFastCheck();
  const property = fc.asyncProperty(arbitrary, async (one) => {
    await live(one);
  });
  const { failed, counterexample, errorInstance, numRuns } = await fc.check(property, {
    seed,
    numRuns: runs,
    endOnFailure: !shrinks,
  });
  if (!failed) return null;
  return { found: counterexample![0], error: errorInstance as Error, runs: numRuns };
}
