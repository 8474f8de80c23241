// The updates of a tree, kept as they come.

import type { ServiceState } from "../contract/states.ts";
import type { Update } from "../contract/updates.ts";
import type { Supervisor } from "../handle.ts";

export interface UpdateRecord {
  /** All updates, the oldest first. */
  readonly updates: Update[];
  /** The states that a path has entered, in order; changes of phase alone are left out. */
  states(path: string): ServiceState[];
  /** Stops recording. */
  stop(): void;
}

/** Records every update from the call on. In paths the root's name may be left out. */
export function recordUpdates(supervisor: Supervisor): UpdateRecord {
  const updates: Update[] = [];
  const stop = supervisor.on("*", (update) => updates.push(update));
  return {
    updates,
    states(path) {
      const paths = [path, `${supervisor.name}/${path}`];
      return updates.flatMap((update) =>
        update.type === "status" && update.from !== update.to && paths.includes(update.path) ? [update.to] : [],
      );
    },
    stop,
  };
}
