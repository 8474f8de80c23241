// echo.ts: whether the writes of a session come back in its own watch. While they do not, the watch may have missed what
// others wrote, and this node neither judges nor claims.

import { isEchoFresh } from "../../machines/policies/directory.ts";
import type { Session } from "./session.ts";

export class Echo {
  readonly #session: Session;
  /** Looks again when a write should have come back. */
  #timer: unknown = undefined;
  #written = { written: 0, writtenAt: 0 };

  constructor(session: Session) {
    this.#session = session;
  }

  /** Remembers the oldest write that has not come back: each renewal would put the limit off. */
  noteWritten(revision: number): void {
    const { inside, plan, round } = this.#session;
    const now = inside.clock.now();
    if (this.#hasCome) this.#written = { written: revision, writtenAt: now };
    if (this.#hasCome || this.#timer !== undefined) return;
    this.#timer = inside.clock.setTimeout(() => {
      this.#timer = undefined;
      round.settle();
    }, 2 * plan.rule.retryPeriodMs);
  }

  /** Its watch has brought something. */
  noteBrought(): void {
    if (this.#hasCome) this.close();
  }

  close(): void {
    if (this.#timer !== undefined) this.#session.inside.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get isFresh(): boolean {
    const { inside, plan } = this.#session;
    const echo = { ...this.#written, echoed: this.#echoed };
    return isEchoFresh(echo, plan.rule.retryPeriodMs, inside.clock.now());
  }

  get #hasCome(): boolean {
    return this.#echoed >= this.#written.written;
  }

  get #echoed(): number {
    const { observer, id } = this.#session;
    return observer?.directory.sessions.get(id)?.revision ?? 0;
  }
}
