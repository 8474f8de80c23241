// The connections of one HTTP server, and how they end: idle ones at once, the others after their answer, all of them
// when there is no more time.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export class HttpConnections {
  readonly #server: Server;
  /** Every open connection, those that were upgraded included, with the number of its requests in flight. */
  readonly #sockets = new Map<Socket, number>();
  readonly #responses = new Set<ServerResponse>();
  #isClosing = false;

  /** Listens before the listener does, so that a request that comes while it closes is known as one. */
  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.set(socket, 0);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#follow(request, response));
  }

  #follow({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#responses.add(response);
    this.#count(socket, 1);
    if (this.#isClosing) sayLast(response);
    response.once("close", () => {
      this.#responses.delete(response);
      this.#count(socket, -1);
      // Its headers may have promised to keep the connection. Whatever the client has not yet begun to send, it may
      // send elsewhere.
      if (this.#isClosing) setImmediate(() => this.#closeIdle());
    });
  }

  #count(socket: Socket, by: 1 | -1): void {
    const requests = this.#sockets.get(socket);
    if (requests !== undefined) this.#sockets.set(socket, requests + by);
  }

  /** No new connections; resolves when the last one has closed. */
  close(): Promise<void> {
    this.#isClosing = true;
    for (const response of this.#responses) sayLast(response);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#closeIdle();
    });
  }

  #closeIdle(): void {
    this.#server.closeIdleConnections();
    // Node counts one that has never sent anything, as browsers open them in advance, as busy.
    for (const [socket, requests] of this.#sockets) if (requests === 0 && socket.bytesRead === 0) socket.destroy();
  }

  destroy(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }
}

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}
