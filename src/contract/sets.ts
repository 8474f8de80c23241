// sets.ts: every closed set of the contract (policies, strategies, states, …) as a list, for schemas and messages. Each
// is defined beside its type.

export { exitKinds, failureCauses } from "../../machines/events.ts";
export { conditions, onFailures } from "../../machines/policies/gate.ts";
export { decisions, restartPolicies } from "../../machines/policies/restart.ts";
export { autoShutdowns } from "../../machines/policies/shutdown.ts";
export { strategies } from "../../machines/policies/strategy.ts";
export { servicePhases, serviceStates } from "../../machines/states.ts";
export { updateTypes } from "./updates.ts";

/** When `run` and `actor` count as ready. */
export const readyOns = ["start", "signal"] as const;

/** Whom the stop signal of a process is sent to first: its whole group, or its leader alone. */
export const stopModes = ["group", "leader"] as const;

/** What a process reads from stdin: nothing, a pipe that stays open and empty, what this process reads, a terminal. */
export const stdins = ["none", "pipe", "inherit", "tty"] as const;
