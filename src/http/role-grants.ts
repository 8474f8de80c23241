// RoleGrants: what the updates of roles report and their records do not keep: how often this node got a role, and how long
// nobody held it before.

import type { RoleReason, RoleUpdate } from "../cluster/index.ts";

/** The reasons of an update that say that a node got the role. */
const grants: readonly RoleReason[] = ["claimed", "taken-over", "handed-over", "moved", "failed-there"];

/** The upper bounds of how long nobody held a role, in seconds. */
const gapBounds = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 300] as const;

interface Gaps {
  count: number;
  sum: number;
  readonly buckets: [bound: number, count: number][];
}

export class RoleGrants {
  /** How often this node got a role, by role and reason. */
  readonly counts = new Map<string, Map<RoleReason, number>>();
  /** How long nobody held a role before this node got it. */
  readonly gaps = new Map<string, Gaps>();

  /** To be called with each update of a role that names this node. */
  note({ role, because, gapMs }: RoleUpdate): void {
    if (!grants.includes(because)) return;
    const counts = this.counts.get(role) ?? new Map<RoleReason, number>();
    counts.set(because, (counts.get(because) ?? 0) + 1);
    this.counts.set(role, counts);
    if (gapMs === null) return;
    const gaps = this.gaps.get(role) ?? { count: 0, sum: 0, buckets: gapBounds.map((bound) => [bound, 0]) };
    const seconds = gapMs / 1_000;
    gaps.count++;
    gaps.sum += seconds;
    for (const bucket of gaps.buckets) if (seconds <= bucket[0]) bucket[1]++;
    this.gaps.set(role, gaps);
  }
}
