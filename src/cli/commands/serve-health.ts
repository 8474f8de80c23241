// serve-health.ts: serves the health endpoints for `up --health-port`.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHealthHandler } from "../../http/index.ts";
import type { Supervisor } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";

/** How many connections there may be at once: each is a file descriptor that a service may need. */
const maxConnections = 100;
/** How long a connection may stay silent, in milliseconds. */
const idleMs = 5_000;

/**
 * `isClustered`: the tree has the cluster of a config of data.
 *
 * @throws CliError 2 when it cannot listen on the port
 */
export async function serveHealth(
  supervisor: Supervisor,
  port: number,
  host: string,
  isClustered: boolean,
): Promise<{ url: string; close(): Promise<void> }> {
  const limits = { headersTimeout: idleMs, requestTimeout: idleMs, keepAliveTimeout: idleMs };
  const server = createServer(
    { ...limits, connectionsCheckingInterval: 1_000 },
    createHealthHandler(supervisor, isClustered ? { cluster: "cluster" } : {}),
  );
  server.maxConnections = maxConnections;
  server.setTimeout(2 * idleMs);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new CliError(exitCodes.usage, `--health-port ${port}: ${error.message}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound}/health`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
