// The public states and phases of a service, as its chart has them.

export type { Phase, ServiceState } from "../../machines/states.ts";
export { serviceStates } from "../../machines/states.ts";
