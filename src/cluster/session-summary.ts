// session-summary.ts: what a session says of itself to a person: while it lasts, and at its end.

import type { MembershipOutcome } from "../../machines/membership.ts";
import type { Moment } from "../../machines/policies/lease.ts";
import { SupervisorError } from "../contract/errors.ts";
import { describeTrouble } from "./engine-trouble.ts";
import type { Session, Stage } from "./session.ts";

/** What `explain` adds about a session; `sent` is when its last confirmed renewal was sent. */
export function summariseSession(session: Session, stage: Stage, sent: Moment | null): string | null {
  const { plan, trouble, inside, node, validForMs, joinedAt } = session;
  const { name } = plan.store;
  const why = trouble === null ? "" : `: ${trouble.message}`;
  if (stage === "joining") return trouble === null ? `it joins, at ${name}` : describeTrouble(name, trouble);
  if (stage === "stepping") return `the lease is lost${why}`;
  if (stage === "over" || sent === null) return null;
  const now = inside.clock.now();
  const ago = ((now - sent.now) / 1_000).toFixed(1);
  return `node ${node}, a member for ${formatAge(now - (joinedAt ?? now))}, last renewal ${ago} s ago, lease valid for ${(validForMs / 1_000).toFixed(1)} s${why}`;
}

/** 12 s, 4 min, 2 h, 3 d. */
function formatAge(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Why the incarnation of the cluster service ends; null if the node has left in order. */
export function toEndError({ plan, trouble, path, node }: Session, outcome: MembershipOutcome): Error | null {
  if (outcome.kind === "left") return null;
  if (outcome.kind === "refused") return outcome.error;
  const why =
    outcome.because === "expelled"
      ? "another node has ended its session, which was silent for too long"
      : `no renewal was confirmed within ${plan.rule.renewDeadlineMs} ms (renewDeadlineMs)`;
  const options = trouble === null ? {} : { cause: trouble };
  const message = `${path}: the lease of node ${node} is lost: ${why}`;
  return new SupervisorError("ERR_LEASE_LOST", message, { path, ...options });
}
