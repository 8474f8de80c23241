// connect.ts: looks at a cluster from outside, as an observer that holds nothing.

import { check, checkKeys } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Clock, Logger } from "../contract/spec.ts";
import { systemClock } from "../engine/system-clock.ts";
import { attempt } from "./attempt.ts";
import { checkVersion } from "./check-version.ts";
import { type Cluster, createHandle } from "./cluster.ts";
import { checkId, checkStore } from "./cluster-plan.ts";
import { describeTrouble } from "./engine-trouble.ts";
import { Feed } from "./feed.ts";
import { Observer } from "./observer.ts";
import type { ClusterStore, StoreConnection } from "./store.ts";

export interface ConnectOptions {
  id: string;
  store: ClusterStore;
  clock?: Clock | undefined;
  /** @default silent */
  logger?: Logger | undefined;
  /**
   * How long to wait for the engine, in milliseconds.
   *
   * @default 5_000
   */
  timeoutMs?: number | undefined;
}

/**
 * Connects to a cluster as an observer. Resolves once all its records are known.
 *
 * @throws SupervisorError ERR_INVALID_SPEC; ERR_CLUSTER_UNREACHABLE if the engine does not answer in time, or does not take
 * the credentials; ERR_CLUSTER_VERSION if its records are of a version that this program does not read.
 */
export async function connectCluster(options: ConnectOptions): Promise<Cluster & AsyncDisposable> {
  const where = "connectCluster";
  check.object(where, "options", options);
  checkKeys(where, options, ["id", "store", "clock", "logger", "timeoutMs"]);
  const id = checkId(where, options.id);
  const store = checkStore(where, options.store);
  const clock = options.clock ?? systemClock;
  const timeoutMs = check.positive(where, "timeoutMs", options.timeoutMs, 5_000);
  const abort = new AbortController();
  const opened = await attempt(clock, timeoutMs, () => store.open({ id, clock, signal: abort.signal }));
  if (!opened.isKnown) {
    abort.abort();
    throw toUnreachable(store, opened.error);
  }
  const checked = await attempt(clock, timeoutMs, () => checkVersion(opened.value, id, null));
  const refusal = checked.isKnown ? checked.value : toUnreachable(store, checked.error);
  if (refusal !== null) {
    void opened.value.close().catch(() => {});
    throw refusal;
  }
  return observe({ id, store, connection: opened.value, clock, timeoutMs, logger: options.logger });
}

interface Observing {
  readonly id: string;
  readonly store: ClusterStore;
  readonly connection: StoreConnection;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly logger: Logger | undefined;
}

async function observe({
  id,
  store,
  connection,
  clock,
  timeoutMs,
  logger,
}: Observing): Promise<Cluster & AsyncDisposable> {
  const feed = new Feed({
    clock,
    directory: () => observer.directory,
    asking: () => ({ clock, connection: () => connection, directory: () => observer.directory }),
    onListenerError: (error) => logger?.error({ err: error }, "a listener of the cluster failed"),
  });
  const listeners = new Set<() => void>();
  let onSynced = () => {};
  const synced = new Promise<void>((resolve) => {
    onSynced = resolve;
  });
  const observer = new Observer({
    connection,
    clock,
    drawChance: () => 0.5,
    onSynced,
    onChange: () => {
      for (const listener of [...listeners]) listener();
      feed.look();
    },
    onStale: (error) => logger?.warn({ err: error }, "the watch of the cluster begins anew"),
  });
  observer.begin();
  const close = async () => {
    feed.end();
    observer.close();
    await connection.close();
  };
  const outcome = await attempt(clock, timeoutMs, () => synced);
  if (!outcome.isKnown) {
    await close();
    throw toUnreachable(store, outcome.error);
  }
  const view = createHandle({
    id,
    node: null,
    directory: () => observer.directory,
    clock,
    feed,
    meters: () => null,
    connection: () => connection,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  return { ...view, [Symbol.asyncDispose]: close };
}

function toUnreachable({ name }: ClusterStore, cause: Error): SupervisorError {
  return new SupervisorError("ERR_CLUSTER_UNREACHABLE", describeTrouble(name, cause), { cause });
}
