// Support of the backoff tests: a service that fails so many times, and the delays that were waited.

import type { RestartOptions, ServiceSpec } from "../../src/index.ts";
import type { Scenario } from "./scenario.ts";

export const boom = new Error("boom");

/** The delays of the backoffs of "a", in order. */
export function delaysOf({ record }: Scenario): (number | undefined)[] {
  return record.updates.flatMap((update) =>
    update.type === "status" && update.to === "backoff" && update.path === "app/a" ? [update.delayMs] : [],
  );
}

/** A service whose run fails at once, `times` times in a row, and then stays up. */
export function failing(times: number, restart: Partial<RestartOptions>): ServiceSpec {
  return {
    name: "a",
    restart,
    critical: false,
    run: ({ incarnation, signal }) =>
      incarnation <= times ? Promise.reject(boom) : new Promise((resolve) => signal.addEventListener("abort", resolve)),
  };
}
