// A quickened definition: the options that concern the supervisor are replaced by fast ones.

import type { ProbeSpec, ServiceSpec } from "../index.ts";
import { retriesInPaths } from "./lifecycle-paths.ts";

const backoffMs = 10;
const intervalMs = 20;

/** One retry after 10 ms, checks every 20 ms that count at once, and not critical. `decide` is not asked. */
export function quicken(spec: ServiceSpec): ServiceSpec {
  const { restart, health, readiness, liveness, ...rest } = spec;
  const policy = typeof restart === "string" ? restart : restart?.policy;
  const maxRetries = Math.min((typeof restart === "object" ? restart.maxRetries : undefined) ?? 1, retriesInPaths);
  return {
    ...rest,
    restart: { ...(policy && { policy }), maxRetries, initialBackoffMs: backoffMs, jitter: false },
    ...(health && { health: quickenProbe(health) }),
    ...(readiness && { readiness: quickenProbe(readiness) }),
    ...(liveness && { liveness: quickenProbe(liveness) }),
    startDelayMs: 0,
    critical: false,
    significant: false,
  };
}

function quickenProbe(probe: NonNullable<ServiceSpec["health"]>): ProbeSpec {
  const spec = typeof probe === "function" ? { check: probe } : probe;
  const interval = Math.min(spec.intervalMs ?? intervalMs, intervalMs);
  return { ...spec, intervalMs: interval, initialDelayMs: 0, failureThreshold: 1, successThreshold: 1 };
}
