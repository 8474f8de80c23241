// defineHttpServer: a service that listens for HTTP, and stops without cutting any client off.

import type { Server, ServerOptions } from "node:http";
import type { Http2SecureServer, Http2Server, SecureServerOptions } from "node:http2";
import type { TlsOptions } from "node:tls";
import { check, invalid } from "../contract/check.ts";
import { SupervisorError } from "../contract/errors.ts";
import type { ServiceContext, ServiceOptions, ServiceSpec } from "../contract/spec.ts";
import { requireFetchSupport } from "./fetch-handler.ts";
import { HttpDrain } from "./http-drain.ts";
import { type Address, createServerFor, listen, type Protocol, urlOf } from "./http-listen.ts";
import { asFetch, checkListener, type HttpListener, toListener } from "./http-listener.ts";
import { type TlsFilePaths, TlsFiles } from "./tls-files.ts";

/** The value of a server: dependants and probes get it. */
export interface HttpServerValue<AnyServer = Server> {
  /** Where it listens, without a slash at the end: "http://127.0.0.1:8080". At a unix socket: "http://localhost". */
  readonly url: string;
  /** For `httpProbe` and `http.request`; undefined unless the server listens at a unix socket. */
  readonly socketPath: string | undefined;
  readonly server: AnyServer;
}

/** The options of node:tls, or the paths of files that are read again when they change. */
export interface HttpServerTls extends TlsOptions, TlsFilePaths {}

/** Everything of a service but its body, and the server. */
export interface HttpServerSpec<AnyServer = Server> extends ServiceOptions<HttpServerValue<AnyServer>> {
  /** The listener or handler that answers. Exactly one of this and `createListener`. */
  listener?: HttpListener;
  /** Makes the listener or handler for each incarnation: with `ctx.use(database)` at hand, and `ctx.signal` to end streams. */
  createListener?: (ctx: ServiceContext) => HttpListener | Promise<HttpListener>;
  /**
   * 0: one that is free.
   *
   * @default 0
   */
  port?: number | undefined;
  /**
   * The address to listen at. "127.0.0.1" is reached from this machine only; "0.0.0.0" and "::" from everywhere.
   *
   * @default "127.0.0.1"
   */
  host?: string | undefined;
  /** A unix socket to listen at, instead of a port. One that a dead process left behind is replaced. */
  socketPath?: string | undefined;
  /** Who may connect to the unix socket, such as 0o660. */
  socketMode?: number | undefined;
  /**
   * Serves HTTPS. Files (`keyFile`, `certFile`, `caFile`) are read again when they change: new connections get the new
   * certificate, and one that cannot be used is logged and left.
   */
  tls?: HttpServerTls | undefined;
  /**
   * Serves HTTP/2. With `tls` clients of HTTP/1 are served too; without, only those that know that it is HTTP/2.
   *
   * @default false
   */
  http2?: boolean | undefined;
  /** For `createServer` of node:http, node:https or node:http2: timeouts, limits. */
  serverOptions?: ServerOptions | SecureServerOptions | undefined;
}

/**
 * A service that is an HTTP server. Up when it listens; an address that is in use is a failed start, which the restart
 * policy tries again.
 *
 * Stop: every request that the machine has received is answered, and every answer that has begun goes out whole, the last
 * one of a connection with `Connection: close` if its headers have not gone out; idle connections are closed at once, and
 * so are those that have been answered; a client that has connected within the last 200 ms and has sent nothing yet, such
 * as a proxy, has the rest of that time for its request; what is left when `stopTimeoutMs` has passed is destroyed, connections that were
 * upgraded (WebSocket) included. Either way it has stopped. A stream without an end (server-sent events) should end when
 * `ctx.signal` of `createListener` aborts; else it takes all of `stopTimeoutMs`.
 *
 * A listener that throws, or a handler that throws or rejects, answers 500 and is logged; the server goes on. What goes
 * wrong later, in the callbacks of a node:http listener, is for `containStrayErrors`. A listener of node:http that returns
 * a `Response` is answered with it; one that takes a `Request` has exactly one parameter. Fetch handlers are served by the optional peer `@hono/node-server`.
 *
 * @throws SupervisorError ERR_INVALID_SPEC for a bad option of the server; the others are checked by createSupervisor.
 */
export function defineHttpServer<AnyServer extends Server | Http2Server | Http2SecureServer = Server>(
  spec: HttpServerSpec<AnyServer>,
): ServiceSpec<HttpServerValue<AnyServer>> {
  const { listener, createListener, port, host, socketPath, socketMode, tls, http2, serverOptions, ...rest } = spec;
  const { name } = rest;
  if ((listener === undefined) === (createListener === undefined)) {
    const message = `${name}: expected exactly one of listener and createListener`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: name });
  }
  if (listener !== undefined && asFetch(checkListener(name, "listener", listener)) !== null) requireFetchSupport(name);
  check.function(name, "createListener", createListener);
  if (serverOptions !== undefined) check.object(name, "serverOptions", serverOptions);
  const server: ServerPlan = {
    address: checkAddress(spec),
    protocol: toProtocol(tls !== undefined, check.boolean(name, "http2", http2, false)),
    tls: checkTls(name, tls),
    options: serverOptions ?? {},
  };
  return {
    ...rest,
    readyOn: "signal",
    async run(ctx) {
      const made = createListener === undefined ? listener : await createListener(ctx);
      await runServer(server, checkListener(ctx.path, "createListener()", made), ctx);
    },
  };
}

/** A checked server. */
interface ServerPlan {
  readonly address: Address;
  readonly protocol: Protocol;
  readonly tls: HttpServerTls;
  readonly options: object;
}

async function runServer(plan: ServerPlan, listener: HttpListener, ctx: ServiceContext): Promise<void> {
  const { address, protocol } = plan;
  const { signal, forceSignal, log, path } = ctx;
  const { keyFile, certFile, caFile, ...secureOptions } = plan.tls;
  const files = new TlsFiles({ keyFile, certFile, caFile }, secureOptions);
  const answer = await toListener(listener, ctx);
  const server = createServerFor(protocol, plan.options, await files.load());
  const drain = new HttpDrain(server, protocol, answer);
  await listen(server, address, path);
  server.on("error", ctx.fail);
  await files.watch((secure) => (server as Server & TlsReloading).setSecureContext(secure), log);
  ctx.ready({ url: urlOf(server, protocol, address), socketPath: address.socketPath, server });

  await whenAborted(signal);
  files.close();
  const closed = drain.close();
  const destroy = () => drain.destroy();
  if (forceSignal.aborted) destroy();
  else forceSignal.addEventListener("abort", destroy, { once: true });
  await closed;
}

interface TlsReloading {
  setSecureContext(secure: object): void;
}

function toProtocol(isSecure: boolean, isHttp2: boolean): Protocol {
  if (isHttp2) return isSecure ? "h2" : "h2c";
  return isSecure ? "https" : "http";
}

type AddressOptions = Pick<HttpServerSpec, "name" | "port" | "host" | "socketPath" | "socketMode">;

function checkAddress({ name, port, host, socketPath, socketMode }: AddressOptions): Address {
  if (socketPath !== undefined && (typeof socketPath !== "string" || socketPath === "")) {
    throw invalid(name, "socketPath", "the path of a unix socket", socketPath);
  }
  if (socketPath !== undefined && (port !== undefined || host !== undefined)) {
    const message = `${name}: expected either socketPath, or port and host`;
    throw new SupervisorError("ERR_INVALID_SPEC", message, { path: name });
  }
  if (socketMode !== undefined) {
    const isMode = Number.isInteger(socketMode) && socketMode >= 0 && socketMode <= 0o777;
    if (!isMode) throw invalid(name, "socketMode", "an integer from 0 to 0o777", socketMode);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw invalid(name, "port", "an integer from 0 to 65535", port);
  }
  if (host !== undefined && (typeof host !== "string" || host === "")) {
    throw invalid(name, "host", "a name or an address", host);
  }
  return { port: port ?? 0, host: host ?? "127.0.0.1", socketPath, socketMode };
}

function checkTls(name: string, tls: HttpServerTls | undefined): HttpServerTls {
  if (tls === undefined) return {};
  check.object(name, "tls", tls);
  for (const option of ["keyFile", "certFile", "caFile"] as const) {
    const file = tls[option];
    if (file !== undefined && typeof file !== "string" && !(file instanceof URL)) {
      throw invalid(name, `tls.${option}`, "a path or a file URL", file);
    }
  }
  const isComplete = tls.pfx || tls.SNICallback || ((tls.key || tls.keyFile) && (tls.cert || tls.certFile));
  if (!isComplete)
    throw invalid(name, "tls", "a key and a certificate: key or keyFile, cert or certFile", Object.keys(tls));
  return tls;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
