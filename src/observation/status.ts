// status.ts: reports the current status and health of a tree as plain data.

import { summariseError } from "../contract/error-summary.ts";
import type { Condition } from "../contract/spec.ts";
import type { HealthReport, HeldValue, ServiceHealth, ServiceStatus, TreeStatus } from "../contract/status.ts";
import { textOf } from "../contract/wording.ts";
import { lostGivers } from "../tree/holdings.ts";
import { roleOf } from "../tree/inside.ts";
import type { Root } from "../tree/root.ts";
import type { Child } from "../tree/service.ts";
import type { TreeSupervisor } from "../tree/supervisor.ts";

export function toServiceStatus(child: Child): ServiceStatus | TreeStatus {
  const { context, plan, supervisor, state } = child;
  const role = plan.supervisor?.director === undefined || !child.isLive ? null : roleOf(child);
  const status = {
    path: child.path,
    name: plan.name,
    state,
    phase: child.phase,
    healthy: child.isHealthy,
    incarnation: context.incarnation,
    restarts: context.restarts,
    failures: currentFailures(child),
    since: child.since,
    startedAt: context.readyAt,
    waitingFor: child.phase === "waiting" ? waitingFor(child).map(({ dependency }) => dependency.path) : [],
    nextAttemptAt: nextAttemptAt(child),
    nextRunAt: child.nextRunAt,
    holds: toHolds(child),
    error: summarise(child.error),
    exit: child.exit?.kind ?? null,
    ...(role !== null && { role }),
  };
  if (supervisor === null) return { ...status, kind: "service" };
  return { ...status, ...toSupervisorStatus(supervisor) };
}

export function toRootStatus(root: Root): TreeStatus {
  const { supervisor, phase } = root;
  const isBroken = root.tree.internalError !== null;
  return {
    path: root.name,
    name: root.name,
    state: isBroken ? "failed" : supervisor.state,
    phase: isBroken ? null : phase,
    healthy: !isBroken && phase === "healthy",
    incarnation: root.incarnation,
    restarts: 0,
    failures: 0,
    since: root.since,
    startedAt: root.startedAt,
    waitingFor: [],
    nextAttemptAt: null,
    nextRunAt: null,
    holds: [],
    error: summarise(root.error ?? supervisor.failure),
    exit: root.exitKind,
    ...toSupervisorStatus(supervisor),
  };
}

function toSupervisorStatus({ plan, counts, children }: TreeSupervisor) {
  return {
    kind: "supervisor" as const,
    strategy: plan.strategy,
    counts: { ...counts },
    services: [...children.values()].map(toServiceStatus),
  };
}

export function toHolds({ unit }: Child): HeldValue[] {
  if (unit === null || unit.isOver) return [];
  return unit.holdings.map(({ of, unit: giver }) => ({
    path: of.path,
    incarnation: giver.incarnation,
    isAlive: of.unit === giver && !giver.isOver && of.standing.isServing,
  }));
}

/** The dependencies that keep a service waiting. */
export function waitingFor(child: Child): readonly { readonly dependency: Child; readonly condition: Condition }[] {
  const edges = child.dependencies.filter(({ verdict }) => verdict !== "met");
  return [...edges, ...lostGivers(child).map((dependency) => ({ dependency, condition: "started" as const }))];
}

/** Failures in a row. An incarnation that has been ready for resetAfterMs has cleared the count, without a timer. */
export function currentFailures(child: Child): number {
  const { context, plan, tree } = child;
  if (context.readyAt === null) return context.failures;
  return tree.clock.now() - context.readyAt >= plan.rule.restart.resetAfterMs ? 0 : context.failures;
}

export function nextAttemptAt(child: Child): number | null {
  if (child.state !== "backoff") return null;
  return child.phase === "held" ? child.parent.groupStartsAt : child.context.nextAttemptAt;
}

export function summarise(error: Error | null): ServiceStatus["error"] {
  return error === null ? null : summariseError(error);
}

export function toHealthReport(supervisor: TreeSupervisor): HealthReport {
  const services: Record<string, ServiceHealth> = {};
  collectHealth(supervisor, services);
  return { status: supervisor.health, healthy: supervisor.health === "healthy", services };
}

function collectHealth(supervisor: TreeSupervisor, services: Record<string, ServiceHealth>): void {
  for (const child of supervisor.children.values()) {
    const error = child.isHealthy ? null : (child.unhealthyError ?? child.error);
    services[child.path] = {
      healthy: child.isHealthy,
      running: child.state === "running",
      critical: child.plan.options.critical,
      state: child.state,
      ...(error !== null && { error: textOf(error) }),
    };
    if (child.supervisor !== null) collectHealth(child.supervisor, services);
  }
}

/** Every service and nested supervisor of a tree, in definition order, each supervisor before its children. */
export function listStatuses(tree: TreeStatus): (ServiceStatus | TreeStatus)[] {
  return tree.services.flatMap((status) => ("services" in status ? [status, ...listStatuses(status)] : [status]));
}
