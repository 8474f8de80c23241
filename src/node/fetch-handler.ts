// toRequestListener: serves a Fetch handler by the request listener of @hono/node-server, and guards what that leaves open.
//
// It is an optional peer, loaded when a Fetch handler is given. What it does not do, and is done here (measured with its
// version 2.1.8): a host of which a URL makes something else is refused; an answer that cannot be sent, or whose body fails
// before its first piece, becomes a 500 that says nothing of the error, logged by the service instead of printed; a later
// failure cuts the connection; an answer to HEAD reads no body; a status text is sent.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { SupervisorError } from "../contract/errors.ts";
import { textOf } from "../contract/wording.ts";

type HonoNodeServer = typeof import("@hono/node-server");

/** The second argument of a handler, for code that needs the connection. */
export interface FetchEnv {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

export type FetchFunction = (request: Request) => Response | Promise<Response>;

/** An object such as a Hono application. */
export interface FetchHandler {
  fetch(request: Request, env: FetchEnv): Response | Promise<Response>;
}

/** @throws SupervisorError ERR_INVALID_SPEC if the package that serves Fetch handlers is not installed. */
export function requireFetchSupport(path: string): void {
  try {
    createRequire(import.meta.url).resolve("@hono/node-server");
  } catch (cause) {
    throw missing(path, cause);
  }
}

function missing(path: string, cause: unknown): SupervisorError {
  const message = `${path}: a Fetch handler is served by the package @hono/node-server, which is not installed: npm install @hono/node-server`;
  return new SupervisorError("ERR_INVALID_SPEC", message, { path, cause });
}

async function load(path: string): Promise<HonoNodeServer> {
  try {
    return await import("@hono/node-server");
  } catch (error) {
    throw textOf(error, "code") === "ERR_MODULE_NOT_FOUND" ? missing(path, error) : error;
  }
}

/** @throws SupervisorError ERR_INVALID_SPEC if the package that serves Fetch handlers is not installed. */
export async function toRequestListener(
  answer: FetchHandler["fetch"],
  path: string,
  onError: (error: unknown) => void,
): Promise<RequestListener> {
  const { getRequestListener } = await load(path);
  const callback = async (request: Request, env: unknown): Promise<Response> => {
    const { incoming, outgoing } = env as FetchEnv;
    try {
      return await toSendable(await answer(request, { incoming, outgoing }), incoming, outgoing, onError);
    } catch (error) {
      // A handler may fail because its client has gone: that is not worth a line in the log.
      if (!outgoing.destroyed || outgoing.writableFinished) onError(error);
      return new Response("Internal Server Error\n", { status: 500, headers: { "content-type": "text/plain" } });
    }
  };
  // Clients of HTTP/1.0 need not name a host.
  const listener = getRequestListener(callback, { overrideGlobalObjects: false, hostname: "localhost" });
  return (incoming, outgoing) => {
    if (isUrlSafe(incoming)) return void listener(incoming, outgoing);
    outgoing.writeHead(400, { "content-type": "text/plain" }).end("Bad Request\n");
  };
}

const safeHost = /^(?:\[[\da-f:.]+\]|[\w.~-]+)(?::\d*)?$/i;

/** Whether the URL of a request has just the host and the path that the client named. */
function isUrlSafe({ headers, url = "" }: IncomingMessage): boolean {
  const host = headers[":authority"] ?? headers.host ?? "";
  if (host !== "" && !safeHost.test(String(host))) return false;
  const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? [];
  return authority === undefined || safeHost.test(authority);
}

/** @throws TypeError for what cannot be sent, or what the body fails with before its first piece. */
async function toSendable(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onError: (error: unknown) => void,
): Promise<Response> {
  if (!isResponse(response)) throw new TypeError("fetch(request) must return a Response");
  const { status, body } = response;
  if (!(status >= 200 && status <= 599)) throw new TypeError(`a Response of status ${status} cannot be sent`);
  // The package forgets the text, which HTTP/2 does not have.
  if (response.statusText !== "" && incoming.httpVersionMajor < 2) outgoing.statusMessage = response.statusText;
  if (body === null) return response;
  if (response.bodyUsed || body.locked) throw new TypeError("the body of the Response is used already");
  if (incoming.method === "HEAD") {
    await body.cancel();
    return new Response(null, response);
  }
  const read = await readReady(body);
  return new Response(read.next === null ? Buffer.concat(read.pieces) : toStream(read, outgoing, onError), response);
}

/** Also one of another copy of `Response`, as frameworks have them. */
export function isResponse(given: unknown): given is Response {
  if (given instanceof Response) return true;
  const { status, headers, body } = (given ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function" && body !== undefined;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Piece = Awaited<ReturnType<Reader["read"]>>;

/** How many turns of the microtask queue the next piece of a body may take to count as ready. */
const readyTurns = 10;
/** How many pieces are read before the headers go out. */
const readyPieces = 3;

interface ReadBody {
  readonly reader: Reader;
  readonly pieces: readonly Uint8Array[];
  /** The piece that is being read; null: the pieces are the whole body. */
  readonly next: Promise<Piece> | null;
}

/**
 * Reads what a body has ready: of a text, all of it. A stream that has nothing yet is not waited for, so that its headers
 * go out before. Rejects where the body has failed already.
 */
async function readReady(body: ReadableStream<Uint8Array>): Promise<ReadBody> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const next = reader.read();
    const piece = pieces.length < readyPieces ? await Promise.race([next, afterTurns(readyTurns)]) : null;
    if (piece === null) {
      // It may fail before the rest is asked for, which then meets that failure.
      next.catch(() => {});
      return { reader, pieces, next };
    }
    if (piece.done) return { reader, pieces, next: null };
    pieces.push(piece.value);
  }
}

async function afterTurns(turns: number): Promise<null> {
  for (let i = 0; i < turns; i++) await null;
  return null;
}

/** The rest of a body, which cuts the connection when it fails. */
function toStream(
  { reader, pieces, next }: ReadBody,
  outgoing: ServerResponse,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  let waiting = next;
  return new ReadableStream(
    {
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
      },
      async pull(controller) {
        try {
          const { done, value } = await (waiting ?? reader.read());
          waiting = null;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (!outgoing.destroyed) onError(error);
          outgoing.destroy();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
