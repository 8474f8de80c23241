// judge.ts: ends the sessions of other nodes that have been silent for the length of a lease. The survivors are ranked, so
// that one of them writes; a wrong judgement is harmless, because its write is refused.

import { nextSilenceAt, type SessionRecord, silentSessions } from "../../machines/policies/directory.ts";
import { rankOf } from "../../machines/policies/placement.ts";
import { encode, keys } from "./records.ts";
import type { Session } from "./session.ts";

/** How much later each rank tries. */
const rankMs = 100;
/** How long the record of a session that is gone is kept. */
const keptMs = 3_600_000;

export class Judge {
  readonly #session: Session;
  /** The timers of the sessions that are about to be ended. */
  readonly #pending = new Map<string, unknown>();

  constructor(session: Session) {
    this.#session = session;
  }

  close(): void {
    for (const timer of this.#pending.values()) this.#session.inside.clock.clearTimeout(timer);
    this.#pending.clear();
  }

  /** Looks for silent sessions, now and when the next one could be. */
  look(): void {
    const { plan, inside, id } = this.#session;
    const { directory } = this.#session.observer!;
    const { leaseDurationMs } = plan.rule;
    const now = inside.clock.now();
    const silent = silentSessions(directory, leaseDurationMs, now).filter((session) => session !== id);
    const judges = [...directory.sessions]
      .filter(([session, { record }]) => record.state !== "gone" && !silent.includes(session))
      .map(([session]) => session);
    for (const session of silent) {
      if (this.#pending.has(session)) continue;
      const timer = inside.clock.setTimeout(() => this.#end(session), rankMs * rankOf(id, judges, session));
      this.#pending.set(session, timer);
    }
    const next = nextSilenceAt(directory, id, leaseDurationMs);
    if (next > now && next !== Number.POSITIVE_INFINITY) this.#session.recheckIn(next - now);
    this.#purge(now);
  }

  #end(session: string): void {
    const { inside, plan, observer, isMember } = this.#session;
    const known = observer?.directory.sessions.get(session);
    const isSilent = known !== undefined && known.record.state !== "gone";
    if (!isMember || !isSilent || inside.clock.now() - known.seenAt < plan.rule.leaseDurationMs) {
      this.#pending.delete(session);
      return observer?.notify();
    }
    const why = known.seenAt >= (this.#session.joinedAt ?? 0) ? "silent" : "unseen";
    const gone: SessionRecord = { ...known.record, state: "gone", roles: [], by: this.#session.id, why };
    void this.#session
      .operate((store) => store.replace(keys.session(session), encode(gone), known.revision))
      .then((outcome) => {
        if (outcome.isKnown && outcome.value !== null) {
          this.#session.meters.expulsions++;
          inside.logger.warn({ session, node: known.record.node }, "a silent node was taken for dead");
        }
        // Its watch brings what has become of it; if it does not, the watch is not to be trusted.
        const timer = inside.clock.setTimeout(() => {
          this.#pending.delete(session);
          const now = this.#session.observer?.directory.sessions.get(session);
          if (outcome.isKnown && now?.revision === known.revision)
            this.#session.observer?.restart(new Error("a session that seemed silent is not"));
          else this.#session.observer?.notify();
        }, plan.rule.retryPeriodMs);
        this.#pending.set(session, timer);
      });
  }

  /** The first member by name removes the records of sessions that have been gone for an hour. */
  #purge(now: number): void {
    const { observer, id } = this.#session;
    const { sessions } = observer!.directory;
    for (const [session, { record, seenAt, revision }] of sessions) {
      if (record.state !== "gone") continue;
      if (now - seenAt < keptMs) {
        this.#session.recheckIn(seenAt + keptMs - now);
        continue;
      }
      const first = [...sessions]
        .filter(([, { record: one }]) => one.state !== "gone")
        .map(([one]) => one)
        .sort()[0];
      if (first !== id) return;
      sessions.delete(session);
      void this.#session.operate((store) => store.remove(keys.session(session), revision));
    }
  }
}
