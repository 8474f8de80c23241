// statevisor/http: health endpoints and metrics. Every public name of it, once.

export { createHealthHandler, type HealthHandler, type HealthHandlerOptions } from "./handler.ts";
export type { MetricsOptions, MetricsRegistry } from "./metrics.ts";
