// look.ts: everything that is known of a tree when a recording begins. Takes linear time.

import type { AnyActorRef } from "xstate";
import type { ServiceStatus, Supervisor, TreeStatus } from "../../index.ts";
import { chartKeyOf, type Moment } from "../shared/history.ts";
import type { ChartState, Role, Row } from "../shared/protocol.ts";
import { toErrorInfo } from "./errors.ts";

export function look(supervisor: Supervisor, toChartState: (role: Role, ref: AnyActorRef) => ChartState): Moment {
  const moment: Moment = { n: 0, at: supervisor.now(), rows: new Map(), charts: new Map(), parents: new Set() };
  const visit = (status: ServiceStatus | TreeStatus): void => {
    const { path } = status;
    const actors = supervisor.actorsOf(path);
    const own = actors.supervisor?.getSnapshot() as { value: { health: Row["health"] } } | undefined;
    const note = status.role === undefined ? null : noteOf(supervisor, path);
    const row = toRow(status, own?.value.health ?? null);
    moment.rows.set(path, note === null ? row : { ...row, note });
    for (const role of ["supervisor", "actor"] as const) {
      const ref = actors[role];
      if (ref !== null) moment.charts.set(chartKeyOf(path, role), toChartState(role, ref));
    }
    if ("services" in status) for (const child of status.services) visit(child);
  };
  visit(supervisor.status());
  return moment;
}

function toRow(status: ServiceStatus, health: Row["health"]): Row {
  const { path, kind, state, phase, incarnation, restarts, failures, since, startedAt, nextAttemptAt, exit } = status;
  return {
    path,
    kind,
    state,
    phase,
    incarnation,
    restarts,
    failures,
    since,
    startedAt,
    nextAttemptAt,
    error: status.error && toErrorInfo(status.error),
    exit,
    health,
    unhealthy: null,
    pid: null,
  };
}

/** Where a role of a cluster runs, for a person; null if the path is not that of a role. */
export function noteOf(supervisor: Supervisor, path: string): string | null {
  try {
    return supervisor.status(path).role === undefined ? null : supervisor.explain(path).note;
  } catch {
    // It was removed in the same turn.
    return null;
  }
}
