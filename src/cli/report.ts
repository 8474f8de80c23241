// report.ts: the status of a tree as the command shows it, with the process of each service and the reason for its state.

import { standingOf } from "../contract/states.ts";
import type { ServiceStatus, TreeStatus } from "../contract/status.ts";
import type { Supervisor } from "../index.ts";
import type { Journal } from "./journal.ts";

interface Extra {
  /** The process id of its process, while that lives. */
  pid: number | null;
  /** The summary of `explain`. */
  summary: string;
}

type ServiceReport = ServiceStatus & Extra & { services?: never };
export type TreeReport = Omit<TreeStatus, "services"> & Extra & { services: (ServiceReport | TreeReport)[] };
export type Report = ServiceReport | TreeReport;

export function toReport(status: TreeStatus, supervisor: Supervisor, journal: Journal): TreeReport;
export function toReport(status: ServiceStatus | TreeStatus, supervisor: Supervisor, journal: Journal): Report;
export function toReport(status: ServiceStatus | TreeStatus, supervisor: Supervisor, journal: Journal): Report {
  const extra: Extra = {
    pid: standingOf(status.state, status.phase).hasCode ? journal.pidOf(status.path) : null,
    summary: supervisor.explain(status.path).summary,
  };
  if (!("services" in status)) return { ...status, ...extra };
  return { ...status, ...extra, services: status.services.map((child) => toReport(child, supervisor, journal)) };
}

/** Every service and nested supervisor of a tree, in definition order, with its depth. */
export function flatten(tree: TreeReport, depth = 0): { report: Report; depth: number }[] {
  return tree.services.flatMap((report) => [
    { report, depth },
    ...(report.services === undefined ? [] : flatten(report, depth + 1)),
  ]);
}
