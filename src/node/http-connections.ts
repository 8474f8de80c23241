// HttpConnections: the HTTP/1 connections of one server, and how each ends when the server stops.
//
// Node's own `close` destroys a connection as soon as `response.end()` was called, whether or not the client has got the
// bytes, and a connection that is destroyed while something of it is unread is reset, which takes the answer with it. Here a
// connection ends when all that was received on it is answered, its write side first, and the rest once the client is quiet.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { polled } from "./after-poll.ts";
import { linger } from "./linger.ts";

/** A client that has just connected, such as a proxy, sends its request within this time. */
export const freshMs = 200;

export class HttpConnections {
  readonly #answer: RequestListener;
  readonly #connections = new Map<Socket, HttpConnection>();
  #isClosing = false;

  constructor(answer: RequestListener) {
    this.#answer = answer;
  }

  get sockets(): Iterable<Socket> {
    return this.#connections.keys();
  }

  add(socket: Socket): void {
    const connection = new HttpConnection(socket);
    this.#connections.set(socket, connection);
    socket.once("close", () => this.#connections.delete(socket));
    if (this.#isClosing) connection.close();
  }

  /** For the "request" event of the server. */
  request(request: IncomingMessage, response: ServerResponse): void {
    // Middleware and tests emit requests of their own, on no connection that was added here.
    if (this.#connections.get(request.socket)?.take(request, response) ?? true) this.#answer(request, response);
  }

  /** Has the answers that are owed now say that they are the last ones of their connections. */
  closeAnswering(): void {
    for (const connection of this.#connections.values()) if (connection.isAnswering) connection.close();
  }

  /** From now on every answer says that it is the last one of its connection. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#connections.values()) connection.close();
  }

  /**
   * Ends the connections that wait for nothing; the others end when they have been answered. Returns how many
   * milliseconds those are given that came just now and have sent nothing yet, 0 when there are none: to be called again then.
   */
  closeIdle(): number {
    const now = performance.now();
    let graceMs = 0;
    for (const connection of this.#connections.values()) {
      const freshUntil = connection.isSilent ? connection.acceptedAt + freshMs : now;
      if (freshUntil <= now) connection.endIfIdle();
      graceMs = Math.max(graceMs, freshUntil - now);
    }
    return graceMs;
  }
}

/** One connection, with the answers that it is owed. */
class HttpConnection {
  readonly acceptedAt = performance.now();
  readonly #socket: Socket;
  /** The answers that have not been handed over whole, in the order of their requests. */
  readonly #owed = new Set<ServerResponse>();
  #newest: IncomingMessage | null = null;
  /** How much had been read when no request was half there. */
  #readWhole: number;
  #isClosing = false;
  #isEnding = false;
  /** The answer that says `Connection: close`. */
  #last: ServerResponse | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#readWhole = socket.bytesRead;
  }

  /** False: the client has been told, by an earlier answer or by the end of the connection, to send this request elsewhere. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#isEnding || this.#last?.headersSent) {
      request.resume();
      return false;
    }
    this.#newest = request;
    this.#readWhole = this.#socket.bytesRead;
    if (hasBody(request)) {
      request.once("end", () => {
        if (this.#newest === request) this.#readWhole = this.#socket.bytesRead;
      });
    }
    this.#owed.add(response);
    if (this.#isClosing) this.#announce(response);
    response.once("close", () => {
      this.#owed.delete(response);
      if (this.#isClosing && this.#owed.size === 0) polled().then(() => this.endIfIdle());
    });
    return true;
  }

  /** Whether nothing has come on it yet. */
  get isSilent(): boolean {
    return this.#newest === null && this.#socket.bytesRead === this.#readWhole;
  }

  get isAnswering(): boolean {
    return this.#owed.size > 0;
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // Node calls this after an answer with `Connection: close`.
    this.#socket.destroySoon = () => this.#end();
    const newest = [...this.#owed].at(-1);
    if (newest) this.#announce(newest);
  }

  #announce(response: ServerResponse): void {
    if (response.headersSent) return;
    this.#last?.removeHeader("connection");
    response.setHeader("connection", "close");
    this.#last = response;
  }

  endIfIdle(): void {
    if (this.#owed.size === 0 && !this.#isReceiving()) this.#end();
  }

  #end(): void {
    this.#isEnding = true;
    linger(this.#socket, this.#isRequestUnfinished);
  }

  get #isRequestUnfinished(): boolean {
    return this.#newest !== null && !this.#newest.complete;
  }

  /** Whether part of a next request has come, or the connection was upgraded and belongs to other code. */
  #isReceiving(): boolean {
    // What comes after the answer to an unfinished request is the rest of that request.
    return !this.#isRequestUnfinished && this.#socket.bytesRead > this.#readWhole;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
