// The history of a cluster: which node ran what, when, with which token; and what in it breaks a promise.

/** One time during which a node ran a role, or a shard of one. All times are those of one clock. */
export interface Activation {
  readonly claim: string;
  readonly node: string;
  readonly token: number;
  readonly beganAt: number;
  /** When nothing of it could act any more: it ended, its process died, or it was frozen until its lease was over. */
  endedAt: number | null;
}

export interface History {
  readonly activations: Activation[];
  /** When the history ends. */
  now(): number;
}

export interface Violation {
  readonly rule: "overlap" | "token" | "unowned";
  readonly claim: string;
  readonly message: string;
}

export interface HistoryRules {
  /** The claims that must be held whenever faults are over; none by default. */
  claims?: readonly string[] | undefined;
  /** How long a claim may be nobody's, in milliseconds. Checked for `claims`, from `from` to the end. */
  unownedMs?: number | undefined;
  from?: number | undefined;
}

/** Finds overlaps of two holders, tokens that do not grow, and claims that nobody held for longer than `unownedMs`. */
export function checkHistory(history: History, rules: HistoryRules = {}): Violation[] {
  const byClaim = new Map<string, Activation[]>();
  for (const one of history.activations) byClaim.set(one.claim, [...(byClaim.get(one.claim) ?? []), one]);
  const violations: Violation[] = [];
  for (const [claim, all] of byClaim) violations.push(...checkClaim(claim, all, history.now()));
  for (const claim of rules.claims ?? [])
    violations.push(...checkOwned(claim, byClaim.get(claim) ?? [], rules, history.now()));
  return violations;
}

function checkClaim(claim: string, all: readonly Activation[], now: number): Violation[] {
  const violations: Violation[] = [];
  const ordered = [...all].sort((a, b) => a.beganAt - b.beganAt);
  let token = 0;
  let last: Activation | null = null;
  for (const one of ordered) {
    if (last !== null && one.beganAt < (last.endedAt ?? now)) {
      const until = last.endedAt ?? "now";
      const message = `${claim} ran on ${last.node} (token ${last.token}) until ${until}, and on ${one.node} (token ${one.token}) from ${one.beganAt}`;
      violations.push({ rule: "overlap", claim, message });
    }
    // A service that restarts on its node keeps its token.
    const isSame: boolean = last !== null && one.node === last.node && one.token === token;
    if (one.token <= token && !isSame) {
      const message = `${claim}: token ${one.token} of ${one.node} at ${one.beganAt} follows ${token}`;
      violations.push({ rule: "token", claim, message });
    }
    token = Math.max(token, one.token);
    if (last === null || (one.endedAt ?? now) >= (last.endedAt ?? now)) last = one;
  }
  return violations;
}

function checkOwned(
  claim: string,
  all: readonly Activation[],
  { unownedMs = Number.POSITIVE_INFINITY, from = 0 }: HistoryRules,
  now: number,
): Violation[] {
  let heldUntil = from;
  const violations: Violation[] = [];
  const report = (until: number) => {
    if (until - heldUntil <= unownedMs) return;
    const message = `${claim} was nobody's from ${heldUntil} to ${until}, longer than ${unownedMs} ms`;
    violations.push({ rule: "unowned", claim, message });
  };
  for (const { beganAt, endedAt } of [...all].sort((a, b) => a.beganAt - b.beganAt)) {
    report(Math.min(beganAt, now));
    heldUntil = Math.max(heldUntil, endedAt ?? now);
  }
  report(now);
  return violations;
}
