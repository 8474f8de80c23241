// `/health`: the tree's health as application/health+json.

import type { ServiceHealth } from "../status.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Answer } from "./answer.ts";
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
  const checks = Object.entries(services).map(([path, service]) => [
    `${path}:state`,
    [toCheck(service, isDone(supervisor.status(path)), time)],
  ]);
  const body = { status: words[status], serviceId: supervisor.name, checks: Object.fromEntries(checks) };
  return {
    status: status === "unhealthy" ? 503 : 200,
    type: "application/health+json",
    body: JSON.stringify(body),
  };
}

function toCheck({ healthy, critical, state, error }: ServiceHealth, done: boolean, time: string): object {
  return {
    componentType: "component",
    observedValue: state,
    status: healthy || done ? "pass" : critical ? "fail" : "warn",
    time,
    ...(error !== undefined && { output: error }),
  };
}
