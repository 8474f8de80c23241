// denied.ts: an operation that the engine refuses to the credentials it was opened with. Nothing was done, for certain.

import { SupervisorError } from "../contract/errors.ts";

export function toDenied(store: string, cause: Error): SupervisorError {
  const message = `${store} does not allow this to the given credentials: ${cause.message}`;
  return new SupervisorError("ERR_NOT_ALLOWED", message, { cause });
}

export function isDenied(error: unknown): error is SupervisorError {
  return error instanceof SupervisorError && error.code === "ERR_NOT_ALLOWED";
}
