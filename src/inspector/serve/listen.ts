// listen.ts: the HTTP server of the inspector, which closes all connections at once when it is closed.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { textOf } from "../../contract/wording.ts";
import { isAuthorised, refuseStranger } from "./access.ts";
import { refuse } from "./answer.ts";
import { servePage } from "./page.ts";

export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly token: string;
  /** Whether it keeps the process alive. */
  readonly holds: boolean;
}

/** Answers a request under `/api/` or `/events` that has passed the checks; false for an unknown one. */
export type Api = (req: IncomingMessage, res: ServerResponse, url: URL) => boolean;

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** How many connections there may be at once: each is a file descriptor that the program may need. */
const maxConnections = 200;
/** A request must arrive within seconds; a stream may last. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};

/** @throws Error (from the returned promise) if it cannot listen: EADDRINUSE, EACCES, … */
export async function listen(api: Api, { port, host, token, holds }: ListenOptions): Promise<Listening> {
  const server = createServer(limits, (req, res) => {
    try {
      handle(req, res, api, host, token);
    } catch (error) {
      refuse(res, 500, `the inspector failed: ${textOf(error)}`);
    }
  });
  server.maxConnections = maxConnections;
  if (!holds) {
    server.unref();
    server.on("connection", (socket) => socket.unref());
  }
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
  return { url: toUrl(server, host, token), close: () => close(server) };
}

function handle(req: IncomingMessage, res: ServerResponse, api: Api, host: string, token: string): void {
  res.on("error", () => {});
  const strange = refuseStranger(req, host);
  if (strange !== null) return refuse(res, 403, strange);
  const target = req.url ?? "/";
  if (!URL.canParse(target, "http://localhost")) return refuse(res, 400, "the target of the request is malformed");
  const url = new URL(target, "http://localhost");
  if (url.pathname === "/events" || url.pathname.startsWith("/api/")) {
    if (!isAuthorised(req, url, token))
      return refuse(res, 401, "the token is missing or wrong; use the URL as printed");
    if (api(req, res, url)) return;
  } else if (req.method === "GET" || req.method === "HEAD") {
    if (servePage(url.pathname, res, req.method)) return;
  }
  refuse(res, 404, `there is no ${url.pathname}`);
}

function toUrl(server: Server, host: string, token: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  // Behind the "#" the token stays in the browser: it is in no log and no Referer.
  return `http://${name}:${port}/#token=${token}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
