// check.ts: validates the options that a user wrote, one check for each kind of value. Each returns the value or its
// default, or throws an error that says where the value stands, what was expected and given, and the nearest name.

import { SupervisorError } from "./errors.ts";
import { isInRange, type NumberRange, ranges } from "./ranges.ts";
import { describe, didYouMean } from "./wording.ts";

export function invalid(path: string, option: string, expected: string, given: unknown): SupervisorError {
  const message = `${path}: ${option} must be ${expected}; got ${describe(given)}`;
  return new SupervisorError("ERR_INVALID_SPEC", message, { path });
}

/** Refuses options that do not exist. `inside` is the option that contains them. */
export function checkKeys(path: string, given: object, known: readonly string[], inside?: string): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const where = inside === undefined ? "" : ` of ${inside}`;
    const hint = didYouMean(key, known) || `; known are ${known.join(", ")}`;
    throw new SupervisorError("ERR_INVALID_SPEC", `${path}: unknown option "${key}"${where}${hint}`, { path });
  }
}

export const namePattern = /^[A-Za-z0-9_.-]{1,128}$/;

/** The names that users and groups may have. */
export const accountName = /^[a-z_][A-Za-z0-9_.@-]*\$?$/;

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isName(value: unknown): value is string {
  return typeof value === "string" && namePattern.test(value);
}

export const check = {
  /** The options of a verb of the handle. */
  options(path: string, verb: string, options: unknown, known: readonly string[]): void {
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      throw invalid(path, `${verb}: options`, "an object", options);
    }
    checkKeys(path, options, known, verb);
    const { signal } = options as { signal?: Partial<AbortSignal> | null };
    if (signal === undefined) return;
    if (
      typeof signal !== "object" ||
      signal === null ||
      typeof signal.addEventListener !== "function" ||
      typeof signal.aborted !== "boolean"
    ) {
      throw invalid(path, `${verb}: signal`, "an AbortSignal", signal);
    }
  },

  object(path: string, option: string, value: unknown): void {
    if (!isObject(value)) throw invalid(path, option, "an object", value);
  },

  name(path: string, value: unknown, option = "name"): string {
    if (isName(value)) return value;
    throw invalid(path, option, `1 to 128 characters of A-Z a-z 0-9 _ . - ("/" joins names to paths)`, value);
  },

  function(path: string, option: string, value: unknown): void {
    if (value !== undefined && typeof value !== "function") throw invalid(path, option, "a function", value);
  },

  boolean(path: string, option: string, value: unknown, otherwise: boolean): boolean {
    if (value === undefined) return otherwise;
    if (typeof value === "boolean") return value;
    throw invalid(path, option, "true or false", value);
  },

  oneOf<const Value extends string>(
    path: string,
    option: string,
    value: unknown,
    allowed: readonly Value[],
    otherwise: Value,
  ): Value {
    if (value === undefined) return otherwise;
    if (allowed.includes(value as Value)) return value as Value;
    const hint = typeof value === "string" ? didYouMean(value, allowed) : "";
    const list = allowed.map((one) => `"${one}"`).join(", ");
    const message = `${path}: ${option} must be one of ${list}; got ${describe(value)}${hint}`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path });
  },

  duration: numberIn(ranges.duration),
  patience: numberIn(ranges.patience),
  positive: numberIn(ranges.positive),
  count: numberIn(ranges.count),
  threshold: numberIn(ranges.threshold),
  multiplier: numberIn(ranges.multiplier),
};

function numberIn(range: NumberRange) {
  return (path: string, option: string, value: unknown, otherwise: number): number => {
    if (value === undefined) return otherwise;
    if (isInRange(range, value)) return value;
    throw invalid(path, option, range.words, value);
  };
}
