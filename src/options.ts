// options.ts: the options of createSupervisor, checked and with their defaults.

import { check, checkKeys, invalid } from "./contract/check.ts";
import { systemClock } from "./engine/system-clock.ts";
import type { Inspect, SupervisorOptions } from "./handle.ts";
import { silent } from "./tree/tree.ts";

export function completeOptions(options: SupervisorOptions) {
  check.object("createSupervisor", "options", options);
  checkKeys("createSupervisor", options, ["clock", "random", "logger", "inspect"]);
  const { clock, random, logger, inspect } = options;
  for (const verb of ["now", "setTimeout", "clearTimeout"] as const) {
    if (clock !== undefined && typeof clock?.[verb] !== "function")
      throw invalid("createSupervisor", `clock.${verb}`, "a function", clock?.[verb]);
  }
  for (const level of ["debug", "info", "warn", "error", "child"] as const) {
    if (logger !== undefined && typeof logger?.[level] !== "function")
      throw invalid("createSupervisor", `logger.${level}`, "a function", logger?.[level]);
  }
  if (random !== undefined && typeof random !== "function")
    throw invalid("createSupervisor", "random", "a function", random);
  if (inspect !== undefined && typeof toFunction(inspect) !== "function")
    throw invalid("createSupervisor", "inspect", "a function, or an observer with `next`", inspect);
  return {
    clock: clock ?? systemClock,
    random: random ?? Math.random,
    logger: logger ?? silent,
    inspect: toFunction(inspect),
  };
}

/** One function for both forms of `inspect`. */
function toFunction(inspect: SupervisorOptions["inspect"]): Inspect | undefined {
  if (typeof inspect !== "object" || inspect === null) return inspect;
  return typeof inspect.next === "function" ? (event) => inspect.next!(event) : undefined;
}
