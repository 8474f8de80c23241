// Long waits are never silent: what has been on its way for 5 s is told, with what it waits for; then ever more rarely.

import type { ServiceStatus } from "../../contract/status.ts";
import type { Supervisor } from "../../index.ts";
import { listStatuses } from "../../index.ts";

const firstMs = 5_000;

export interface LongWait {
  readonly path: string;
  readonly summary: string;
}

/** Call it now and then: it gives the waits to be told now. Each is told after 5 s, 10 s, 20 s, and so on. */
export function createLongWaits(supervisor: Supervisor): () => LongWait[] {
  const told = new Map<string, { since: number; nextMs: number }>();

  return () =>
    listStatuses(supervisor.status()).flatMap((status) => {
      const { path, since } = status;
      if (!isOnItsWay(status)) {
        told.delete(path);
        return [];
      }
      const known = told.get(path);
      const entry = known?.since === since ? known : { since, nextMs: firstMs };
      told.set(path, entry);
      const waited = supervisor.now() - since;
      if (waited < entry.nextMs) return [];
      while (entry.nextMs <= waited) entry.nextMs *= 2;
      return [{ path, summary: supervisor.explain(path).summary }];
    });
}

/** Not where it is meant to be, and not in a delay that was told when it began. */
function isOnItsWay({ state, phase, startedAt, healthy }: ServiceStatus): boolean {
  if (state === "starting") return phase !== "delaying";
  if (state === "running") return !healthy && startedAt !== null;
  return state === "stopping";
}
