// session-writes.ts: writes and reads the record of a session, and tells its chart what has come of it.

import type { SessionRecord } from "../../machines/policies/directory.ts";
import { decode, encode, keys } from "./records.ts";
import type { Session } from "./session.ts";

export class SessionWrites {
  readonly #session: Session;
  /** The record as it was confirmed last. */
  #record = "";

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether the record says something else than what is so now. */
  get isOutdated(): boolean {
    return encode(this.#session.toRecord()) !== this.#record;
  }

  get #key(): string {
    return keys.session(this.#session.id);
  }

  create(): void {
    const session = this.#session;
    const sent = session.readClocks();
    this.#record = encode(session.toRecord());
    void session
      .operate((store) => store.create(this.#key, this.#record))
      .then((outcome) => {
        if (outcome.isKnown && outcome.value !== null) {
          session.noteWritten(outcome.value);
          return session.send({ type: "session.written", sent, revision: outcome.value });
        }
        // Refused: an earlier write of this session has arrived after all.
        const error = outcome.isKnown ? new Error("the session has a record already") : outcome.error;
        session.send({ type: "session.unknown", sent, error });
      });
  }

  read(): void {
    const session = this.#session;
    void session
      .operate((store) => store.read(this.#key))
      .then((outcome) => {
        if (!outcome.isKnown) return this.#sendUnknown(outcome.error);
        const found = outcome.value;
        const record = found === null ? null : (decode(found.value) as SessionRecord | null);
        const isOurs = record !== null && record.state !== "gone";
        if (found === null) session.noteNoRecord();
        if (isOurs) session.noteWritten(found!.revision);
        session.send({ type: "session.read", revision: found?.revision ?? null, isOurs });
      });
  }

  renew(renewal: number, revision: number): void {
    const session = this.#session;
    const sent = session.readClocks();
    const record = encode(session.toRecord());
    void session
      .operate((store) => store.replace(this.#key, record, revision))
      .then((outcome) => {
        if (!outcome.isKnown || outcome.value === null) session.meters.renewalFailures++;
        if (!outcome.isKnown) return session.send({ type: "renewal.unknown", renewal, error: outcome.error });
        if (outcome.value === null) return session.send({ type: "renewal.refused", renewal });
        session.meters.noteRenewal(session.readClocks().now - sent.now);
        this.#record = record;
        session.noteWritten(outcome.value);
        session.send({ type: "renewal.confirmed", renewal, sent, revision: outcome.value });
      });
  }

  leave(revision: number): void {
    const session = this.#session;
    const sent = session.readClocks();
    const record = encode({ ...session.toRecord(), state: "gone", roles: [], down: [] });
    void session
      .operate((store) => store.replace(this.#key, record, revision))
      .then((outcome) => {
        if (!outcome.isKnown) return this.#sendUnknown(outcome.error);
        session.send({ type: "session.written", sent, revision: outcome.value ?? revision });
      });
  }

  #sendUnknown(error: Error): void {
    this.#session.send({ type: "session.unknown", sent: this.#session.readClocks(), error });
  }
}
