// HttpDrain: follows the connections of one HTTP server, of whichever protocol, and closes the server without loss.

import type { RequestListener, Server } from "node:http";
import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { acceptWaiting } from "./accept-waiting.ts";
import { polled } from "./after-poll.ts";
import { freshMs, HttpConnections } from "./http-connections.ts";

export class HttpDrain {
  readonly #server: Server;
  readonly #connections: HttpConnections;
  readonly #sessions = new Set<Http2Session>();
  /** TLS connections whose handshake goes on, by the address of the client. */
  readonly #greeting = new Map<string, Socket>();
  #isDestroyed = false;

  /** To be made before anything else listens to the server. */
  constructor(server: Server, protocol: "http" | "https" | "h2c" | "h2", answer: RequestListener) {
    this.#server = server;
    this.#connections = new HttpConnections(answer);
    server.on("request", (request, response) => {
      // An HTTP/2 stream ends with its answer, whatever else its session does.
      if (request.httpVersionMajor >= 2) answer(request, response);
      else this.#connections.request(request, response);
    });
    server.on("connection", (socket: Socket) => {
      if (this.#isDestroyed) socket.destroy();
      else if (protocol === "http") this.#connections.add(socket);
      else if (protocol !== "h2c") this.#greet(socket);
    });
    if (protocol === "https" || protocol === "h2") {
      server.on("secureConnection", (socket: TLSSocket) => {
        this.#greeting.delete(addressOf(socket));
        if (socket.alpnProtocol !== "h2") this.#connections.add(socket);
      });
    }
    server.on("session", (session: Http2Session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
  }

  #greet(socket: Socket): void {
    const address = addressOf(socket);
    this.#greeting.set(address, socket);
    socket.once("close", () => {
      if (this.#greeting.get(address) === socket) this.#greeting.delete(address);
    });
  }

  /**
   * Answers what has been received, takes no new connection, and resolves when the last one has closed. An answer that
   * has begun gets the time that it needs; the caller bounds it by `destroy`.
   */
  async close(): Promise<void> {
    const server = this.#server;
    this.#connections.closeAnswering();
    // Idle clients are not told to leave yet: they would come back at once, by new connections.
    await acceptWaiting(server);
    // Node would destroy the connections whose answers have ended, gone out or not.
    server.closeIdleConnections = () => {};
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#connections.close();
    await polled();
    for (const session of this.#sessions) session.close();
    const endGreeting = setTimeout(() => {
      for (const socket of this.#greeting.values()) socket.destroy();
    }, freshMs);
    const endIdle = this.#endIdle();
    await closed;
    clearTimeout(endGreeting);
    endIdle();
  }

  /** Ends the idle connections, those that have just come after their grace. Returns what ends the wait for that. */
  #endIdle(): () => void {
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      const graceMs = this.#connections.closeIdle();
      // A connection that is made meanwhile, by a handshake, has a grace of its own.
      timer = setTimeout(end, graceMs > 0 ? Math.ceil(graceMs) : freshMs);
    };
    end();
    return () => clearTimeout(timer);
  }

  /** Ends everything now, and whatever still connects until the server has closed. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const socket of this.#greeting.values()) socket.destroy();
    for (const socket of this.#connections.sockets) socket.destroy();
    for (const session of this.#sessions) session.destroy();
  }
}

/** A TLS socket has the address of the connection below it. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
