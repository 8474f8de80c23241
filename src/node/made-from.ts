// made-from.ts: what a spec or a check of this entry was made from: two that run the same cannot be told by their functions.

/** The function of `statevisor/node` that made it, and the arguments that it was given. */
export interface MadeFrom {
  readonly maker: "defineProcess" | "defineWorker" | "cron" | "tcpProbe" | "httpProbe" | "execProbe";
  readonly args: readonly unknown[];
}

const origins = new WeakMap<object, MadeFrom>();

/** Notes what a value was made from, and returns it. Of a spec its `run`, too, which a copy of the spec still has. */
export function noteOrigin<T extends object>(value: T, maker: MadeFrom["maker"], ...args: unknown[]): T {
  const origin = { maker, args };
  origins.set(value, origin);
  if ("run" in value && typeof value.run === "function") origins.set(value.run, origin);
  return value;
}

/**
 * What `defineProcess`, `defineWorker`, `tcpProbe`, `httpProbe` or `execProbe` made a value from; undefined for any other
 * value. For `isSame` of `redefine`: two processes are the same when their options are.
 */
export function madeFrom(value: unknown): MadeFrom | undefined {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject ? origins.get(value) : undefined;
}
