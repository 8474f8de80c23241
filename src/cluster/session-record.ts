// session-record.ts: what a session reports of itself to the other nodes, in its record.

import type { SessionRecord } from "../../machines/policies/directory.ts";
import { wireVersion } from "./records.ts";
import type { Session } from "./session.ts";

export function toSessionRecord({ participants, node, plan, isDraining }: Session, startedAt: number): SessionRecord {
  const roles: string[] = [];
  const down: string[] = [];
  const stuck: string[] = [];
  const stopping: string[] = [];
  const backoff: string[] = [];
  for (const participant of participants) {
    if (participant.isWilling) roles.push(participant.role);
    down.push(...participant.down);
    stuck.push(...participant.stuck);
    stopping.push(...participant.stopping);
    backoff.push(...participant.backoff);
  }
  return {
    v: wireVersion,
    least: wireVersion,
    node,
    version: plan.version,
    labels: plan.labels,
    state: isDraining ? "draining" : "up",
    health: down.length === 0 ? "healthy" : "degraded",
    roles: roles.sort(),
    down: down.sort(),
    ...(stuck.length > 0 && { stuck: stuck.sort() }),
    ...(stopping.length > 0 && { stopping: stopping.sort() }),
    ...(backoff.length > 0 && { backoff: backoff.sort() }),
    startedAt,
    leaseMs: plan.rule.leaseDurationMs,
  };
}
