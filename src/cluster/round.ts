// round.ts: what a session does once for each batch of records: ends silent sessions, computes the placement, and informs
// the roles. And when it looks again though no record has come.

import { type Plan, placeRoles } from "../../machines/policies/placement.ts";
import { toError } from "../contract/errors.ts";
import { Echo } from "./echo.ts";
import { Judge } from "./judge.ts";
import type { Session } from "./session.ts";
import { toCandidates, toPlaceables } from "./to-placement.ts";

export class Round {
  /** Where each role belongs; null while this node may not act. */
  placement: Plan | null = null;
  readonly echo: Echo;
  readonly #session: Session;
  readonly #judge: Judge;
  #recheck: { readonly at: number; readonly timer: unknown } | null = null;

  constructor(session: Session) {
    this.#session = session;
    this.#judge = new Judge(session);
    this.echo = new Echo(session);
  }

  recheckIn(ms: number): void {
    const { clock } = this.#session.inside;
    const at = clock.now() + ms;
    if (this.#recheck !== null && this.#recheck.at <= at) return;
    if (this.#recheck !== null) clock.clearTimeout(this.#recheck.timer);
    const timer = clock.setTimeout(() => {
      this.#recheck = null;
      this.settle();
    }, ms);
    this.#recheck = { at, timer };
  }

  /** How long until no node has come or gone for `ms`. */
  quietInMs(ms: number): number {
    const { inside, observer } = this.#session;
    const now = inside.clock.now();
    return Math.max(0, (observer?.membersChangedAt ?? now) + ms - now);
  }

  /** How long until all nodes may be taken to have come: not for ever, though nodes come and go. */
  get settledInMs(): number {
    const { plan, joinedAt, inside } = this.#session;
    const latest = (joinedAt ?? 0) + 5 * plan.joinSettleMs - inside.clock.now();
    return Math.max(0, Math.min(this.quietInMs(plan.joinSettleMs), latest));
  }

  /** A renewal of its own has come back and says nothing new: what was placed stays where it is. */
  noteEcho(): void {
    this.echo.noteBrought();
    if (this.placement === null) this.#session.observer?.notify();
  }

  settle(): void {
    const session = this.#session;
    const { observer, inside } = session;
    if (observer === null || !observer.isSynced || session.stage !== "member") return;
    try {
      this.echo.noteBrought();
      session.send({ type: session.isDraining ? "duty.drain" : "duty.undrain" });
      const mayAct = session.isMember && this.echo.isFresh;
      if (!mayAct && session.isMember) observer.restart(new Error("its own renewals do not come back in its watch"));
      this.placement = mayAct ? this.#place() : null;
      if (mayAct) this.#judge.look();
      session.tellAll();
    } catch (error) {
      inside.failInternally(toError(error));
    }
  }

  close(): void {
    this.#judge.close();
    this.echo.close();
    if (this.#recheck !== null) this.#session.inside.clock.clearTimeout(this.#recheck.timer);
  }

  #place(): Plan {
    const { plan, inside, observer } = this.#session;
    const { directory } = observer!;
    const now = inside.clock.now();
    const hintMs = 2 * plan.rule.retryPeriodMs;
    const placeables = toPlaceables(directory, now, hintMs);
    for (const { claim, to } of placeables)
      if (to !== null) this.recheckIn(directory.claims.get(claim)!.seenAt + hintMs - now);
    return placeRoles(toCandidates(directory), placeables);
  }
}
