// facts.ts: turns updates of the tree into facts of the history.

import type { Supervisor, Update } from "../../index.ts";
import type { Entry, ErrorInfo, Fact } from "../shared/protocol.ts";
import { isSameError, toErrorInfo } from "./errors.ts";
import { noteOf } from "./look.ts";
import type { Counts } from "./slot.ts";
import type { Subjects } from "./subjects.ts";

/** The updates that are not written into a slot of the ring. */
type Rare = Exclude<Update, { type: "status" }>;

export class Facts {
  readonly #supervisor: Supervisor;
  readonly #subjects: Subjects;

  constructor(supervisor: Supervisor, subjects: Subjects) {
    this.#supervisor = supervisor;
    this.#subjects = subjects;
  }

  /** The entry of an update; its number is not set yet. */
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
        return { kind: "service-health", healthy: update.healthy, ...this.#toReason(path, update.error) };
      case "escalation":
        return { kind: "escalation", error: toErrorInfo(update.error) };
      case "unstopped":
        return { kind: "unstopped", incarnation: update.incarnation, waitedMs: update.waitedMs };
      case "late":
        return {
          kind: "late",
          incarnation: update.incarnation,
          outcome: update.outcome,
          // The service may have been removed: `infoOf` would remember it again.
          ...(update.error !== undefined && { error: toErrorInfo(update.error) }),
        };
      case "stray-error":
        return { kind: "stray-error", error: toErrorInfo(update.error) };
      case "removed":
        return { kind: "removed" };
      case "role": {
        const { role, shard, from, to, node, token, because, gapMs } = update;
        return { kind: "role", role, shard, from, to, node, token, because, gapMs, ...this.#toNote(path) };
      }
      case "member": {
        const { node, session, from, to, because } = update;
        return { kind: "member", node, session, from, to, because };
      }
    }
  }

  /** Why a service is not healthy. A role of a cluster has a reason: the error around it is the cluster's own. */
  #toReason(path: string, error: Error | undefined): { error?: ErrorInfo } {
    if (error === undefined) return {};
    const isRole = noteOf(this.#supervisor, path) !== null;
    return { error: isRole ? { name: "", message: error.message } : this.infoOf(path, error) };
  }

  /** Where the role runs, as it is explained. Nothing for the cluster service itself, which tells how old its lease is. */
  #toNote(path: string): { note?: string } {
    const note = noteOf(this.#supervisor, path);
    return note === null ? {} : { note };
  }

  /** An error as data. The same error is kept once: a crash loop throws it again and again. */
  infoOf(path: string, error: Error): ErrorInfo {
    const subject = this.#subjects.of(path);
    const { lastError: last } = subject;
    if (last?.error === error) return last.info;
    const made = toErrorInfo(error);
    const info = last !== null && isSameError(last.info, made) ? last.info : made;
    subject.lastError = { error, info };
    return info;
  }

  // Read from the chart of the service: a status of a supervisor would walk over its children.
  countsOf(path: string): Counts {
    try {
      const context = this.#subjects.of(path).context ?? this.#supervisor.actorsOf(path).service?.getSnapshot().context;
      const { restarts = 0, failures = 0 } = (context ?? {}) as { restarts?: number; failures?: number };
      return { restarts, failures };
    } catch {
      // The service was removed in the same turn.
      return { restarts: 0, failures: 0 };
    }
  }
}
