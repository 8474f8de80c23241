// The endpoints that an orchestrator asks: alive, ready, started. Text, one line; with `?verbose` a line per service.

import { SupervisorError } from "../contract/errors.ts";
import type { ServiceHealth, ServiceStatus, TreeStatus } from "../contract/status.ts";
import type { Supervisor } from "../index.ts";
import { type Answer, cut, text } from "./answer.ts";

/** Not failed. Whether its services are healthy does not matter: a restart from outside would not mend them. */
export function answerLive(supervisor: Supervisor, verbose: boolean): Answer {
  const { state, error } = supervisor.status();
  return state === "failed"
    ? text(
        503,
        `failed: ${onOneLine(error?.message ?? "for no known reason")}${verbose ? listServices(supervisor) : ""}`,
      )
    : text(200, `ok${verbose ? listServices(supervisor) : ""}`);
}

/** Started, not stopping, and not unhealthy. */
export function answerReady(supervisor: Supervisor, verbose: boolean): Answer {
  const { state } = supervisor.status();
  const { status } = supervisor.health();
  const isReady = state === "running" && status !== "unhealthy";
  const word = isReady ? (status === "healthy" ? "ok" : status) : state === "running" ? status : state;
  return text(isReady ? 200 : 503, `${word}${verbose ? listServices(supervisor) : ""}`);
}

export function answerStarted(supervisor: Supervisor, hasStarted: boolean, verbose: boolean): Answer {
  const word = hasStarted ? "ok" : supervisor.status().state;
  return text(hasStarted ? 200 : 503, `${word}${verbose ? listServices(supervisor) : ""}`);
}

/** One service, or nested supervisor: healthy (or completed, which is all that was wanted of it) or not. */
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

/** It has done what it was for, and does not count for the health. */
export function isDone({ state, exit }: Pick<ServiceStatus, "state" | "exit">): boolean {
  return state === "stopped" && exit === "completed";
}

function listServices(supervisor: Supervisor): string {
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

/** What somebody's error says must not look like a line of ours, nor be sent by the megabyte. */
function onOneLine(message: string): string {
  return cut(message).replace(/\s*[\r\n]+\s*/g, " ");
}
