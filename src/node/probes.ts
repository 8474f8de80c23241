// tcpProbe: a check that connects to a port; and what the probes of this folder share.

import { connect } from "node:net";
import { invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import { isInRange, ranges } from "../contract/ranges.ts";
import type { HealthCheck, ProbeContext } from "../contract/spec.ts";
import { noteOrigin } from "./made-from.ts";

/** A value, or a function that takes it from the value of the service: `({ value }) => value.url`. */
export type FromService<T, Value = unknown> = T | { bivariant(ctx: ProbeContext<Value>): T }["bivariant"];

/**
 * Healthy when a TCP connection can be made. It is closed at once, and nothing is sent.
 *
 * @param host default "127.0.0.1"
 */
export function tcpProbe<Value = unknown>(port: FromService<number, Value>, host = "127.0.0.1"): HealthCheck<Value> {
  if (typeof port !== "function") checkPort(port);
  if (typeof host !== "string" || host === "") throw invalid("tcpProbe", "host", "a name or an address", host);
  const healthCheck: HealthCheck<Value> = async (ctx) => {
    const target = checkPort(typeof port === "function" ? port(ctx) : port);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ port: target, host, signal: ctx.signal });
      socket.once("connect", () => {
        socket.destroy();
        resolve();
      });
      socket.once("error", (error) => reject(failure(`connect to ${host}:${target}`, error)));
    });
  };
  return noteOrigin(healthCheck, "tcpProbe", port, host);
}

function checkPort(port: unknown): number {
  if (isInRange(ranges.port, port)) return port;
  throw invalid("tcpProbe", "port", ranges.port.words, port);
}

/** The error of a probe: what it tried, and why that failed. */
export function failure(what: string, reason: unknown): Error {
  if (reason instanceof SupervisorError) return reason;
  const { code, message, errors } = reason as NodeJS.ErrnoException & { errors?: readonly Error[] };
  // A name may have several addresses: each has failed for a reason of its own, and the error itself says nothing.
  const why = message || errors?.map((error) => error.message).join("; ") || code || String(reason);
  return new Error(`${what}: ${why}`, { cause: reason });
}
