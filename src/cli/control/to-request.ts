// to-request.ts: checks what a client has sent: any program of the user may connect, and send anything.

import { didYouMean } from "../../contract/wording.ts";
import type { Request } from "./protocol.ts";
import { verbs } from "./verbs.ts";

/** A request, or why the value is not one. */
export function toRequest(value: unknown): Request | string {
  if (typeof value !== "object" || value === null) return "the request must be an object";
  const { verb, services, follow, lines, ...flags } = value as Partial<Record<string, unknown>>;
  if (typeof verb !== "string") return "`verb` must be a string";
  if (!Object.hasOwn(verbs, verb)) return `there is no verb "${verb}"${didYouMean(verb, Object.keys(verbs))}`;
  const areNames =
    services === undefined || (Array.isArray(services) && services.every((one) => typeof one === "string"));
  if (!areNames) return "`services` must be an array of strings";
  for (const [flag, given] of Object.entries({ follow, dryRun: flags.dryRun, rolling: flags.rolling })) {
    if (given !== undefined && typeof given !== "boolean") return `\`${flag}\` must be true or false`;
  }
  if (lines !== undefined && !(Number.isInteger(lines) && (lines as number) >= 0)) {
    return "`lines` must be a non-negative integer";
  }
  for (const [name, given] of Object.entries({ since: flags.since, timeoutMs: flags.timeoutMs })) {
    if (given !== undefined && !(Number.isFinite(given) && (given as number) >= 0)) {
      return `\`${name}\` must be a non-negative number`;
    }
  }
  return value as Request;
}
