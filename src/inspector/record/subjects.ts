// subjects.ts: what the recorder remembers of each path, in one object: the first fact about a path takes one look-up, and
// the facts about the same path that follow take none.

import { isWithin } from "../shared/history.ts";
import type { ErrorInfo } from "../shared/protocol.ts";

/** What the recorder reads of the snapshot of a chart. */
export interface Snapshot {
  readonly value?: unknown;
  readonly status?: unknown;
  readonly context?: unknown;
}

export interface Subject {
  readonly path: string;
  /** The service is recorded already. */
  isMet: boolean;
  /** The context of its chart, once there was a step. */
  context: object | undefined;
  /** Its newest error, and the data that was made of it. */
  lastError: { readonly error: Error; readonly info: ErrorInfo } | null;
}

export class Subjects {
  readonly #all = new Map<string, Subject>();
  #last: Subject | null = null;

  of(path: string): Subject {
    if (this.#last?.path === path) return this.#last;
    let subject = this.#all.get(path);
    if (subject === undefined) {
      subject = { path, isMet: false, context: undefined, lastError: null };
      this.#all.set(path, subject);
    }
    this.#last = subject;
    return subject;
  }

  /** Forgets a path and all paths below it. Returns them. */
  forget(path: string): string[] {
    this.#last = null;
    const gone = [...this.#all.keys()].filter((one) => isWithin(one, path));
    for (const one of gone) this.#all.delete(one);
    return gone;
  }
}
