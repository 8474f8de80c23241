// error-summary.ts: an error as plain data, for a status, and wherever JSON is written.

import type { ErrorSummary } from "./status.ts";
import { textOf } from "./wording.ts";

/** An error as plain data. An error is the user's object, so reading it may throw; this does not. */
export function summariseError(error: Error): ErrorSummary {
  const [code, stack] = [textOf(error, "code"), textOf(error, "stack")];
  return {
    name: textOf(error, "name"),
    message: textOf(error),
    ...(code !== "" && { code }),
    ...(stack !== "" && { stack }),
  };
}
