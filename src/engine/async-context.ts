// async-context.ts: captures the AsyncLocalStorage context that a tree is created in, so that its work runs in it.

/** Runs work in the context that was captured. */
export type AsyncContext = <T>(work: () => T) => T;

interface Host {
  getBuiltinModule?(name: string): { AsyncLocalStorage?: { snapshot?(): AsyncContext } } | undefined;
}

/** The context of the caller; null where the host has none. */
export function captureAsyncContext(): AsyncContext | null {
  const { process: host } = globalThis as { process?: Host };
  return host?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage?.snapshot?.() ?? null;
}
