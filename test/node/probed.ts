// Servers to be probed, and what a probe says of them.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { onTestFinished } from "vitest";
import type { HealthCheck, ProbeContext } from "../../src/index.ts";

/** Has a server listen until the end of the test; resolves to its port. */
export async function listen(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port where nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first of `count` ports in a row where nothing listens. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = Array.from({ length: count - 1 }, (_, at) => createServer().listen(first + at + 1, "127.0.0.1"));
    const taken = await Promise.all(
      rest.map((server) =>
        once(server, "listening").then(
          () => false,
          () => true,
        ),
      ),
    );
    await Promise.all(rest.map((server) => server.listening && new Promise((resolve) => server.close(resolve))));
    if (!taken.includes(true)) return first;
  }
}

/** null: healthy; else what the error says. */
export async function verdict(check: HealthCheck, context: Partial<ProbeContext> = {}): Promise<string | null> {
  try {
    await check({ value: undefined, path: "app/web", signal: new AbortController().signal, ...context });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
