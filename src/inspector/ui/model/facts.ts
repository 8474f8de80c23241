// facts.ts: which facts are failures.

import type { Entry } from "../../shared/protocol.ts";

/** A crash, a supervisor that gave up, a stop that took too long, a stray error. */
export function isFailure(entry: Entry): boolean {
  switch (entry.kind) {
    case "status":
      return entry.exit === "failed" && entry.cause !== "supervisor";
    case "escalation":
    case "unstopped":
    case "stray-error":
      return true;
    default:
      return false;
  }
}
