// createHealthHandler: one handler for node:http and what builds on it, and for servers that speak fetch.

import type { IncomingMessage, ServerResponse } from "node:http";
import { invalid } from "../contract/check.ts";
import { toError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { Supervisor } from "../index.ts";
import { type Answer, text } from "./answer.ts";
import { answerHealth } from "./health-json.ts";
import { createMetrics } from "./metrics.ts";
import { answerLive, answerReady, answerReadyOf, answerStarted } from "./probes.ts";

export interface HealthHandler {
  /** For node:http. As middleware (Express, Connect) it passes what is not its own on to `next`; else that is 404. */
  (request: IncomingMessage, response: ServerResponse, next?: () => void): void;
  /** For servers that speak fetch; 404 for what is not its own. */
  fetch(request: Request): Response;
}

/**
 * Answers GET and HEAD, from what is known now: it runs no check, waits for nothing, and never throws.
 *
 * - `/livez`: 200 unless the supervisor has failed. `/readyz`: 200 when it is started, not stopping, and not unhealthy.
 *   `/startupz`: 200 once `start()` has resolved. Otherwise 503. Text; `?verbose` adds a line per service.
 * - `/readyz/<path>`: one service, the root's name left out or not; 404 for an unknown one.
 * - `/health`: application/health+json: pass (200), warn (200), fail (503), and a check per service.
 * - `/metrics`: Prometheus text, by the optional peer prom-client; 501 without it.
 *
 * Create it before the tree starts: what happened before, `/startupz` and the durations of starts cannot know.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for what is no supervisor.
 */
export function createHealthHandler(supervisor: Supervisor): HealthHandler {
  if (typeof supervisor?.status !== "function") {
    throw invalid("createHealthHandler", "supervisor", "what createSupervisor returned", supervisor);
  }
  const metrics = createMetrics(supervisor);
  let hasStarted = supervisor.status().startedAt !== null;
  supervisor.on("status", ({ path, to }) => {
    if (path === supervisor.name && to === "running") hasStarted = true;
  });

  function route(path: string, query: URLSearchParams): Answer | undefined {
    const verbose = query.has("verbose");
    switch (path) {
      case "/livez":
        return answerLive(supervisor, verbose);
      case "/readyz":
        return answerReady(supervisor, verbose);
      case "/startupz":
        return answerStarted(supervisor, hasStarted, verbose);
      case "/health":
        return answerHealth(supervisor);
      case "/metrics":
        return metrics();
      default:
        return path.startsWith("/readyz/") ? answerReadyOf(supervisor, decode(path.slice(8))) : undefined;
    }
  }

  /** Undefined: not one of its paths. */
  function answer(method: string | undefined, url: string): Answer | undefined {
    try {
      const { pathname, searchParams } = split(url);
      const found = route(pathname.length > 1 ? pathname.replace(/\/$/, "") : pathname, searchParams);
      if (found && method !== "GET" && method !== "HEAD")
        return text(405, `${method} is not allowed here; GET and HEAD are`);
      return found;
    } catch (error) {
      return text(500, textOf(toError(error)));
    }
  }

  const handler = (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    const found = answer(request.method, request.url ?? "/");
    if (found === undefined && next) return next();
    void send(request, response, found ?? notFound);
  };
  return Object.assign(handler, {
    fetch: (request: Request): Response => toResponse(request.method, answer(request.method, request.url) ?? notFound),
  });
}

/** Not by URL: it would take "." and "..", which services may be called, for steps through folders. */
function split(url: string): { pathname: string; searchParams: URLSearchParams } {
  const [, pathname, query] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/.exec(url)!;
  return { pathname: pathname || "/", searchParams: new URLSearchParams(query) };
}

/** What is no encoding stands for itself: no service is called so. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const notFound = text(404, "there are /livez, /readyz, /readyz/<path>, /startupz, /health and /metrics");

function headersOf({ status, type, body }: Answer): Record<string, string> {
  return {
    "content-type": type,
    "cache-control": "no-store",
    ...(typeof body === "string" && { "content-length": String(Buffer.byteLength(body)) }),
    ...(status === 405 && { allow: "GET, HEAD" }),
  };
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  try {
    const body = await answer.body;
    response.writeHead(answer.status, headersOf({ ...answer, body }));
    response.end(request.method === "HEAD" ? undefined : body);
  } catch (error) {
    // Somebody has answered already, or the text could not be made: there is nobody to tell but this client.
    if (!response.headersSent) response.writeHead(500);
    response.end(textOf(toError(error)));
  }
}

function toResponse(method: string, answer: Answer): Response {
  const { status, body } = answer;
  const headers = headersOf(answer);
  if (method === "HEAD") return new Response(null, { status, headers });
  return new Response(typeof body === "string" ? body : toStream(body), { status, headers });
}

/** A response can be given out before its text is there. */
function toStream(body: Promise<string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(await body));
      controller.close();
    },
  });
}
