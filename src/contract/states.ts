// The public states of a service: the top level of the service chart.

/** The public states: the top level of the service chart. */
export type ServiceState = "stopped" | "starting" | "running" | "stopping" | "backoff" | "failed";
