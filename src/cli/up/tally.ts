// tally.ts: counts for the summary of a run: how long each service was up, how often it started and restarted.

import type { Update } from "../../contract/updates.ts";
import type { Supervisor } from "../../index.ts";

interface ServiceTally {
  readonly path: string;
  upMs: number;
  starts: number;
  restarts: number;
  failures: number;
}

export interface Tally {
  services(): ServiceTally[];
}

interface Entry extends ServiceTally {
  upSince: number | null;
}

/** Counts from the call on. */
export function createTally(supervisor: Supervisor): Tally {
  const entries = new Map<string, Entry>();

  supervisor.on("status", (update: Extract<Update, { type: "status" }>) => {
    const { path, to, at, exit, incarnation } = update;
    if (path === supervisor.name) return;
    const entry = entries.get(path) ?? { path, upMs: 0, starts: 0, restarts: 0, failures: 0, upSince: null };
    entries.set(path, entry);
    entry.starts = Math.max(entry.starts, incarnation);
    if (exit?.kind === "failed") entry.failures++;
    if (to === "running") entry.upSince ??= at;
    else if (entry.upSince !== null) {
      entry.upMs += at - entry.upSince;
      entry.upSince = null;
    }
  });

  supervisor.on("removed", ({ path: removed }: Extract<Update, { type: "removed" }>) => {
    for (const path of [...entries.keys()]) {
      if (path === removed || path.startsWith(`${removed}/`)) entries.delete(path);
    }
  });

  return {
    services: () =>
      [...entries.values()].map(({ upSince, ...entry }) => ({
        ...entry,
        upMs: entry.upMs + (upSince === null ? 0 : supervisor.now() - upSince),
        restarts: supervisor.status(entry.path).restarts,
      })),
  };
}
