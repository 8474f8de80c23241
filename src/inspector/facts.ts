// Facts: what an update of the tree is in the history.

import type { Supervisor, Update } from "../index.ts";
import { isSameError, toErrorInfo } from "./errors.ts";
import type { Entry, ErrorInfo, Fact } from "./protocol.ts";

type Status = Extract<Update, { type: "status" }>;
type Snapshot = { readonly value?: unknown; readonly context?: unknown };

export class Facts {
  readonly #supervisor: Supervisor;
  readonly #latest: ReadonlyMap<string, Snapshot>;
  readonly #lastErrors = new Map<string, { readonly error: Error; readonly info: ErrorInfo }>();

  /** `latest`: what the charts of services became last, by path, as far as that is known. */
  constructor(supervisor: Supervisor, latest: ReadonlyMap<string, Snapshot>) {
    this.#supervisor = supervisor;
    this.#latest = latest;
  }

  /** The entry of an update, yet without its number. */
  of(update: Update): Entry {
    if (update.type === "status") return this.#toStatus(update);
    const { at, path } = update;
    return { n: 0, at, path, ...this.#toFact(update) };
  }

  #toFact(update: Exclude<Update, Status>): Fact {
    const { path } = update;
    switch (update.type) {
      case "health":
        return { kind: "health", from: update.from, to: update.to };
      case "service-health":
        return { kind: "service-health", healthy: update.healthy, ...this.#toError(path, update.error) };
      case "escalation":
        return { kind: "escalation", error: toErrorInfo(update.error) };
      case "unstopped":
        return { kind: "unstopped", incarnation: update.incarnation, waitedMs: update.waitedMs };
      case "late":
        return {
          kind: "late",
          incarnation: update.incarnation,
          outcome: update.outcome,
          ...this.#toError(path, update.error),
        };
      case "stray-error":
        return { kind: "stray-error", error: toErrorInfo(update.error) };
      case "removed":
        this.#lastErrors.delete(path);
        return { kind: "removed" };
    }
  }

  // The usual ones each in one literal: this runs inside the tree's own turns, and what is added to an object later costs
  // as much again.
  #toStatus({ at, path, from, to, phase, incarnation, exit, delayMs }: Status): Entry {
    const { restarts, failures, isHeld } = this.#countsOf(path);
    const kind = "status";
    if (exit === undefined) return { n: 0, at, path, kind, from, to, phase, incarnation, restarts, failures };
    const held = isHeld && to === "backoff";
    if (exit.kind === "failed" && delayMs !== undefined && !held) {
      return {
        n: 0,
        at,
        path,
        kind,
        from,
        to,
        phase,
        incarnation,
        restarts,
        failures,
        delayMs,
        exit: exit.kind,
        cause: exit.cause,
        error: this.#infoOf(path, exit.error),
      };
    }
    return {
      n: 0,
      at,
      path,
      kind,
      from,
      to,
      phase,
      incarnation,
      restarts,
      failures,
      ...(held && { held }),
      ...(delayMs !== undefined && { delayMs }),
      exit: exit.kind,
      ...(exit.kind === "failed" && { cause: exit.cause, error: this.#infoOf(path, exit.error) }),
    };
  }

  #toError(path: string, error: Error | undefined): { error?: ErrorInfo } {
    return error === undefined ? {} : { error: this.#infoOf(path, error) };
  }

  /** A crash loop throws the same again and again: it is kept once. */
  #infoOf(path: string, error: Error): ErrorInfo {
    const last = this.#lastErrors.get(path);
    if (last?.error === error) return last.info;
    const made = toErrorInfo(error);
    const info = last !== undefined && isSameError(last.info, made) ? last.info : made;
    this.#lastErrors.set(path, { error, info });
    return info;
  }

  // The chart of a service knows them without a walk over its children, as a status would be.
  #countsOf(path: string): { restarts: number; failures: number; isHeld: boolean } {
    try {
      const snapshot = this.#latest.get(path) ?? this.#supervisor.actorsOf(path).service?.getSnapshot();
      const { restarts = 0, failures = 0 } = (snapshot?.context ?? {}) as { restarts?: number; failures?: number };
      return { restarts, failures, isHeld: (snapshot?.value as { backoff?: string } | undefined)?.backoff === "held" };
    } catch {
      // Removed in the same turn.
      return { restarts: 0, failures: 0, isHeld: false };
    }
  }
}
