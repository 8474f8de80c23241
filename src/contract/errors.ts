// The errors of the library: one class, one table of codes, and what a user's own throws become.

/**
 * What can go wrong, by code.
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
 * | ERR_START_ABORTED | a start was overtaken by a stop or its signal | nothing: somebody asked for it |
 * | ERR_START_TIMEOUT | not ready within `startTimeoutMs` | raise the limit, or find what it waits for |
 * | ERR_STOP_FAILED | services failed to stop, or not in time; `errors` has one per service | look at each |
 * | ERR_UNSTOPPED | a service still runs after its stop deadline | make it honour `ctx.signal` |
 * | ERR_GAVE_UP | a service used up its retries; `cause` is its last error | look at the cause |
 * | ERR_SERVICE_FAILED | a supervisor failed because this service did | look at the cause |
 * | ERR_INTENSITY | a supervisor restarted too often in too short a time | look at the cause |
 * | ERR_DEPENDENCY_FAILED | a required dependency will not come up | look at the chain of causes |
 * | ERR_LIVENESS | the liveness check failed `failureThreshold` times in a row | look at the cause |
 * | ERR_WATCHDOG | no heartbeat within `watchdogMs` | find what blocks it |
 * | ERR_MAX_SERVICES | `addService` beyond `maxServices` | remove one first |
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
  | "ERR_MAX_SERVICES";

/** Every error that this library makes. Errors of your own code are kept as they are, as `cause` or in `errors`. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode;
  /** Where in the tree: `"my-app/web/api"`. */
  declare readonly path?: string;
  /** What else went wrong: the roll-back's errors, or one error per service that failed to stop. */
  declare readonly errors?: readonly Error[];

  constructor(
    code: SupervisorErrorCode,
    message: string,
    options: { path?: string; cause?: unknown; errors?: readonly Error[] } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    // Own fields only where they say something: that is what is printed.
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

/** An `Error` as it is, whatever realm it comes from; anything else thrown becomes one, with the original as `cause`. */
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

/** A member of an error as text. An error is somebody else's object: reading it may throw, and must not. */
export function textOf(
  error: Error | null | undefined,
  member: "message" | "name" | "stack" | "code" = "message",
): string {
  try {
    const value = (error as Partial<Record<string, unknown>> | null | undefined)?.[member];
    return value === undefined ? "" : String(value);
  } catch {
    return `unreadable ${member}`;
  }
}

/** A value and its type in a few words, for messages. Never throws. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `${JSON.stringify(shorten(value))} (string)`;
  if (typeof value === "symbol") return `${String(value)} (symbol)`;
  if (typeof value !== "object" && typeof value !== "function") return `${String(value)} (${typeof value})`;
  try {
    if (typeof value === "function") return `a function${value.name ? ` "${value.name}"` : ""}`;
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name = value.constructor?.name;
    return name && name !== "Object"
      ? `a ${name}`
      : `an object with ${shorten(Object.keys(value).join(", ") || "no keys")}`;
  } catch {
    return typeof value === "function" ? "a function" : "an object";
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The candidate nearest to a name that fits nothing, as a question; empty when none is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  let best = "";
  let bestDistance = Math.max(2, Math.floor(given.length / 2)) + 1;
  for (const candidate of candidates) {
    const [short, long] = [given.toLowerCase(), candidate.toLowerCase()];
    const isBeginning = short.length >= 3 && long.startsWith(short);
    const distance = isBeginning ? 1 : editDistance(short, long, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === "" ? "" : `; did you mean "${best}"?`;
}

/** Levenshtein distance, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replace, row[j]! + 1, next[j - 1]! + 1);
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
