// candidates.ts: the faults that can happen to the services of a tree, from those that the user wants.

import { SupervisorError, type SupervisorSpec } from "../../index.ts";
import { type Fault, faults, faultTable, type PlannedFault } from "./faults.ts";
import { servicesOf } from "./faulty-tree.ts";

/** A fault that can happen to a service. */
export type Candidate = Pick<PlannedFault, "path" | "fault">;

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
