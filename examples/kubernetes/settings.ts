// The numbers that the program and deployment.yaml have to agree on; a test holds them together.

const { PORT, HEALTH_PORT, DRAIN_MS } = process.env;

/** Where the API listens, and where the probes and Prometheus ask. */
export const ports = { http: Number(PORT ?? 8080), health: Number(HEALTH_PORT ?? 8081) };

/**
 * How long the program goes on serving after SIGTERM, while /readyz answers 503: the readiness probe (1 s × 2) has to fail,
 * and the endpoints have to reach every proxy of the cluster.
 */
export const drainMs = Number(DRAIN_MS ?? 5_000);

/** How long requests in flight, and then the database, are given. With drainMs below terminationGracePeriodSeconds. */
export const stopTimeoutMs = { api: 10_000, database: 5_000 };
