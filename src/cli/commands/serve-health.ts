// serve-health.ts: serves the health endpoints for `up --health-port`.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHealthHandler } from "../../http/index.ts";
import type { Supervisor } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";

/** @throws CliError 2 when it cannot listen on the port */
export async function serveHealth(
  supervisor: Supervisor,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(createHealthHandler(supervisor));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new CliError(exitCodes.usage, `--health-port ${port}: ${error.message}`, { cause: error })),
    );
    server.listen(port, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
