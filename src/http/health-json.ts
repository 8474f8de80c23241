// `/health`: the tree's health as application/health+json.

import type { ServiceHealth } from "../contract/status.ts";
import type { Supervisor } from "../index.ts";
import { type Answer, cut } from "./answer.ts";
import { isDone } from "./probes.ts";

const words = { healthy: "pass", degraded: "warn", unhealthy: "fail" } as const;

/**
 * pass, warn or fail for the whole, and a check for each service.
 *
 * @see the internet draft "Health Check Response Format for HTTP APIs" (draft-inadarei-api-health-check-06)
 */
export function answerHealth(supervisor: Supervisor): Answer {
  const { status, services } = supervisor.health();
  const time = new Date().toISOString();
  // No check fails while the whole does not: a service that was stopped by hand, for example, does not count.
  const worst = status === "unhealthy" ? "fail" : "warn";
  const checks = Object.entries(services).map(([path, service]) => {
    const isFine = service.healthy || isDone(supervisor.status(path));
    return [`${path}:state`, [toCheck(service, isFine ? "pass" : service.critical ? worst : "warn", time)]];
  });
  const body = { status: words[status], serviceId: supervisor.name, checks: Object.fromEntries(checks) };
  return {
    status: status === "unhealthy" ? 503 : 200,
    type: "application/health+json",
    body: JSON.stringify(body),
  };
}

function toCheck({ state, error }: ServiceHealth, status: "pass" | "warn" | "fail", time: string): object {
  return {
    componentType: "component",
    observedValue: state,
    status,
    time,
    ...(error !== undefined && { output: cut(error) }),
  };
}
