// Probes of what speaks HTTP or TCP, and of what a command can tell. Each says what was tried and what came of it, and
// ends when its signal aborts.

import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { check, checkKeys, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { HealthCheck, ProbeContext } from "../contract/spec.ts";

/** Known at once, or only from what the service's start gave: `({ value }) => value.url`. */
export type FromService<T, Value = unknown> = T | { bivariant(ctx: ProbeContext<Value>): T }["bivariant"];

export interface HttpProbeOptions {
  /** @default "GET" */
  method?: string;
  headers?: Record<string, string>;
  /**
   * The status that means healthy, or several of them.
   *
   * @default 200 to 399
   */
  expectStatus?: number | readonly number[];
}

/** How much of an answer an error shows. */
const shownLength = 200;

/**
 * Healthy when an HTTP(S) request is answered with the expected status. Each check is a connection of its own, follows no
 * redirect, and waits until the answer is whole; `timeoutMs` of the probe bounds it. A proxy in the environment is not used.
 *
 * ```ts
 * defineHttpServer({ name: "api", listener, health: httpProbe(({ value }) => `${value.url}/healthz`) });
 * ```
 */
export function httpProbe<Value = unknown>(
  url: FromService<string | URL, Value>,
  options: HttpProbeOptions = {},
): HealthCheck<Value> {
  check.object("httpProbe", "options", options);
  checkKeys("httpProbe", options, ["method", "headers", "expectStatus"]);
  const { method = "GET", headers, expectStatus } = options;
  const expected = expectStatus === undefined ? null : [expectStatus].flat();
  if (expected?.some((status) => !Number.isInteger(status) || status < 100 || status > 599)) {
    throw invalid("httpProbe", "expectStatus", "a status from 100 to 599, or an array of them", expectStatus);
  }
  if (typeof url !== "function") toUrl(url);
  return async (ctx) => {
    const target = toUrl(typeof url === "function" ? url(ctx) : url);
    const what = `${method} ${target.href}`;
    const { status, body } = await ask(target, { method, headers, signal: ctx.signal }).catch((error) => {
      throw failure(what, error);
    });
    const isExpected = expected === null ? status >= 200 && status < 400 : expected.includes(status);
    if (isExpected) return;
    const wanted = expected === null ? "200 to 399" : expected.join(" or ");
    const said = body.trim() === "" ? "" : `: ${JSON.stringify(body.trim().slice(0, shownLength))}`;
    throw new Error(`${what}: expected status ${wanted}; got ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + said);
  };
}

function toUrl(given: unknown): URL {
  const url = given instanceof URL ? given : URL.canParse(String(given)) ? new URL(String(given)) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalid("httpProbe", "url", 'an absolute URL, "http://…" or "https://…"', given);
}

interface Question {
  readonly method: string;
  readonly headers: Record<string, string> | undefined;
  readonly signal: AbortSignal;
}

function ask(url: URL, { method, headers, signal }: Question): Promise<{ status: number; body: string }> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, signal, agent: false, ...(headers && { headers }) }, (response) => {
      readStart(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
    });
    sent.on("error", reject).end();
  });
}

/** The beginning of an answer, once all of it has come. */
async function readStart(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    if (text.length < shownLength) text += chunk;
  }
  return text;
}

/**
 * Healthy when a TCP connection can be made. It is closed at once, and nothing is sent.
 *
 * @param host default "127.0.0.1"
 */
export function tcpProbe<Value = unknown>(port: FromService<number, Value>, host = "127.0.0.1"): HealthCheck<Value> {
  if (typeof port !== "function") checkPort(port);
  if (typeof host !== "string" || host === "") throw invalid("tcpProbe", "host", "a name or an address", host);
  return async (ctx) => {
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
}

function checkPort(port: unknown): number {
  if (Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535) return port as number;
  throw invalid("tcpProbe", "port", "an integer from 1 to 65535", port);
}

/** One error for what was tried, with the reason in it. */
function failure(what: string, reason: unknown): Error {
  if (reason instanceof SupervisorError) return reason;
  const { code, message, errors } = reason as NodeJS.ErrnoException & { errors?: readonly Error[] };
  // Where a name has several addresses, each failed for a reason of its own, and the error itself says nothing.
  const why = message || errors?.map((error) => error.message).join("; ") || code || String(reason);
  return new Error(`${what}: ${why}`, { cause: reason });
}
