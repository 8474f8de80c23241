// What the errors of a tree say: where, what happened, and what to do.

import { SupervisorError } from "../contract/errors.ts";
import type { ServiceState } from "../contract/states.ts";
import { textOf } from "../contract/wording.ts";
import type { ServicePlan, SupervisorPlan } from "../definition/plan.ts";

/** What an error tells of the child it is about. */
export interface Subject {
  readonly path: string;
  readonly plan: ServicePlan;
  readonly error: Error | null;
  readonly state: ServiceState;
  readonly hasCompleted: boolean;
  readonly dependencies: readonly {
    readonly dependency: Subject;
    readonly condition: string;
    readonly verdict: string;
  }[];
}

/** What an error tells of the supervisor it is about. */
interface Tree {
  readonly path: string;
  readonly plan: SupervisorPlan;
  readonly stopErrors: readonly SupervisorError[];
}

export function toStartTimeout({ path, plan }: Subject): SupervisorError {
  const hint = plan.readyOnSignal ? "; it has not said that it is ready" : "";
  const message = `${path}: not ready within ${plan.rule.startTimeoutMs} ms (startTimeoutMs)${hint}`;
  return new SupervisorError("ERR_START_TIMEOUT", message, { path });
}

export function toUnstopped({ path }: Subject, waitedMs: number, cause: Error | null): SupervisorError {
  const message = `${path}: still running ${Math.round(waitedMs)} ms after it was asked to stop; JavaScript cannot end it. It must end when ctx.signal aborts`;
  return new SupervisorError("ERR_UNSTOPPED", message, { path, ...(cause !== null && { cause }) });
}

export function toGaveUp({ path, plan }: Subject, failures: number, cause: Error | null): SupervisorError {
  const message = `${path}: gave up after ${failures} ${failures === 1 ? "failure" : "failures"} in a row (maxRetries ${plan.rule.restart.maxRetries}): ${textOf(cause)}`;
  return new SupervisorError("ERR_GAVE_UP", message, { path, cause });
}

/** A required dependency will not meet its condition; its own error is the cause. */
export function toHopeless({ path, dependencies }: Subject): SupervisorError {
  const { dependency, condition } = dependencies.find((edge) => edge.verdict === "hopeless")!;
  const { state, error } = dependency;
  const how = state === "failed" ? "failed" : dependency.hasCompleted ? "has completed" : "was stopped";
  const why = error !== null && state === "failed" ? `: ${textOf(error)}` : "";
  const message = `${path}: dependency ${dependency.path} will not be ${condition}; it ${how}${why}`;
  return new SupervisorError("ERR_DEPENDENCY_FAILED", message, { path, ...(why !== "" && { cause: error }) });
}

export function toNotADependency({ path, dependencies }: Subject, name: string): SupervisorError {
  const declared = dependencies.map(({ dependency }) => dependency.plan.name).join(", ") || "none";
  const message = `${path}: use("${name}"): not a declared dependency (declared: ${declared}); add it to dependsOn`;
  return new SupervisorError("ERR_NOT_A_DEPENDENCY", message, { path });
}

export function toDependencyDown({ path }: Subject, dependency: Subject): SupervisorError {
  const message = `${path}: use("${dependency.plan.name}"): ${dependency.path} is ${dependency.state}, not running`;
  return new SupervisorError("ERR_NOT_RUNNING", message, { path });
}

/** The error of a supervisor that a child's failure for good fails. */
export function toServiceFailed({ error, path }: Subject): SupervisorError {
  if (error instanceof SupervisorError && error.code === "ERR_GAVE_UP" && error.path === path) return error;
  const message = `${path}: failed for good${error === null ? "" : `: ${textOf(error)}`}`;
  return new SupervisorError("ERR_SERVICE_FAILED", message, { path, cause: error });
}

export function toTooIntense({ path, plan }: Tree, last: string, cause: Error | null): SupervisorError {
  const { maxRestarts, withinMs } = plan.rule.intensity!;
  const why = cause === null ? "" : `: ${textOf(cause)}`;
  const message = `${path}: more than ${maxRestarts} automatic restarts within ${withinMs} ms (intensity); the last one of ${last}${why}`;
  return new SupervisorError("ERR_INTENSITY", message, { path, ...(cause !== null && { cause }) });
}

/** One service's error while it was stopping. */
export function toStopFailed({ error, path }: Subject): SupervisorError {
  const message = `${path}: failed while stopping: ${textOf(error)}`;
  return new SupervisorError("ERR_STOP_FAILED", message, { path, cause: error });
}

/** The error of a stop in which services failed. */
export function toStopErrors({ path, stopErrors: errors }: Tree): SupervisorError {
  const many = errors.length === 1 ? "1 service" : `${errors.length} services`;
  const message = `${path}: ${many} failed to stop: ${errors.map((error) => error.message).join("; ")}`;
  return new SupervisorError("ERR_STOP_FAILED", message, { path, errors, cause: errors[0] });
}
