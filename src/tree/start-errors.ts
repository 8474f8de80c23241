// start-errors.ts: the errors with which the start of a tree rejects: it has failed, or something came first.

import type { Outcome } from "../../machines/supervisor.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { Run } from "./run.ts";
import type { TreeSupervisor } from "./supervisor.ts";

/** The reason to reject a start that was not over when its run ended; `error` is that of the root. */
export function toStartError(
  supervisor: TreeSupervisor,
  { abortReason }: Run,
  outcome: Outcome,
  error: SupervisorError | null,
): SupervisorError | null {
  if (outcome.kind === "completed") return toStartAborted(supervisor, "the tree completed before it was up");
  const isAborted = outcome.kind === "stopped" || outcome.because === "stop";
  if (!isAborted) return error;
  const why = abortReason === undefined ? "a stop came first" : "its signal aborted";
  return toStartAborted(supervisor, why, abortReason);
}

export function toStartFailed({ path: name, stopErrors }: TreeSupervisor, failure: SupervisorError): SupervisorError {
  const cause = failure.code === "ERR_SERVICE_FAILED" && failure.cause ? failure.cause : failure;
  const message = `${name}: start failed: ${failure.message}`;
  const path = failure.path ?? name;
  return new SupervisorError("ERR_START_FAILED", message, { path, cause, errors: stopErrors });
}

export function toStartAborted(
  { path, stopErrors: errors }: TreeSupervisor,
  why: string,
  cause?: unknown,
): SupervisorError {
  return new SupervisorError("ERR_START_ABORTED", `${path}: start aborted: ${why}`, {
    path,
    ...(cause !== undefined && { cause }),
    ...(errors.length > 0 && { errors }),
  });
}
