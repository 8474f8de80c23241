// httpProbe: a check that asks an HTTP server, says what was asked and what came of it, and ends when its signal aborts.

import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { check, checkKeys, invalid } from "../contract/check.ts";
import type { HealthCheck, ProbeContext } from "../contract/spec.ts";
import { noteOrigin } from "./made-from.ts";
import { type FromService, failure } from "./probes.ts";
import { redactUrls } from "./redact-url.ts";

export interface HttpProbeOptions<Value = unknown> {
  /** @default "GET" */
  method?: string | undefined;
  /** `host` among them is also the name that the certificate of the server must bear. */
  headers?: Record<string, string> | undefined;
  /**
   * The status that means healthy, or several of them. 101 is that of a server that upgrades the connection.
   *
   * @default 200 to 399
   */
  expectStatus?: number | readonly number[] | undefined;
  /** The unix socket to connect to, instead of the host and port of the URL. */
  socketPath?: FromService<string | undefined, Value> | undefined;
  /**
   * The certificates that may have signed that of the server.
   *
   * @default those that Node trusts
   */
  ca?: SecureContextOptions["ca"];
  /**
   * false: whatever its certificate, the server is asked.
   *
   * @default true
   */
  rejectUnauthorized?: boolean | undefined;
}

/** How much of an answer an error shows. */
const shownLength = 200;

/**
 * Healthy when an HTTP(S) request is answered with the expected status. Each check is a connection of its own, follows no
 * redirect, and waits until the answer is whole; `timeoutMs` of the probe bounds it. A proxy in the environment is not
 * used. User and password in the URL are sent as Basic authentication; errors show neither them nor the query.
 *
 * ```ts
 * defineHttpServer({ name: "api", listener, health: httpProbe(({ value }) => `${value.url}/healthz`) });
 * ```
 */
export function httpProbe<Value = unknown>(
  url: FromService<string | URL, Value>,
  options: HttpProbeOptions<Value> = {},
): HealthCheck<Value> {
  check.object("httpProbe", "options", options);
  checkKeys("httpProbe", options, ["method", "headers", "expectStatus", "socketPath", "ca", "rejectUnauthorized"]);
  const { method = "GET", headers = {}, expectStatus, socketPath, ca, rejectUnauthorized } = options;
  const expected = expectStatus === undefined ? null : [expectStatus].flat();
  // The statuses from 100 on announce an answer; only 101 is one.
  const isFinal = (status: unknown) => Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;
  if (expected?.some((status) => !isFinal(status) && status !== 101)) {
    throw invalid("httpProbe", "expectStatus", "101, a status from 200 to 599, or an array of them", expectStatus);
  }
  const isCa = (part: unknown) => typeof part === "string" || part instanceof Uint8Array;
  if (ca !== undefined && ![ca].flat().every(isCa)) {
    throw invalid("httpProbe", "ca", "a certificate (a string or a Buffer), or an array of them", ca);
  }
  check.boolean("httpProbe", "rejectUnauthorized", rejectUnauthorized, true);
  if (typeof url !== "function") toUrl(url);
  if (typeof socketPath !== "function") toSocketPath(socketPath);

  const healthCheck: HealthCheck<Value> = async (ctx: ProbeContext<Value>) => {
    const target = toUrl(typeof url === "function" ? url(ctx) : url);
    const socket = toSocketPath(typeof socketPath === "function" ? socketPath(ctx) : socketPath);
    const what = `${method} ${redactUrls(target.href)}${socket === undefined ? "" : ` at ${socket}`}`;
    const secure = { ...(ca && { ca }), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) };
    const question = {
      method,
      headers,
      signal: ctx.signal,
      agent: false,
      ...(socket && { socketPath: socket }),
      ...secure,
    };
    const { status, body } = await ask(target, question).catch((error) => {
      throw failure(what, error);
    });
    const isExpected = expected === null ? status >= 200 && status < 400 : expected.includes(status);
    if (isExpected) return;
    const wanted = expected === null ? "200 to 399" : expected.join(" or ");
    const said = body.trim() === "" ? "" : `: ${JSON.stringify(body.trim().slice(0, shownLength))}`;
    throw new Error(`${what}: expected status ${wanted}; got ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + said);
  };
  return noteOrigin(healthCheck, "httpProbe", url, options);
}

function toUrl(given: unknown): URL {
  const url = given instanceof URL ? given : URL.canParse(String(given)) ? new URL(String(given)) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  const shown = typeof given === "string" || given instanceof URL ? hideSecrets(String(given)) : given;
  throw invalid("httpProbe", "url", 'an absolute URL, "http://…" or "https://…"', shown);
}

/** A text that is not a URL may hold secrets all the same: everything before its last "@" and after its "?" goes. */
function hideSecrets(text: string): string {
  return redactUrls(text).replace(/^.*@/, "…@").replace(/\?.*$/s, "?…");
}

function toSocketPath(given: unknown): string | undefined {
  if (given === undefined || (typeof given === "string" && given !== "")) return given;
  throw invalid("httpProbe", "socketPath", "the path of a unix socket", given);
}

type Question = Parameters<typeof httpsRequest>[1] & object;

function ask(url: URL, question: Question): Promise<{ status: number; body: string }> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, question);
    let isAnswered = false;
    const onSwitch = ({ statusCode }: IncomingMessage, socket: Socket) => {
      socket.destroy();
      resolve({ status: statusCode!, body: "" });
    };
    sent.on("response", (response) => {
      isAnswered = true;
      readStart(response).then((body) => resolve({ status: response.statusCode!, body }), reject);
    });
    // What has switched to another protocol never comes as a response.
    sent.on("upgrade", onSwitch).on("connect", onSwitch);
    sent.on("error", reject);
    sent.on("close", () => {
      if (!isAnswered) reject(new Error("the connection was closed without an answer"));
    });
    sent.end();
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
