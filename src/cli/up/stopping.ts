// stopping.ts: the services that a stop waits for, and how long each is given.

import { standingOf } from "../../contract/states.ts";
import type { Supervisor } from "../../index.ts";
import { listChildren } from "../print/children.ts";
import { formatMs, plural, withoutRoot } from "../print/format.ts";

/** "stopping 2 services: web (given 10 s), db (given 30 s)"; undefined when none is left. */
export function describeStop(supervisor: Supervisor): string | undefined {
  const live = listChildren(supervisor.describe()).filter((child) => !child.services && isLive(supervisor, child.path));
  if (live.length === 0) return undefined;
  const shown = live.slice(0, 10).map(({ path, stopTimeoutMs }) => {
    const limit = stopTimeoutMs === null ? "no limit" : `given ${formatMs(stopTimeoutMs)}`;
    return `${withoutRoot(path)} (${limit})`;
  });
  const more = live.length > shown.length ? ` and ${live.length - shown.length} more` : "";
  return `stopping ${plural(live.length, "service")}: ${shown.join(", ")}${more}`;
}

function isLive(supervisor: Supervisor, path: string): boolean {
  const { state, phase } = supervisor.status(path);
  return standingOf(state, phase).hasCode;
}
