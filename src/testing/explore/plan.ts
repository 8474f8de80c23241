// plan.ts: random plans of faults: which faults, of which services, when.

import type { Arbitrary } from "fast-check";
import { SupervisorError, type SupervisorSpec } from "../../index.ts";
import { type Fault, faults, faultTable, type PlannedFault } from "./faults.ts";
import { servicesOf } from "./faulty-tree.ts";
import { loadFastCheck } from "./hunt.ts";

/** A fault that can happen to a service. */
export type Candidate = Pick<PlannedFault, "path" | "fault">;

/** How long a fault lasts that lasts a while, in milliseconds. A short one is the simplest. */
const lastings = [100, 1_000, 10_000];

/**
 * The faults that can happen to a tree, the simplest first. "*" stands for all services to which a fault can happen.
 *
 * @throws SupervisorError ERR_UNKNOWN_SERVICE, ERR_INVALID_SPEC
 */
export function findCandidates(
  spec: SupervisorSpec,
  wanted: Readonly<Record<string, readonly Fault[]>>,
): readonly Candidate[] {
  if (typeof wanted !== "object" || wanted === null) {
    const message = `faults: expected the faults by path, such as { "*": ["crash"] }; got ${String(wanted)}`;
    throw new SupervisorError("ERR_INVALID_SPEC", message);
  }
  const services = servicesOf(spec);
  const found = new Map<string, Candidate>();
  const add = (path: string, fault: Fault) => found.set(`${path} ${fault}`, { path, fault });
  for (const [key, kinds] of Object.entries(wanted)) {
    const path = services.has(key) ? key : `${spec.name}/${key}`;
    const chosen = services.get(path);
    if (chosen === undefined && key !== "*") throw toUnknown(key, [...services.keys()]);
    for (const fault of kinds) {
      const { fits, needs } = rowOf(key, fault);
      if (chosen === undefined) for (const [one, child] of services) fits(child) && add(one, fault);
      else if (fits(chosen)) add(path, fault);
      else throw toUnfit(path, fault, needs);
    }
  }
  return [...found.values()].sort((a, b) => faults.indexOf(a.fault) - faults.indexOf(b.fault));
}

function rowOf(key: string, fault: Fault): (typeof faultTable)[Fault] {
  const row = faultTable[fault] as (typeof faultTable)[Fault] | undefined;
  if (row !== undefined) return row;
  const message = `faults["${key}"]: expected ${faults.join(", ")}; got ${String(fault)}`;
  throw new SupervisorError("ERR_INVALID_SPEC", message);
}

function toUnknown(key: string, known: readonly string[]): SupervisorError {
  const message = `faults["${key}"]: no service has this path; known are ${known.join(", ") || "none"}, and "*" for all`;
  return new SupervisorError("ERR_UNKNOWN_SERVICE", message, { path: key });
}

function toUnfit(path: string, fault: Fault, needs: string): SupervisorError {
  return new SupervisorError("ERR_INVALID_SPEC", `faults["${path}"]: "${fault}" needs a service with ${needs}`, {
    path,
  });
}

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
