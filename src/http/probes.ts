// /livez, /readyz and /startupz: what an orchestrator asks, answered in one line; with `?verbose` a line per service.

import { SupervisorError } from "../contract/errors.ts";
import { standingOf } from "../contract/states.ts";
import type { ServiceHealth, ServiceStatus, TreeStatus } from "../contract/status.ts";
import type { Supervisor } from "../index.ts";
import { type Answer, cut, text } from "./answer.ts";
import { isDraining } from "./draining.ts";

/** Not failed. Whether its services are healthy does not matter: a restart of the program would not mend them. */
export function answerLive(supervisor: Supervisor, verbose: boolean): Answer {
  const { state, error } = supervisor.status();
  const word = state === "failed" ? `failed: ${onOneLine(error?.message ?? "for no known reason")}` : "ok";
  return text(state === "failed" ? 503 : 200, `${word}${listServices(supervisor, verbose)}`);
}

/** Started, not about to stop, and not unhealthy. */
export function answerReady(supervisor: Supervisor, verbose: boolean): Answer {
  const { state } = supervisor.status();
  const { status } = supervisor.health();
  const word = state !== "running" ? state : isDraining(supervisor) ? "draining" : status === "healthy" ? "ok" : status;
  const isReady = word === "ok" || word === "degraded";
  return text(isReady ? 200 : 503, `${word}${listServices(supervisor, verbose)}`);
}

export function answerStarted(supervisor: Supervisor, hasStarted: boolean, verbose: boolean): Answer {
  const word = hasStarted ? "ok" : supervisor.status().state;
  return text(hasStarted ? 200 : 503, `${word}${listServices(supervisor, verbose)}`);
}

/** One service, or nested supervisor: healthy (or down, as it should) or not. */
export function answerReadyOf(supervisor: Supervisor, path: string): Answer {
  let status: ServiceStatus | TreeStatus;
  try {
    status = supervisor.status(path);
  } catch (error) {
    if (error instanceof SupervisorError && error.code === "ERR_UNKNOWN_SERVICE")
      return text(404, onOneLine(error.message));
    throw error;
  }
  if (status.healthy) return text(200, "ok");
  return text(isDone(status) ? 200 : 503, onOneLine(supervisor.explain(path).summary));
}

/** Whether a service is down as it should be: it has completed, or waits for its next run. It does not count for the health. */
export function isDone({ state, phase }: Pick<ServiceStatus, "state" | "phase">): boolean {
  return state === "stopped" && standingOf(state, phase).isUp;
}

/** A line for each service; nothing unless `verbose`. */
function listServices(supervisor: Supervisor, verbose: boolean): string {
  if (!verbose) return "";
  return Object.entries(supervisor.health().services)
    .map(([path, service]) => `\n${toLine(supervisor, path, service)}`)
    .join("");
}

/** As Kubernetes prints its own checks. */
function toLine(supervisor: Supervisor, path: string, { healthy, critical }: ServiceHealth): string {
  if (healthy) return `[+] ${path} ok`;
  const summary = onOneLine(supervisor.explain(path).summary);
  if (isDone(supervisor.status(path))) return `[+] ${path} ${summary}`;
  return `[-] ${path} ${summary}${critical ? "" : " (not critical)"}`;
}

/** The message of an error must not look like a line of this page, nor be sent by the megabyte. */
function onOneLine(message: string): string {
  return cut(message).replace(/\s*[\r\n]+\s*/g, " ");
}
