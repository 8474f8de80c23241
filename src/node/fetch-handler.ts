// From a handler of Request and Response to a listener of node:http. Bodies stream both ways, with back-pressure; the
// request's signal aborts when the client goes away; a handler that fails answers 500.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>;
}

export function toRequestListener(handler: FetchHandler, onError: (error: unknown) => void): RequestListener {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished)
        gone.abort(new DOMException("the client has closed the connection", "AbortError"));
    });
    answer(handler, incoming, outgoing, gone.signal).catch((error) => {
      // Nobody is left to be told, and a handler may well fail because of that.
      if (gone.signal.aborted) return;
      onError(error);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\n");
    });
  };
}

async function answer(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let request: Request;
  try {
    request = toRequest(incoming, signal);
  } catch {
    // A target or a host that no URL can be made of.
    outgoing.writeHead(400, { "content-type": "text/plain" }).end("Bad Request\n");
    return;
  }
  const response = await handler.fetch(request);
  if (!(response instanceof Response)) throw new TypeError("fetch(request) must return a Response");
  outgoing.statusCode = response.status;
  if (response.statusText !== "") outgoing.statusMessage = response.statusText;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", headers, rawHeaders, socket } = incoming;
  const scheme = (socket as Socket & { encrypted?: boolean }).encrypted ? "https" : "http";
  const base = `${scheme}://${headers.host ?? "localhost"}`;
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  const hasBody = method !== "GET" && method !== "HEAD";
  // Joined as text: "//x" would be a host of its own.
  return new Request(new URL(url.startsWith("/") ? base + url : url), {
    method,
    headers: pairs,
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" }),
  } as RequestInit);
}
