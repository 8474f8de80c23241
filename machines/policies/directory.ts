// directory.ts: what one node knows of its cluster: the records of the store, folded in the order of their revisions.
// Which sessions are silent is decided here, by the node's own monotonic clock and by nothing that a record says.

/** What a session says of itself, renewed again and again. */
export interface SessionRecord {
  readonly v: number;
  /** The least version of the records that it can read. */
  readonly least: number;
  readonly node: string;
  /** The version of the program, for rolling deploys. */
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "up" | "draining" | "gone";
  /**
   * Which session has ended it, if another did, and why. silent: it was heard of before it fell silent. unseen: it was not,
   * so that the engine may have been away. rejoined: its own node has joined again.
   */
  readonly by?: string;
  readonly why?: "silent" | "unseen" | "rejoined";
  readonly health: string;
  /** The roles that it would take. */
  readonly roles: readonly string[];
  /** Of what it holds, the claims that are not up. */
  readonly down: readonly string[];
  /** The claims of `down` whose service did not stop in time. */
  readonly stuck?: readonly string[];
  /** The claims of `down` whose service is being stopped. */
  readonly stopping?: readonly string[];
  /** The claims of `down` whose service has failed there, and waits for its next attempt. */
  readonly backoff?: readonly string[];
  /** Wall clock, for people. */
  readonly startedAt: number;
  /** How long it may be silent, for people. */
  readonly leaseMs: number;
}

export const claimStates = ["held", "free", "failed", "completed"] as const;

/** Who holds a role, or one shard of it. Never removed: the token must go on growing. */
export interface ClaimRecord {
  readonly v: number;
  readonly state: (typeof claimStates)[number];
  readonly node: string;
  readonly session: string;
  /** Tells one attempt to claim from all others. */
  readonly attempt: string;
  /** Greater at every grant. */
  readonly token: number;
  /** Failures in a row, on whichever nodes. */
  readonly failures: number;
  /** It was up for `resetAfterMs` where it is held: the death of that node says nothing about it. */
  readonly proved?: boolean;
  /** Wall clock of the holder at the grant, for people. */
  readonly grantedAt?: number;
  /** The names of nodes on which it has failed. */
  readonly avoid: readonly string[];
  /** How long the next holder waits before it claims, from when it sees the record. */
  readonly delayMs: number;
  readonly error?: string;
  /** The session that is to take it next: a hint, which ends soon. */
  readonly to?: string;
  /** The version of the program that holds it, or under which it completed. */
  readonly version: string;
}

/** What the cluster knows of a role itself. */
export interface RoleRecord {
  readonly v: number;
  readonly kind: "singleton" | "shards";
  readonly shards: number;
  /** false: stopped in the whole cluster. */
  readonly wanted: boolean;
  readonly by: string;
  /** none: the newest version does not take it first. As the node that defined it first has it. */
  readonly prefer?: "none";
  /** The cluster is unhealthy while it is not up. As the node that defined it first has it. */
  readonly critical?: true;
  /** The labels that it asks for, for people: each node judges for itself whether it has them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The last move by hand: it holds until the claim has a greater token than it had then. */
  readonly pin?: { readonly claim: string; readonly node: string; readonly token: number };
}

/** A record as this node has seen it. */
export interface Known<Record> {
  readonly record: Record;
  readonly revision: number;
  /** The monotonic clock of this node when it saw this revision. */
  readonly seenAt: number;
}

export interface Directory {
  readonly sessions: Map<string, Known<SessionRecord>>;
  /** By claim: `"ledger"`, or `"inbox/17"`. */
  readonly claims: Map<string, Known<ClaimRecord>>;
  readonly roles: Map<string, Known<RoleRecord>>;
  /** The names of the nodes that an operator drains. */
  readonly drained: Set<string>;
  /** The last revision seen. */
  revision: number;
}

export interface Entry {
  readonly key: string;
  /** null: removed. */
  readonly value: unknown;
  readonly revision: number;
}

export function emptyDirectory(): Directory {
  return { sessions: new Map(), claims: new Map(), roles: new Map(), drained: new Set(), revision: 0 };
}

/** Adds an entry to the directory, in place. An entry older than what is known of its key changes nothing. */
export function foldEntry(directory: Directory, { key, value, revision }: Entry, seenAt: number): void {
  directory.revision = Math.max(directory.revision, revision);
  const [kind, ...rest] = key.split(".");
  const name = rest.map(unescapeName).join("/");
  if (kind === "drain") {
    if (value === null) directory.drained.delete(name);
    else directory.drained.add(name);
    return;
  }
  const known = tableOf(directory, kind);
  if (known === null || (known.get(name)?.revision ?? -1) >= revision) return;
  if (value === null) known.delete(name);
  else known.set(name, { record: value, revision, seenAt });
}

function tableOf(directory: Directory, kind: string | undefined): Map<string, Known<unknown>> | null {
  if (kind === "s") return directory.sessions as Map<string, Known<unknown>>;
  if (kind === "r") return directory.claims as Map<string, Known<unknown>>;
  return kind === "d" ? (directory.roles as Map<string, Known<unknown>>) : null;
}

/** Whether a session has neither left nor been ended, as far as this node has seen. */
export function isAlive({ sessions }: Directory, session: string): boolean {
  const known = sessions.get(session);
  return known !== undefined && known.record.state !== "gone";
}

/** The session that holds a claim; null if none does. The claim of a session that is gone is void. */
export function holderOf(directory: Directory, claim: string): string | null {
  const record = directory.claims.get(claim)?.record;
  return record?.state === "held" && isAlive(directory, record.session) ? record.session : null;
}

/** The sessions that are alive and of which no new revision has been seen for the length of a lease. */
export function silentSessions({ sessions }: Directory, leaseDurationMs: number, now: number): string[] {
  const silent: string[] = [];
  for (const [session, { record, seenAt }] of sessions)
    if (record.state !== "gone" && now - seenAt >= leaseDurationMs) silent.push(session);
  return silent;
}

/** When the next session will have been silent for the length of a lease; Infinity if there are none but `own`. */
export function nextSilenceAt({ sessions }: Directory, own: string, leaseDurationMs: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const [session, { record, seenAt }] of sessions)
    if (record.state !== "gone" && session !== own) next = Math.min(next, seenAt + leaseDurationMs);
  return next;
}

/**
 * Whether a node may judge others and claim: its own writes come back in its own watch. `echoed` is the last revision of
 * its session that its watch has brought, `written` the oldest that the store has confirmed and that has not come back, or the
 * last one, `writtenAt` when.
 */
export function isEchoFresh(
  { echoed, written, writtenAt }: { readonly echoed: number; readonly written: number; readonly writtenAt: number },
  retryPeriodMs: number,
  now: number,
): boolean {
  return echoed >= written || now - writtenAt < 2 * retryPeriodMs;
}

// The names in keys: every character but letters, digits and "-" is written as "_" and its code, in two hex digits.

export function escapeName(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, (char) => `_${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function unescapeName(name: string): string {
  return name.replace(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
