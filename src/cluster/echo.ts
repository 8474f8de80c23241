// echo.ts: whether the writes of a session come back in its own watch. While they do not, the watch may have missed what
// others wrote, and this node neither judges nor claims.

import { isEchoFresh } from "../../machines/policies/directory.ts";
import type { Session } from "./session.ts";

export class Echo {
  readonly #session: Session;
  #written = { written: 0, writtenAt: 0 };

  constructor(session: Session) {
    this.#session = session;
  }

  /** Remembers the oldest write that has not come back: each renewal would put the limit off. */
  noteWritten(revision: number): void {
    const { inside, plan } = this.#session;
    if (this.#echoed >= this.#written.written) this.#written = { written: revision, writtenAt: inside.clock.now() };
    this.#session.recheckIn(2 * plan.rule.retryPeriodMs);
  }

  get isFresh(): boolean {
    const { inside, plan } = this.#session;
    const echo = { ...this.#written, echoed: this.#echoed };
    return isEchoFresh(echo, plan.rule.retryPeriodMs, inside.clock.now());
  }

  get #echoed(): number {
    const { observer, id } = this.#session;
    return observer?.directory.sessions.get(id)?.revision ?? 0;
  }
}
