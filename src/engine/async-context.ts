// The async context of a host: what AsyncLocalStorage of Node carries along. A tree keeps the one that it was made in.

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
