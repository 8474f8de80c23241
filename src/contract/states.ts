// states.ts: the public states and phases of a service, re-exported from its chart.

export type { ByPhase, Phase, ServiceState } from "../../machines/states.ts";
export { inPhase, serviceStates, standingOf } from "../../machines/states.ts";
