// errors.ts: SupervisorError, its table of codes, and the conversion of any thrown value to an Error.

import { describe } from "./wording.ts";

/**
 * The codes of `SupervisorError`.
 *
 * | code | condition | what to do |
 * |---|---|---|
 * | ERR_INVALID_SPEC | a spec, an option or a request makes no sense | correct it; the message says where and how |
 * | ERR_DUPLICATE_NAME | two siblings have the same name | rename one |
 * | ERR_UNKNOWN_DEPENDENCY | `dependsOn` names no sibling | correct the name, or add the service beside it |
 * | ERR_DEPENDENCY_CYCLE | services wait for each other | break the cycle that the message prints |
 * | ERR_UNKNOWN_SERVICE | no service has this path | correct the path |
 * | ERR_NOT_A_DEPENDENCY | `use` of a service that `dependsOn` does not name | declare the dependency |
 * | ERR_ALREADY_RUNNING | `start` of a tree that has not ended | stop it first, or wait |
 * | ERR_NOT_RUNNING | the tree, or the dependency, is not running | start it, or handle its absence |
 * | ERR_START_FAILED | a start ended in failure; `cause` is the reason | look at the cause |
 * | ERR_START_ABORTED | a start was overtaken by a stop, its signal, or the completion of the tree | nothing, if it was meant |
 * | ERR_START_TIMEOUT | not ready within `startTimeoutMs` | raise the limit, or find what it waits for |
 * | ERR_STOP_FAILED | services failed to stop, or not in time; `errors` has one per service | look at each |
 * | ERR_UNSTOPPED | a service still runs after its stop deadline | make it honour `ctx.signal` |
 * | ERR_GAVE_UP | a service used up its retries; `cause` is its last error | look at the cause |
 * | ERR_SERVICE_FAILED | a supervisor failed because this service did | look at the cause |
 * | ERR_INTENSITY | a supervisor restarted too often in too short a time | look at the cause |
 * | ERR_DEPENDENCY_FAILED | a required dependency will not come up | look at the chain of causes |
 * | ERR_LIVENESS | the liveness check failed `failureThreshold` times in a row | look at the cause |
 * | ERR_WATCHDOG | no heartbeat within `watchdogMs` | find what blocks it |
 * | ERR_INTERNAL | a chart of the library failed inside; the run is over | report it, with the log |
 * | ERR_MAX_SERVICES | `addService` beyond `maxServices` | remove one first |
 * | ERR_LEASE_LOST | the lease of a clustered service is over | stop writing; the node joins again by itself |
 * | ERR_CLUSTER_UNREACHABLE | the engine of the cluster does not answer | look at the cause |
 * | ERR_CLUSTER_MISMATCH | a role of this name is another kind, or has another number of shards | give it a new name |
 * | ERR_CLUSTER_VERSION | the records of the cluster are of a version that this one cannot read | update this node |
 * | ERR_NO_NODE | no node qualifies for the role | look at the labels, the versions and the nodes that are draining |
 * | ERR_UNKNOWN_NODE | no node of the cluster has this name, or this service | correct the name |
 * | ERR_NODE_UNREACHABLE | another node does not answer; nothing was changed there | look at that node; ask again |
 * | ERR_OUTCOME_UNKNOWN | another node was asked for a change, and its answer has not come | look at what became of it, then ask again |
 * | ERR_NOT_ALLOWED | another node does not take this from others (`control`), or the engine not with these credentials | ask for it on that node, or as another user |
 */
export type SupervisorErrorCode =
  | "ERR_INVALID_SPEC"
  | "ERR_DUPLICATE_NAME"
  | "ERR_UNKNOWN_DEPENDENCY"
  | "ERR_DEPENDENCY_CYCLE"
  | "ERR_UNKNOWN_SERVICE"
  | "ERR_NOT_A_DEPENDENCY"
  | "ERR_ALREADY_RUNNING"
  | "ERR_NOT_RUNNING"
  | "ERR_START_FAILED"
  | "ERR_START_ABORTED"
  | "ERR_START_TIMEOUT"
  | "ERR_STOP_FAILED"
  | "ERR_UNSTOPPED"
  | "ERR_GAVE_UP"
  | "ERR_SERVICE_FAILED"
  | "ERR_INTENSITY"
  | "ERR_DEPENDENCY_FAILED"
  | "ERR_LIVENESS"
  | "ERR_WATCHDOG"
  | "ERR_INTERNAL"
  | "ERR_MAX_SERVICES"
  | "ERR_LEASE_LOST"
  | "ERR_CLUSTER_UNREACHABLE"
  | "ERR_CLUSTER_MISMATCH"
  | "ERR_CLUSTER_VERSION"
  | "ERR_NO_NODE"
  | "ERR_UNKNOWN_NODE"
  | "ERR_NODE_UNREACHABLE"
  | "ERR_OUTCOME_UNKNOWN"
  | "ERR_NOT_ALLOWED";

/** Every error that this library makes. Errors of your own code stay as they are, in `cause` or in `errors`. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode;
  /** Where in the tree: `"my-app/web/api"`. */
  declare readonly path?: string;
  /** The other errors: those of the roll-back, or one for each service that failed to stop. */
  declare readonly errors?: readonly Error[];

  constructor(
    code: SupervisorErrorCode,
    message: string,
    options: { path?: string; cause?: unknown; errors?: readonly Error[] } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    // Only fields with a value become own fields, because Node prints all own fields.
    if (options.path !== undefined) this.path = options.path;
    if (options.errors !== undefined) this.errors = options.errors;
  }
}

// On the prototype, so that an error prints and serialises without it as an own field.
Object.defineProperty(SupervisorError.prototype, "name", {
  value: "SupervisorError",
  configurable: true,
  writable: true,
});

/** Returns an `Error` unchanged, from any realm. Makes an error of any other value, with that value as `cause`. */
export function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  return new Error(`threw ${describe(thrown)}`, { cause: thrown });
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
  } catch {
    return false;
  }
}
