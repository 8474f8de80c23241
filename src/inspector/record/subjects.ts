// Subjects: what the recorder remembers of each path, all in one place, so that a fact costs one look-up, and the facts
// that follow it about the same path none.

import { isWithin } from "../shared/history.ts";
import type { ErrorInfo } from "../shared/protocol.ts";

/** What is known of the snapshot of a chart. */
export interface Snapshot {
  readonly value?: unknown;
  readonly status?: unknown;
  readonly context?: unknown;
}

export interface Subject {
  readonly path: string;
  /** The tree was known to have it, or has told of it. */
  isMet: boolean;
  /** What its own chart has become since it is recorded. */
  snapshot: Snapshot | undefined;
  /** The error that was told of it last, and as what. */
  lastError: { readonly error: Error; readonly info: ErrorInfo } | null;
}

export class Subjects {
  readonly #all = new Map<string, Subject>();
  #last: Subject | null = null;

  of(path: string): Subject {
    if (this.#last?.path === path) return this.#last;
    let subject = this.#all.get(path);
    if (subject === undefined) {
      subject = { path, isMet: false, snapshot: undefined, lastError: null };
      this.#all.set(path, subject);
    }
    this.#last = subject;
    return subject;
  }

  /** Forgets one, and all that are in it. Returns their paths. */
  forget(path: string): string[] {
    this.#last = null;
    const gone = [...this.#all.keys()].filter((one) => isWithin(one, path));
    for (const one of gone) this.#all.delete(one);
    return gone;
  }
}
