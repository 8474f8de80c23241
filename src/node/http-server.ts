// defineHttpServer: a service that listens for HTTP, and stops without cutting anybody off.

import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { ServiceContext, ServiceSpec } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { type FetchHandler, toRequestListener } from "./fetch-handler.ts";
import { HttpConnections } from "./http-connections.ts";

/** A listener of node:http (an Express application is one), or whatever answers a Request (a Hono application does). */
export type HttpListener = RequestListener | FetchHandler;

/** What the dependants and the probes of a server are given. */
export interface HttpServerValue {
  /** Where it listens, without a slash at the end: "http://127.0.0.1:8080". */
  readonly url: string;
  readonly server: Server;
}

/** Everything of a service but its body, and the server. */
export interface HttpServerSpec
  extends Omit<ServiceSpec<HttpServerValue>, "run" | "start" | "stop" | "actor" | "input" | "services" | "readyOn"> {
  /** What answers. Exactly one of this and `createListener`. */
  listener?: HttpListener;
  /** Makes what answers, for each incarnation: with `ctx.use(database)` at hand. */
  createListener?: (ctx: ServiceContext) => HttpListener | Promise<HttpListener>;
  /**
   * 0: one that is free.
   *
   * @default 0
   */
  port?: number;
  /**
   * The address to listen at. "127.0.0.1" is reached from this machine only; "0.0.0.0" and "::" from everywhere.
   *
   * @default "127.0.0.1"
   */
  host?: string;
  /** For `createServer` of node:http: timeouts, limits. */
  serverOptions?: ServerOptions;
}

/**
 * A service that is an HTTP server. Up when it listens; an address that is in use is a failed start, which the restart
 * policy tries again.
 *
 * Stop: no new connections; idle ones are closed at once; requests in flight are finished, and answered with
 * `Connection: close` if their headers have not gone out; what is left when `stopTimeoutMs` has passed is destroyed,
 * connections that were upgraded (WebSocket) included. Either way it has stopped.
 *
 * A listener that throws, or a handler that throws or rejects, answers 500 and is logged; the server goes on. What goes
 * wrong later, in the callbacks of a node:http listener, is for `containStrayErrors`.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option of the server; the others are checked by createSupervisor.
 */
export function defineHttpServer(spec: HttpServerSpec): ServiceSpec<HttpServerValue> {
  const { listener, createListener, port = 0, host = "127.0.0.1", serverOptions = {}, ...rest } = spec;
  const { name } = rest;
  if ((listener === undefined) === (createListener === undefined)) {
    const message = `${name}: expected exactly one of listener and createListener`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: name });
  }
  if (listener !== undefined) checkListener(name, "listener", listener);
  check.function(name, "createListener", createListener);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(name, "port", "an integer from 0 to 65535", port);
  }
  if (typeof host !== "string" || host === "") throw invalid(name, "host", "a name or an address", host);
  check.object(name, "serverOptions", serverOptions);

  return {
    ...rest,
    readyOn: "signal",
    async run(ctx) {
      const { signal, forceSignal } = ctx;
      const made = createListener === undefined ? listener : await createListener(ctx);
      const answer = toListener(checkListener(ctx.path, "createListener()", made), ctx);
      const server = createServer(serverOptions);
      const connections = new HttpConnections(server);
      server.on("request", answer);
      await listen(server, port, host, ctx.path);
      server.on("error", ctx.fail);
      ctx.ready({ url: toUrl(server.address() as AddressInfo, host), server });

      await whenAborted(signal);
      const closed = connections.close();
      const destroy = () => connections.destroy();
      if (forceSignal.aborted) destroy();
      else forceSignal.addEventListener("abort", destroy, { once: true });
      await closed;
    },
  };
}

function checkListener(path: string, option: string, listener: unknown): HttpListener {
  if (typeof listener === "function") return listener as RequestListener;
  if (typeof (listener as Partial<FetchHandler> | null)?.fetch === "function") return listener as FetchHandler;
  throw invalid(path, option, "a function (request, response), or an object with fetch(request)", listener);
}

// A Hono application is an object, one of Express a function: fetch decides only where there is no function.
function toListener(given: HttpListener, { log }: ServiceContext): RequestListener {
  const onError = (error: unknown) => log.error({ err: error }, "a request failed");
  if (typeof given !== "function") return toRequestListener(given, onError);
  return (request, response) => {
    const fail = (error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\n");
    };
    try {
      const answer: unknown = given(request, response);
      if (isThenable(answer)) Promise.resolve(answer).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

function listen(server: Server, port: number, host: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      const message = `${path}: cannot listen on ${formatHost(host)}:${port}: ${explain(cause)}`;
      reject(Object.assign(new Error(message, { cause }), { code: cause.code }));
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "somebody listens there already (EADDRINUSE)";
  if (code === "EACCES") return "not allowed; ports below 1024 may need root (EACCES)";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address (EADDRNOTAVAIL)";
  return message;
}

/** An address that listens everywhere is reached at this machine's own. */
function toUrl({ port }: AddressInfo, host: string): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${formatHost(reachable)}:${port}`;
}

function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
