// lease.ts: the lease that the code of a clustered service is given.

import { SupervisorError } from "../contract/errors.ts";
import type { Lease } from "../contract/lease.ts";
import { toClaim } from "./records.ts";
import type { Session } from "./session.ts";

export function createLease(session: Session, role: string, shard: number | null, token: number): Lease {
  const { node } = session;
  const lease: Lease = {
    role,
    shard,
    node,
    token,
    get isHeld() {
      return session.validForMs > 0;
    },
    remainingMs: () => session.validForMs,
    assertHeld() {
      if (lease.isHeld) return;
      const message = `the lease of ${toClaim(role, shard)} on node ${node} is over (token ${token}); another node may hold it`;
      throw new SupervisorError("ERR_LEASE_LOST", message);
    },
  };
  return lease;
}
