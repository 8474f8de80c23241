// The public states and phases of a service, as its chart has them, and tables by state and phase.

export type { ByPhase, Phase, ServiceState } from "../../machines/states.ts";
export { inPhase, serviceStates, standingOf } from "../../machines/states.ts";
