// ask-all.ts: asks everything that runs to stop after an internal error, when the charts cannot be relied on.

import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";

/** Asks everything that runs to stop, without its charts. */
export function askAll(supervisor: TreeSupervisor): void {
  for (const child of [...supervisor.children.values()].reverse()) {
    if (child.supervisor !== null) askAll(child.supervisor);
    else askQuietly(child);
  }
}

/** Whatever has failed inside may fail again: the others are asked all the same. */
function askQuietly({ unit, log }: Child): void {
  try {
    unit?.ask();
  } catch (error) {
    log.error({ err: error }, "could not be asked to stop");
  }
}
