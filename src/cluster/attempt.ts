// attempt.ts: one operation of the store with a limit. Its outcome is known, or it is not.

import { toError } from "../contract/errors.ts";
import type { Clock } from "../contract/spec.ts";

export type Attempted<T> =
  | { readonly isKnown: true; readonly value: T }
  | { readonly isKnown: false; readonly error: Error };

/** Resolves with the outcome, or that it is unknown; never rejects. A later answer is dropped. */
export function attempt<T>(clock: Clock, timeoutMs: number, operate: () => Promise<T>): Promise<Attempted<T>> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(
      () => resolve({ isKnown: false, error: new Error(`no answer of the store within ${timeoutMs} ms`) }),
      timeoutMs,
    );
    const settle = (outcome: Attempted<T>) => {
      clock.clearTimeout(timer);
      resolve(outcome);
    };
    Promise.resolve()
      .then(operate)
      .then(
        (value) => settle({ isKnown: true, value }),
        (error) => settle({ isKnown: false, error: toError(error) }),
      );
  });
}
