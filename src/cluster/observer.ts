// observer.ts: keeps a directory from the watch of a store, and begins a new watch when one may have missed something.

import { type Directory, type Entry, emptyDirectory, foldEntry } from "../../machines/policies/directory.ts";
import type { Clock } from "../contract/spec.ts";
import { decode } from "./records.ts";
import type { StoreConnection } from "./store.ts";

const firstBackoffMs = 500;
const longestBackoffMs = 10_000;
/** Looks at the records are a millisecond apart for each so many claims, and at most so many milliseconds. */
const claimsForMs = 20;
const mostApartMs = 50;

export interface ObserverOptions {
  readonly connection: StoreConnection;
  readonly clock: Clock;
  readonly drawChance: () => number;
  /** All that there is has been seen, for the first time. */
  readonly onSynced: () => void;
  /** Once for each batch of entries, after `onSynced`. */
  readonly onChange: () => void;
  readonly onStale: (error: Error) => void;
  /** The key of this node's own session: `onChange` is not called for renewals that say nothing new. */
  readonly own?: string;
  /** A renewal of its own has come back, and says nothing new. */
  readonly onEcho?: () => void;
}

export class Observer {
  directory: Directory = emptyDirectory();
  isSynced = false;
  /** clock.now() when a member last came, left or fell silent. */
  membersChangedAt: number;
  readonly #options: ObserverOptions;
  #unwatch: (() => void) | null = null;
  #timer: unknown = undefined;
  #isNotified = false;
  /** clock.now() at the last call of `onChange`. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** While a watch begins: what it has brought. It takes the place of the directory once it is complete. */
  #next: Directory | null = null;
  #isClosed = false;
  /** The newest record of each session. */
  readonly #said = new Map<string, { readonly value: string; readonly decoded: unknown; readonly revision: number }>();
  #lastClaimAt = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.membersChangedAt = options.clock.now();
  }

  begin(): void {
    this.#unwatch?.();
    this.#next = emptyDirectory();
    let isCurrent = true;
    const unwatch = this.#options.connection.watch({
      entry: (key, value, revision) => isCurrent && this.#onEntry(key, value, revision),
      synced: () => isCurrent && this.#onSynced(),
      stale: (error) => isCurrent && this.restart(error),
    });
    this.#unwatch = () => {
      isCurrent = false;
      unwatch();
    };
  }

  /** Watches anew, after a backoff. */
  restart(error: Error): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#options.onStale(error);
    const grown = Math.min(longestBackoffMs, firstBackoffMs * 2 ** this.#failures++);
    const delayMs = grown * (0.5 + this.#options.drawChance() / 2);
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.begin();
    }, delayMs);
  }

  /** Calls `onChange` soon: at once, where the last call is long enough ago. */
  notify(): void {
    if (this.#isNotified || this.#isClosed) return;
    this.#isNotified = true;
    const { clock } = this.#options;
    // Once for all that has come by then: a placement costs more than an entry, and the more claims there are, the more.
    const apartMs = Math.min(mostApartMs, Math.floor(this.directory.claims.size / claimsForMs));
    const waitMs = Math.max(0, this.#lookedAt + apartMs - clock.now());
    clock.setTimeout(() => {
      this.#isNotified = false;
      this.#lookedAt = clock.now();
      if (!this.#isClosed && this.isSynced) this.#options.onChange();
    }, waitMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }

  #onEntry(key: string, value: string | null, revision: number): void {
    const now = this.#options.clock.now();
    const said = this.#said.get(key);
    const decoded = said !== undefined && said.value === value ? said.decoded : decode(value);
    if (key.startsWith("r.")) this.#lastClaimAt = Math.max(this.#lastClaimAt, revision);
    const entry = { key, value: decoded, revision };
    if (this.#next !== null) return foldEntry(this.#next, entry, now);
    if (this.#options.own !== undefined && this.#isRenewal(entry, value)) {
      foldEntry(this.directory, entry, now);
      if (key === this.#options.own) this.#options.onEcho?.();
      return;
    }
    const { sessions } = this.directory;
    const before = key.startsWith("s.") ? countMembers(sessions) : null;
    foldEntry(this.directory, entry, now);
    if (before !== null && countMembers(sessions) !== before) this.membersChangedAt = now;
    this.notify();
  }

  /** Whether a session says again what it said after the last claim: nobody need look at it. */
  #isRenewal({ key, value: decoded, revision }: Entry, value: string | null): boolean {
    if (!key.startsWith("s.")) return false;
    const last = this.#said.get(key);
    if (value === null) this.#said.delete(key);
    else this.#said.set(key, { value, decoded, revision });
    return last !== undefined && last.value === value && last.revision > this.#lastClaimAt;
  }

  #onSynced(): void {
    this.#failures = 0;
    const next = this.#next;
    if (next === null) return;
    this.#next = null;
    this.#said.clear();
    keepSight(this.directory, next);
    if (countMembers(next.sessions) !== countMembers(this.directory.sessions))
      this.membersChangedAt = this.#options.clock.now();
    this.directory = next;
    if (!this.isSynced) {
      this.isSynced = true;
      this.#options.onSynced();
    }
    this.notify();
  }
}

/** A session that has not been renewed meanwhile has been silent since it was last seen, not since the new watch. */
function keepSight(before: Directory, after: Directory): void {
  for (const [session, known] of after.sessions) {
    const old = before.sessions.get(session);
    if (old?.revision === known.revision) after.sessions.set(session, { ...known, seenAt: old.seenAt });
  }
}

function countMembers(sessions: Directory["sessions"]): string {
  let up = 0;
  let draining = 0;
  for (const { record } of sessions.values()) {
    if (record.state === "up") up++;
    if (record.state === "draining") draining++;
  }
  return `${up} ${draining}`;
}
