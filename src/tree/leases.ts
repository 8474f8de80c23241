// leases.ts: the leases of the children that directors have added, and of everything inside them.

import type { Lease } from "../contract/lease.ts";
import type { Child } from "./service.ts";

const leases = new WeakMap<Child, Lease>();

export function setLease(child: Child, lease: Lease): void {
  leases.set(child, lease);
}

/** The lease of a child, or of the nearest supervisor around it that has one; null where nothing is clustered. */
export function leaseOf(child: Child): Lease | null {
  for (let one: Child | null = child; one !== null; one = one.parent.owner) {
    const lease = leases.get(one);
    if (lease !== undefined) return lease;
  }
  return null;
}
