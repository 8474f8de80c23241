// why-changed.ts: from what is known of a member or a role before and after to the reason of the change. Pure.

import type { SessionRecord } from "../../machines/policies/directory.ts";
import type { MemberReason, RoleReason, RoleStatus } from "../contract/cluster-facts.ts";
import { toClaim } from "./records.ts";
import type { RoleSeen } from "./role-seen.ts";
import type { Member } from "./view.ts";

/** Why a role changed; null if it did not. `left` is how its last holder let go of it. */
export function whyRole(before: RoleSeen, after: RoleSeen, left: RoleReason | null): RoleReason | null {
  const [was, is] = [before.status, after.status];
  const isSameHolder = was.node === is.node && was.token === is.token;
  if (is.node !== null && !isSameHolder) return toTaken(was.node === null ? left : whyLeft(before, after));
  if (after.isStuck && !before.isStuck) return "stuck";
  if (was.state === is.state && isSameHolder) return null;
  if (is.node !== null) return whyOther(was.state, is);
  if (was.node !== null) return whyLeft(before, after);
  if (isSettled(is.state)) return is.state;
  // Whether it is free or waits for an attempt depends on which nodes there are: nobody started it.
  return isSettled(was.state) ? "started" : null;
}

/** Why a role is in another state where it was already. */
function whyOther(was: RoleStatus["state"], { state, healthy }: RoleStatus): RoleReason {
  if (healthy) return "up";
  return was === "backoff" && state === "starting" ? "restarted" : "down";
}

/** How the last holder let go of it. */
function whyLeft({ status: was, claim }: RoleSeen, { status: is, pin, hasDied }: RoleSeen): RoleReason {
  if (isSettled(is.state)) return is.state;
  if (hasDied(claim.session)) return "lease-lost";
  const isPinned = pin !== undefined && pin.claim === toClaim(is.name, is.shard) && pin.token === was.token;
  if (isPinned) return "moved";
  return is.failures > was.failures ? "failed-there" : "handed-over";
}

function isSettled(state: RoleStatus["state"]): state is "stopped" | "failed" | "completed" {
  return state === "stopped" || state === "failed" || state === "completed";
}

/** What follows for the next holder from how the last one let go of it. */
function toTaken(left: RoleReason | null): RoleReason {
  if (left === "lease-lost") return "taken-over";
  return left === "handed-over" || left === "moved" || left === "failed-there" ? left : "claimed";
}

/** Why a member changed; null if it did not. */
export function whyMember(
  from: Member["state"] | null,
  to: Member["state"],
  { why }: Pick<SessionRecord, "why">,
): MemberReason | null {
  if (from === to) return null;
  if (to === "gone") return why === undefined ? "left" : why === "rejoined" ? "rejoined" : "expelled";
  if (from === null) return "joined";
  if (to === "silent") return "silent";
  if (from === "silent") return "heard";
  return to === "draining" ? "drained" : "undrained";
}
