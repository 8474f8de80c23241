// Facts: what an update of the tree is in the history.

import type { Exit, Supervisor, Update } from "../index.ts";
import { isSameError, toErrorInfo } from "./errors.ts";
import type { ErrorInfo, Fact } from "./protocol.ts";

type Status = Extract<Update, { type: "status" }>;

export class Facts {
  readonly #supervisor: Supervisor;
  readonly #lastErrors = new Map<string, ErrorInfo>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  of(update: Update): Fact {
    const { path } = update;
    switch (update.type) {
      case "status":
        return this.#toStatus(update);
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

  #toStatus({ path, from, to, phase, incarnation, exit, delayMs }: Status): Fact {
    const { restarts, failures, isHeld } = this.#countsOf(path);
    const fact: Extract<Fact, { kind: "status" }> = {
      kind: "status",
      from,
      to,
      phase,
      incarnation,
      restarts,
      failures,
    };
    if (isHeld && to === "backoff") fact.held = true;
    if (delayMs !== undefined) fact.delayMs = delayMs;
    if (exit !== undefined) Object.assign(fact, { exit: exit.kind, ...this.#toCause(path, exit) });
    return fact;
  }

  #toCause(path: string, exit: Exit): { cause?: string; error?: ErrorInfo } {
    return exit.kind === "failed" ? { cause: exit.cause, ...this.#toError(path, exit.error) } : {};
  }

  /** A crash loop throws the same again and again: it is kept once. */
  #toError(path: string, error: Error | undefined): { error?: ErrorInfo } {
    if (error === undefined) return {};
    const info = toErrorInfo(error);
    const last = this.#lastErrors.get(path);
    if (last !== undefined && isSameError(last, info)) return { error: last };
    this.#lastErrors.set(path, info);
    return { error: info };
  }

  // The chart of a service knows them without a walk over its children, as a status would be.
  #countsOf(path: string): { restarts: number; failures: number; isHeld: boolean } {
    try {
      const snapshot = this.#supervisor.actorsOf(path).service?.getSnapshot();
      const { restarts = 0, failures = 0 } = (snapshot?.context ?? {}) as { restarts?: number; failures?: number };
      return { restarts, failures, isHeld: (snapshot?.value as { backoff?: string } | undefined)?.backoff === "held" };
    } catch {
      // Removed in the same turn.
      return { restarts: 0, failures: 0, isHeld: false };
    }
  }
}
