// createHealthHandler: the health endpoints and metrics of a tree, for node:http, what builds on it, and Fetch servers.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cluster } from "../cluster/index.ts";
import { invalid } from "../contract/check.ts";
import { toError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";
import type { ServiceSpec, Supervisor } from "../index.ts";
import { type Answer, text } from "./answer.ts";
import { answerCluster } from "./cluster.ts";
import { describeCluster } from "./cluster-metrics.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import { answerHealth } from "./health-json.ts";
import { checkMetricsOptions, createMetrics, type MetricsOptions } from "./metrics.ts";
import { answerLive, answerReady, answerReadyOf, answerStarted } from "./probes.ts";

export interface HealthHandler {
  /** For node:http. Middleware (Express, Connect): a path of another is passed on to `next`; without `next` it is 404. */
  (request: IncomingMessage, response: ServerResponse, next?: () => void): void;
  /** For Fetch servers; 404 for the path of another. */
  fetch(request: Request): Response;
}

/** Bounds and completes what `/metrics` answers. */
export interface HealthHandlerOptions extends MetricsOptions {
  /** The cluster of this node: what `defineCluster` returned, or its path. Adds `/cluster`, and its metrics. */
  cluster?: ServiceSpec<Cluster> | string | undefined;
}

/**
 * Answers GET and HEAD, from what is known now: it runs no check, waits for nothing, and never throws.
 *
 * - `/livez`: 200 unless the supervisor has failed. `/readyz`: 200 when it is started, not stopping or draining
 *   (`runUntilSignal({ drainMs })`), and not unhealthy. `/startupz`: 200 once `start()` has resolved. Otherwise 503.
 *   Text; `?verbose` adds a line per service.
 * - `/readyz/<path>`: one service, with or without the root's name; 404 for an unknown one.
 * - `/health`: application/health+json: pass (200), warn (200), fail (503), and a check per service.
 * - `/cluster`, with the option `cluster`: its members, roles and health as this node sees them, as JSON; 503 while this node
 *   is not a member.
 * - `/metrics`: the text format of Prometheus, or of OpenMetrics where the client accepts that. What a registry of
 *   prom-client holds can be served with it.
 *
 * Create it before the tree starts: `/startupz` and the durations of starts know nothing of what happened before.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for anything but a supervisor, and for bad options.
 */
export function createHealthHandler(supervisor: Supervisor, options: HealthHandlerOptions = {}): HealthHandler {
  if (typeof supervisor?.status !== "function") {
    throw invalid("createHealthHandler", "supervisor", "what createSupervisor returned", supervisor);
  }
  const { cluster, ...metricsOptions } = options;
  checkMetricsOptions(metricsOptions);
  const clustered = cluster === undefined ? null : new ClusterWatch(supervisor, cluster);
  const metrics = createMetrics(supervisor, metricsOptions, () =>
    clustered === null ? [] : describeCluster(clustered),
  );
  let hasStarted = supervisor.status().startedAt !== null;
  supervisor.on("status", ({ path, to }) => {
    if (path === supervisor.name && to === "running") hasStarted = true;
  });

  function route(path: string, query: URLSearchParams, accept: string): Answer | undefined {
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
      case "/cluster":
        return clustered === null ? undefined : answerCluster(clustered);
      case "/metrics":
        return metrics(accept);
      default:
        return path.startsWith("/readyz/") ? answerReadyOf(supervisor, decode(path.slice(8))) : undefined;
    }
  }

  /** Undefined: not one of its paths. */
  function answer(method: string | undefined, url: string, accept: string): Answer | undefined {
    try {
      const { pathname, searchParams } = split(url);
      const found = route(pathname.length > 1 ? pathname.replace(/\/$/, "") : pathname, searchParams, accept);
      if (found && method !== "GET" && method !== "HEAD")
        return text(405, `${method} is not allowed here; GET and HEAD are`);
      return found;
    } catch (error) {
      return text(500, textOf(toError(error)));
    }
  }

  const handler = (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    const found = answer(request.method, request.url ?? "/", request.headers.accept ?? "");
    if (found === undefined && next) return next();
    void send(request, response, found ?? notFound);
  };
  return Object.assign(handler, {
    fetch: ({ method, url, headers }: Request): Response =>
      toResponse(method, answer(method, url, headers.get("accept") ?? "") ?? notFound),
  });
}

/** Without `URL`, which takes "." and "..", possible names of services, for steps through folders. */
function split(url: string): { pathname: string; searchParams: URLSearchParams } {
  const [, pathname, query] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/.exec(url)!;
  return { pathname: pathname || "/", searchParams: new URLSearchParams(query) };
}

/** A wrong encoding stands for itself: no service has such a name. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const notFound = text(
  404,
  "there are /livez, /readyz, /readyz/<path>, /startupz, /health, /metrics and, for a node of a cluster, /cluster",
);

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
    // Other code has answered already, or the text could not be made: only this client can be told.
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

/** A response can be returned before its text is there. */
function toStream(body: Promise<string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(await body));
      controller.close();
    },
  });
}
