// stop-time.ts: how long the stop of a tree may take, by the deadlines of its services.

import type { ChildDescription, TreeDescription } from "../../contract/description.ts";

/** In milliseconds: what stops one after another takes the sum, what stops side by side the longest. */
export function stopMsOf({ services, stopOrder }: TreeDescription): number {
  const byPath = new Map(services.map((child) => [child.path, child]));
  const stepMs = (paths: readonly string[]) => Math.max(0, ...paths.map((path) => stopMsOfChild(byPath.get(path)!)));
  return stopOrder.reduce((sum, paths) => sum + stepMs(paths), 0);
}

/** A supervisor without a deadline of its own takes as long as what is in it. */
function stopMsOfChild(child: ChildDescription): number {
  const own = child.stopTimeoutMs ?? Number.POSITIVE_INFINITY;
  return child.services ? Math.min(own, stopMsOf(child)) : own;
}
