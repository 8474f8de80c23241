// meters.ts: what this node counts of its own part in a cluster, over all its sessions.

import type { Inside } from "../contract/director.ts";

/** The upper bounds of the buckets of a renewal, in milliseconds. */
export const renewalBounds = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500] as const;

/** What a node counts of its own part in a cluster, since its program was started. */
export interface ClusterMeters {
  /** How long its lease is valid unless it is renewed, in milliseconds; 0 without a lease. */
  readonly leaseValidForMs: number;
  readonly renewals: {
    readonly count: number;
    readonly sumMs: number;
    /** How many took so long at the most: an upper bound in milliseconds, and the count. */
    readonly buckets: readonly (readonly [atMostMs: number, count: number])[];
  };
  /** Renewals that were refused, or whose outcome is unknown. */
  readonly renewalFailures: number;
  readonly leasesLost: number;
  /** How many other nodes it has taken for dead. */
  readonly expulsions: number;
  /** The claims that it holds though it should not: what runs there would not stop. */
  readonly stuck: readonly string[];
}

/** The counters behind the meters. */
export class Meters {
  renewalFailures = 0;
  leasesLost = 0;
  expulsions = 0;
  #count = 0;
  #sumMs = 0;
  readonly #counts = renewalBounds.map(() => 0);

  /** The meters of this start of the program, which outlive its sessions. */
  static of({ memory }: Inside): Meters {
    const known = (memory.get("meters") as Meters | undefined) ?? new Meters();
    memory.set("meters", known);
    return known;
  }

  noteRenewal(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    for (const [index, bound] of renewalBounds.entries()) if (ms <= bound) this.#counts[index]!++;
  }

  read(leaseValidForMs: number, stuck: readonly string[]): ClusterMeters {
    const { renewalFailures, leasesLost, expulsions } = this;
    const buckets = renewalBounds.map((bound, index) => [bound, this.#counts[index]!] as const);
    const renewals = { count: this.#count, sumMs: this.#sumMs, buckets };
    return { leaseValidForMs, renewals, renewalFailures, leasesLost, expulsions, stuck };
  }
}
