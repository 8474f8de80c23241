// statevisor/http: health endpoints and metrics. Every public name of it, once.

export { createHealthHandler, type HealthHandler } from "./handler.ts";
