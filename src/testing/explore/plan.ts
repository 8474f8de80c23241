// plan.ts: random plans of faults: which faults, of which services, when.

import type { Arbitrary } from "fast-check";
import type { Candidate } from "./candidates.ts";
import { faultTable, type PlannedFault } from "./faults.ts";
import { loadFastCheck } from "./hunt.ts";

/** How long a fault lasts that lasts a while, in milliseconds. A short one is the simplest. */
const lastings = [100, 1_000, 10_000];

export interface PlanOptions {
  readonly maxFaults: number;
  readonly forMs: number;
}

/** Plans of any of these faults. They shrink to fewer, simpler and earlier ones. */
export async function anyPlan(
  candidates: readonly Candidate[],
  { maxFaults, forMs }: PlanOptions,
): Promise<Arbitrary<PlannedFault[]>> {
  const fc = await loadFastCheck();
  if (candidates.length === 0) return fc.constant([]);
  // Faults close together find more than faults far apart: what breaks breaks while the tree is recovering.
  const anyGap = fc.oneof(
    fc.constant(0),
    fc.nat(Math.min(50, forMs)),
    fc.nat(Math.min(2_000, forMs)),
    fc.nat(Math.ceil(forMs / 4)),
  );
  const anyFault = fc.record({
    afterMs: anyGap,
    candidate: fc.nat(candidates.length - 1),
    lastsMs: fc.constantFrom(...lastings),
  });
  return fc.array(anyFault, { maxLength: maxFaults, size: "max" }).map((steps) => {
    let at = 0;
    return steps.flatMap(({ afterMs, candidate, lastsMs }) => {
      at += afterMs;
      const { path, fault } = candidates[candidate]!;
      if (at > forMs) return [];
      return [{ at, path, fault, ...(faultTable[fault].lasts && { lastsMs }) }];
    });
  });
}
