// long-waits.ts: services that have been on their way for long, and what each waits for, so that no long wait is silent.

import type { ServiceStatus } from "../../contract/status.ts";
import type { Supervisor } from "../../index.ts";
import { listStatuses } from "../../index.ts";

const firstMs = 5_000;

export interface LongWait {
  readonly path: string;
  readonly summary: string;
}

/** The returned function gives the waits that are to be printed now: each after 5 s, 10 s, 20 s, and so on. */
export function createLongWaits(supervisor: Supervisor): () => LongWait[] {
  const printed = new Map<string, { since: number; nextMs: number }>();

  return () =>
    listStatuses(supervisor.status()).flatMap((status) => {
      const { path, since } = status;
      if (!isOnItsWay(status)) {
        printed.delete(path);
        return [];
      }
      const known = printed.get(path);
      const entry = known?.since === since ? known : { since, nextMs: firstMs };
      printed.set(path, entry);
      const waited = supervisor.now() - since;
      if (waited < entry.nextMs) return [];
      while (entry.nextMs <= waited) entry.nextMs *= 2;
      return [{ path, summary: supervisor.explain(path).summary }];
    });
}

/** The service is not where it should be. A delay is left out: the user saw its length when it began. */
function isOnItsWay({ state, phase, startedAt, healthy }: ServiceStatus): boolean {
  if (state === "starting") return phase !== "delaying";
  if (state === "running") return !healthy && startedAt !== null;
  return state === "stopping";
}
