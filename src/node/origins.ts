// origins.ts: which service the code that runs now belongs to, known by its asynchronous context.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Incarnation, Scope, Scoped } from "../tree/scope.ts";

/** The tree and the incarnation that an asynchronous context belongs to. */
interface Origin {
  readonly tree: Scoped;
  readonly incarnation: Incarnation;
}

export const origins = new AsyncLocalStorage<Origin | null>();

/** Runs the code of each incarnation of a tree in an asynchronous context of its own. */
export function createScope(tree: Scoped): Scope {
  return {
    inside: (incarnation, code) => origins.run({ tree, incarnation }, code),
    outside: (code) => origins.run(null, code),
  };
}

/**
 * The service whose code is running now, and its incarnation, in a tree whose stray errors are contained; null outside of
 * every service. For loggers, and for code that several services share.
 */
export function currentService(): { readonly path: string; readonly incarnation: number } | null {
  const incarnation = origins.getStore()?.incarnation;
  return incarnation === undefined ? null : { path: incarnation.child.path, incarnation: incarnation.incarnation };
}
