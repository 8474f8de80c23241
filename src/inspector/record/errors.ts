// errors.ts: an error as data for the page: name, message, code, stack, causes and parts, within limits.

import { textOf } from "../../contract/wording.ts";
import type { ErrorInfo } from "../shared/protocol.ts";
import { shorten } from "./shorten.ts";

const longestMessage = 2_000;
const longestStack = 4_000;
const deepestCause = 3;
/** How many of the `errors` of an error are kept, and how many of the `errors` of each of those. */
const mostErrors = [8, 4];

export function toErrorInfo(error: unknown, depth = 0): ErrorInfo {
  const [code, stack] = [textOf(error, "code"), textOf(error, "stack")];
  const cause = depth < deepestCause ? causeOf(error) : undefined;
  const errors = errorsOf(error, mostErrors[depth] ?? 0);
  return {
    name: shorten(textOf(error, "name"), 200),
    message: shorten(textOf(error), longestMessage),
    ...(code !== "" && { code: shorten(code, 200) }),
    ...(stack !== "" && { stack: shorten(stack, longestStack) }),
    ...endOf(error),
    ...(cause !== undefined && { cause: toErrorInfo(cause, depth + 1) }),
    ...(errors.length > 0 && { errors: errors.map((one) => toErrorInfo(one, depth + 1)) }),
  };
}

/** How the process of a `ProcessError` ended. */
function endOf(error: unknown): Pick<ErrorInfo, "exitCode" | "signal"> {
  if (textOf(error, "code") !== "ERR_PROCESS_EXIT") return {};
  const { exitCode, signal } = error as { exitCode?: unknown; signal?: unknown };
  return {
    ...(typeof exitCode === "number" && { exitCode }),
    ...(typeof signal === "string" && { signal }),
  };
}

/** Never throws: reading an object of the user's may. */
function causeOf(error: unknown): unknown {
  try {
    const cause = (error as Partial<Error> | null | undefined)?.cause;
    return cause !== null && typeof cause === "object" && "message" in cause ? cause : undefined;
  } catch {
    return undefined;
  }
}

function errorsOf(error: unknown, most: number): readonly unknown[] {
  try {
    const errors = (error as { errors?: unknown } | null | undefined)?.errors;
    return Array.isArray(errors) ? Array.from({ length: Math.min(errors.length, most) }, (_, i) => errors[i]) : [];
  } catch {
    return [];
  }
}

export function isSameError(a: ErrorInfo, b: ErrorInfo): boolean {
  return a.stack === b.stack && a.message === b.message && a.name === b.name && a.code === b.code;
}
