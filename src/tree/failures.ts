// failures.ts: the errors of a running tree, with messages that say where, what happened, and what to do.

import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { Child } from "./service.ts";
import type { TreeSupervisor } from "./supervisor.ts";

export function toStartTimeout({ path, plan }: Child): SupervisorError {
  const hasHealth = plan.options.probes.some(({ kind }) => kind === "health");
  const hint = hasHealth
    ? "; its health check has not passed"
    : plan.options.readyOnSignal
      ? "; it has not called ctx.ready()"
      : "";
  const message = `${path}: not ready within ${plan.rule.startTimeoutMs} ms (startTimeoutMs)${hint}`;
  return new SupervisorError("ERR_START_TIMEOUT", message, { path });
}

export function toUnstopped({ path }: Child, waitedMs: number, cause: Error | null): SupervisorError {
  const message = `${path}: still running ${Math.round(waitedMs)} ms after it was asked to stop; JavaScript cannot end it. It must end when ctx.signal aborts`;
  return new SupervisorError("ERR_UNSTOPPED", message, { path, ...(cause !== null && { cause }) });
}

export function toGaveUp({ path, plan }: Child, failures: number, cause: Error | null): SupervisorError {
  const message = `${path}: gave up after ${failures} ${failures === 1 ? "failure" : "failures"} in a row (maxRetries ${plan.rule.restart.maxRetries}): ${textOf(cause)}`;
  return new SupervisorError("ERR_GAVE_UP", message, { path, cause });
}

/** A required dependency will not meet its condition; its own error is the cause. */
export function toHopeless({ path, dependencies }: Child): SupervisorError {
  const { dependency, condition } = dependencies.find((edge) => edge.verdict === "hopeless")!;
  const { state, error } = dependency;
  const how = state === "failed" ? "failed" : dependency.phase === "completed" ? "has completed" : "was stopped";
  const why = error !== null && state === "failed" ? `: ${textOf(error)}` : "";
  const message = `${path}: dependency ${dependency.path} will not be ${condition}; it ${how}${why}`;
  return new SupervisorError("ERR_DEPENDENCY_FAILED", message, { path, ...(why !== "" && { cause: error }) });
}

export function toNotADependency({ path, dependencies }: Child, name: string): SupervisorError {
  const declared = dependencies.map(({ dependency }) => dependency.plan.name).join(", ") || "none";
  const message = `${path}: use("${name}"): not a declared dependency (declared: ${declared}); add it to dependsOn`;
  return new SupervisorError("ERR_NOT_A_DEPENDENCY", message, { path });
}

/** An optional dependency that was removed. */
export function toGone({ path }: Child, name: string): SupervisorError {
  const message = `${path}: use("${name}"): this dependency was removed; it is one again once a service is added under its name`;
  return new SupervisorError("ERR_NOT_RUNNING", message, { path });
}

export function toAmbiguous({ path }: Child, name: string, found: readonly Child[]): SupervisorError {
  const paths = found.map((child) => child.path).join(", ");
  const message = `${path}: use("${name}"): several services inside its dependencies have this name (${paths}); give the definition of one of them, or its path from the dependency on`;
  return new SupervisorError("ERR_NOT_A_DEPENDENCY", message, { path });
}

export function toDependencyDown({ path }: Child, dependency: Child): SupervisorError {
  const message = `${path}: use("${dependency.plan.name}"): ${dependency.path} is ${dependency.state}, not running`;
  return new SupervisorError("ERR_NOT_RUNNING", message, { path });
}

export function toDown({ path, state }: Child): SupervisorError {
  return new SupervisorError("ERR_NOT_RUNNING", `${path}: use(): it is ${state}, not running`, { path });
}

/** The error of a supervisor that fails because a child failed for good. */
export function toServiceFailed({ error, path }: Child): SupervisorError {
  if (error instanceof SupervisorError && error.code === "ERR_GAVE_UP" && error.path === path) return error;
  const message = `${path}: failed for good${error === null ? "" : `: ${textOf(error)}`}`;
  return new SupervisorError("ERR_SERVICE_FAILED", message, { path, cause: error });
}

/** The error of a critical child that its group stopped and that its policy does not bring back. */
export function toDismissed({ path, plan }: Child): SupervisorError {
  const { policy } = plan.rule.restart;
  const message = `${path}: was stopped with its group, and its restart policy "${policy}" does not bring it back; make it not critical, or give it another policy`;
  return new SupervisorError("ERR_SERVICE_FAILED", message, { path });
}

export function toTooIntense({ path, plan }: TreeSupervisor, last: string, cause: Error | null): SupervisorError {
  const { maxRestarts, withinMs } = plan.rule.intensity!;
  const why = cause === null ? "" : `: ${textOf(cause)}`;
  const message = `${path}: more than ${maxRestarts} automatic restarts within ${withinMs} ms (intensity); the last one of ${last}${why}`;
  return new SupervisorError("ERR_INTENSITY", message, { path, ...(cause !== null && { cause }) });
}

/** One service's error while it was stopping. */
export function toStopFailed({ error, path }: Child): SupervisorError {
  const message = `${path}: failed while stopping: ${textOf(error)}`;
  return new SupervisorError("ERR_STOP_FAILED", message, { path, cause: error });
}

/** How many services a message names. */
const mostNamed = 5;

/** The error of a stop in which services failed. */
export function toStopErrors(path: string, errors: readonly SupervisorError[]): SupervisorError {
  const many = errors.length === 1 ? "1 service" : `${errors.length} services`;
  const first = errors.slice(0, mostNamed).map((error) => error.message);
  const more =
    errors.length > mostNamed ? `; and ${errors.length - mostNamed} more (all of them are in \`errors\`)` : "";
  const message = `${path}: ${many} failed to stop: ${first.join("; ")}${more}`;
  return new SupervisorError("ERR_STOP_FAILED", message, { path, errors, cause: errors[0] });
}
