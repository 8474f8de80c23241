// lease.ts: the right to run that a clustered service has, as its own code sees it.

/**
 * The right of this incarnation to run, on this node and no other. It ends with the session of the node: `ctx.signal` aborts
 * when the node steps down, before the lease is over.
 */
export interface Lease {
  readonly role: string;
  /** null for a singleton. */
  readonly shard: number | null;
  /** The name of this node. */
  readonly node: string;
  /** The fencing token: greater at every grant of this role, on whichever node; a safe integer. */
  readonly token: number;
  /** Whether the lease is valid now, by both clocks of this machine. */
  readonly isHeld: boolean;
  /** How long the lease is valid unless it is renewed, in milliseconds; 0 once it is over. */
  remainingMs(): number;
  /**
   * Call it before a write that nothing else guards.
   *
   * @throws SupervisorError ERR_LEASE_LOST if the lease is over.
   */
  assertHeld(): void;
}
