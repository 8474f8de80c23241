// Status and health: what is known of a tree now, as plain data.

import type { HealthReport, ServiceHealth, ServiceStatus, TreeStatus } from "../contract/status.ts";
import { textOf } from "../contract/wording.ts";
import type { Child, Table } from "../tree/service.ts";

export function toServiceStatus(child: Child): ServiceStatus | TreeStatus {
  const { context, plan, family, state } = child;
  const status: ServiceStatus = {
    path: child.path,
    name: plan.name,
    kind: family === null ? "service" : "supervisor",
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
    error: summarise(child.error),
    exit: child.exit?.kind ?? null,
  };
  return family === null ? status : { ...status, ...familyStatus(family) };
}

export function familyStatus(family: Table): Pick<TreeStatus, "strategy" | "counts" | "services"> {
  return {
    strategy: family.plan.strategy,
    counts: { ...family.counts },
    services: [...family.children.values()].map(toServiceStatus),
  };
}

/** The dependencies that keep a service waiting. */
export function waitingFor(child: Child) {
  return child.dependencies.filter(({ verdict }) => verdict !== "met");
}

/** An incarnation that has been ready long enough has cleared the count, though nothing was timed. */
export function currentFailures(child: Child): number {
  const { context, plan, tree } = child;
  if (context.readyAt === null) return context.failures;
  return tree.clock.now() - context.readyAt >= plan.rule.restart.resetAfterMs ? 0 : context.failures;
}

export function nextAttemptAt(child: Child): number | null {
  if (child.state !== "backoff") return null;
  return child.isHeld ? child.parent.groupStartsAt : child.context.nextAttemptAt;
}

export function summarise(error: Error | null): ServiceStatus["error"] {
  if (error === null) return null;
  const [code, stack] = [textOf(error, "code"), textOf(error, "stack")];
  return {
    name: textOf(error, "name"),
    message: textOf(error),
    ...(code !== "" && { code }),
    ...(stack !== "" && { stack }),
  };
}

export function toHealthReport(family: Table): HealthReport {
  const services: Record<string, ServiceHealth> = {};
  collectHealth(family, services);
  return { status: family.health, healthy: family.health === "healthy", services };
}

function collectHealth(family: Table, services: Record<string, ServiceHealth>): void {
  for (const child of family.children.values()) {
    const error = child.isHealthy ? null : (child.unhealthyError ?? child.error);
    services[child.path] = {
      healthy: child.isHealthy,
      running: child.state === "running",
      critical: child.plan.critical,
      state: child.state,
      ...(error !== null && { error: textOf(error) }),
    };
    if (child.family) collectHealth(child.family, services);
  }
}

/** Every service and nested supervisor of a tree, in definition order, each supervisor before its children. */
export function listStatuses(tree: TreeStatus): (ServiceStatus | TreeStatus)[] {
  return tree.services.flatMap((status) => ("services" in status ? [status, ...listStatuses(status)] : [status]));
}
