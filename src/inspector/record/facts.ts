// Facts: what an update of the tree is in the history.

import type { Supervisor, Update } from "../../index.ts";
import type { Entry, ErrorInfo, Fact } from "../shared/protocol.ts";
import { isSameError, toErrorInfo } from "./errors.ts";
import type { Counts } from "./slot.ts";
import type { Subjects } from "./subjects.ts";

/** All but those that a slot of the ring holds itself. */
type Rare = Exclude<Update, { type: "status" }>;

export class Facts {
  readonly #supervisor: Supervisor;
  readonly #subjects: Subjects;

  constructor(supervisor: Supervisor, subjects: Subjects) {
    this.#supervisor = supervisor;
    this.#subjects = subjects;
  }

  /** The entry of an update, yet without its number. */
  of(update: Rare): Entry {
    const { at, path } = update;
    return { n: 0, at, path, ...this.#toFact(update) };
  }

  #toFact(update: Rare): Fact {
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
          // It may be gone: nothing is remembered of it any more.
          ...(update.error !== undefined && { error: toErrorInfo(update.error) }),
        };
      case "stray-error":
        return { kind: "stray-error", error: toErrorInfo(update.error) };
      case "removed":
        return { kind: "removed" };
    }
  }

  #toError(path: string, error: Error | undefined): { error?: ErrorInfo } {
    return error === undefined ? {} : { error: this.infoOf(path, error) };
  }

  /** What is told of an error. A crash loop throws the same again and again: it is kept once. */
  infoOf(path: string, error: Error): ErrorInfo {
    const subject = this.#subjects.of(path);
    const { lastError: last } = subject;
    if (last?.error === error) return last.info;
    const made = toErrorInfo(error);
    const info = last !== null && isSameError(last.info, made) ? last.info : made;
    subject.lastError = { error, info };
    return info;
  }

  // The chart of a service knows them without a walk over its children, as a status would be.
  countsOf(path: string): Counts {
    try {
      const snapshot = this.#subjects.of(path).snapshot ?? this.#supervisor.actorsOf(path).service?.getSnapshot();
      const { restarts = 0, failures = 0 } = (snapshot?.context ?? {}) as { restarts?: number; failures?: number };
      return { restarts, failures };
    } catch {
      // Removed in the same turn.
      return { restarts: 0, failures: 0 };
    }
  }
}
