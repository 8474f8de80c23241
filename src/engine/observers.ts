// observers.ts: the subscribers of one actor.

import { type Observer, type Readable, type Subscribable, type Subscription, toObserver } from "xstate";

export class Observers<Snapshot> {
  readonly #all = new Set<Observer<Snapshot>>();

  add(...given: Parameters<typeof toObserver<Snapshot>>): Subscription {
    const observer = toObserver(...given);
    this.#all.add(observer);
    return { unsubscribe: () => this.#all.delete(observer) };
  }

  /** Tells those who listen for snapshots; one is asked for only if there is such a one. */
  next(actor: { getSnapshot(): Snapshot }): void {
    for (const observer of this.#all) {
      if (observer.next !== undefined) guarded(() => observer.next?.(actor.getSnapshot()));
    }
  }

  complete(): void {
    for (const observer of this.#all) guarded(() => observer.complete?.());
    this.#all.clear();
  }

  /** As in XState, an error that one of them does not listen for goes to the host. */
  error(error: unknown): void {
    const isIgnored = [...this.#all].some((observer) => observer.error === undefined);
    for (const observer of this.#all) guarded(() => observer.error?.(error));
    this.#all.clear();
    if (isIgnored) throwToHost(error);
  }
}

function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwToHost(error);
  }
}

/** Reports an error of the user's code to the host, as XState does, without interrupting the tree. */
export function throwToHost(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** What an actor's `select` returns: a part of its snapshots. Subscribers hear when that part changes. */
export function toReadable<Snapshot, Selected>(
  actor: { getSnapshot(): Snapshot; subscribe: Subscribable<Snapshot>["subscribe"] },
  selector: (snapshot: Snapshot) => Selected,
  isEqual: (a: Selected, b: Selected) => boolean,
): Readable<Selected> {
  return {
    get: () => selector(actor.getSnapshot()),
    subscribe: (...given: Parameters<typeof toObserver<Selected>>) => {
      const observer = toObserver(...given);
      let last = selector(actor.getSnapshot());
      return actor.subscribe((snapshot) => {
        const selected = selector(snapshot);
        if (isEqual(last, selected)) return;
        last = selected;
        observer.next?.(selected);
      });
    },
  };
}
