// Checks that a store does what a cluster needs of its engine. It needs no test framework.

import type { ClusterStore, StoreConnection } from "../cluster/store.ts";
import { toError } from "../contract/errors.ts";
import type { Clock } from "../contract/spec.ts";
import { systemClock } from "../engine/system-clock.ts";
import { type StoreCheck, storeChecks } from "./store-checks.ts";

export interface StoreReport {
  /** Each check, in order; `error` is null if it passed. */
  readonly checks: readonly { readonly name: string; readonly error: Error | null }[];
  readonly problems: readonly string[];
}

export interface StoreTestOptions {
  /** @default the host's */
  clock?: Clock | undefined;
  /**
   * How long one check may take, in milliseconds.
   *
   * @default 20_000
   */
  timeoutMs?: number | undefined;
  /** Checks only those whose names contain this. */
  only?: string | undefined;
}

/**
 * Runs every check against a store. Each uses a cluster id of its own, so what the engine holds already does no harm.
 * `make` is called for each connection.
 */
export async function testClusterStore(make: () => ClusterStore, options: StoreTestOptions = {}): Promise<StoreReport> {
  const { clock = systemClock, timeoutMs = 20_000, only = "" } = options;
  const begun = `${Math.floor(clock.wallNow?.() ?? clock.now()).toString(36)}`;
  const checks: { name: string; error: Error | null }[] = [];
  for (const [index, [name, check]] of Object.entries(storeChecks).entries()) {
    if (!name.includes(only)) continue;
    const error = await run(make, `t-${begun}-${index}`, check, clock, timeoutMs);
    checks.push({ name, error });
  }
  const problems = checks.flatMap(({ name, error }) => (error === null ? [] : [`${name}: ${error.message}`]));
  return { checks, problems };
}

async function run(
  make: () => ClusterStore,
  id: string,
  check: StoreCheck,
  clock: Clock,
  timeoutMs: number,
): Promise<Error | null> {
  const open: StoreConnection[] = [];
  let timer: unknown;
  const late = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => reject(new Error(`not over within ${timeoutMs} ms`)), timeoutMs);
  });
  const connect = async (other = "") => {
    const connection = await make().open({ id: `${id}${other}`, clock, signal: new AbortController().signal });
    open.push(connection);
    return connection;
  };
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  try {
    await Promise.race([check({ connect, make, clock, sleep, id }), late]);
    return null;
  } catch (error) {
    return toError(error);
  } finally {
    clock.clearTimeout(timer);
    await Promise.all(open.map((connection) => connection.close().catch(() => {})));
  }
}
