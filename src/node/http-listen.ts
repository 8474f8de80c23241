// listen: makes the server that a spec asks for, and has it listen at a port or at a unix socket.

import { chmod, lstat, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { SecureContextOptions } from "node:tls";

export interface Address {
  readonly port: number;
  readonly host: string;
  readonly socketPath: string | undefined;
  readonly socketMode: number | undefined;
}

export type Protocol = "http" | "https" | "h2c" | "h2";

/** An HTTP/2 server has all of an HTTP/1 server that is used here. */
export function createServerFor(protocol: Protocol, options: object, secure: SecureContextOptions): Server {
  switch (protocol) {
    case "http":
      return createServer(options);
    case "https":
      return createHttpsServer({ ...options, ...secure });
    case "h2c":
      return createHttp2Server(options) as unknown as Server;
    case "h2":
      return createSecureServer({ allowHTTP1: true, ...options, ...secure }) as unknown as Server;
  }
}

/** Resolves when the server listens. A unix socket at which no process listens any more is replaced. */
export async function listen(server: Server, address: Address, path: string): Promise<void> {
  const { socketPath, socketMode } = address;
  try {
    await tryListen(server, address).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" || socketPath === undefined || !(await isStale(socketPath))) throw error;
      await rm(socketPath);
      await tryListen(server, address);
    });
    if (socketPath !== undefined && socketMode !== undefined) await chmod(socketPath, socketMode);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    server.close();
    const where = socketPath ?? `${formatHost(address.host)}:${address.port}`;
    throw Object.assign(new Error(`${path}: cannot listen on ${where}: ${explain(cause)}`, { cause }), {
      code: cause.code,
    });
  }
}

function tryListen(server: Server, { port, host, socketPath }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath === undefined ? { port, host } : { path: socketPath }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Whether it is a socket, and no process listens at it. A connection to any other file is refused just the same. */
async function isStale(socketPath: string): Promise<boolean> {
  if (!(await lstat(socketPath)).isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another server listens there already (EADDRINUSE)";
  if (code === "EACCES") return "not allowed; ports below 1024 may need root (EACCES)";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address (EADDRNOTAVAIL)";
  return message;
}

/** The URL of a server. One that listens at all addresses is reached at the machine's own, one at a unix socket at any. */
export function urlOf(server: Server, protocol: Protocol, { host, socketPath }: Address): string {
  const scheme = protocol === "https" || protocol === "h2" ? "https" : "http";
  if (socketPath !== undefined) return `${scheme}://localhost`;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${scheme}://${formatHost(reachable)}:${(server.address() as AddressInfo).port}`;
}

function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
