// toListener: makes one listener of node:http of whatever answers requests, and answers 500 where that fails.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { invalid } from "../contract/check.ts";
import type { ServiceContext } from "../contract/spec.ts";
import { isThenable } from "../contract/thenable.ts";
import { type FetchFunction, type FetchHandler, isResponse, toRequestListener } from "./fetch-handler.ts";

/**
 * A listener of node:http (an Express application is one), or what answers a `Request` with a `Response`: a function of
 * one argument, or an object with `fetch` (a Hono application).
 */
export type HttpListener = RequestListener | FetchFunction | FetchHandler;

type Answering = (...args: never[]) => unknown;

/** @throws SupervisorError ERR_INVALID_SPEC */
export function checkListener(path: string, option: string, listener: unknown): HttpListener {
  if (typeof listener === "function") return listener as HttpListener;
  if (typeof (listener as Partial<FetchHandler> | null)?.fetch === "function") return listener as FetchHandler;
  throw invalid(
    path,
    option,
    "a function (request, response), a function (request) that returns a Response, or an object with fetch(request)",
    listener,
  );
}

/**
 * A Hono application is an object, one of Express a function that may have a `fetch` beside: `fetch` counts only where
 * there is no function. A function with one parameter is a Fetch function: as a listener of node:http it could not answer.
 */
export function asFetch(listener: HttpListener): FetchHandler["fetch"] | null {
  if (typeof listener !== "function") return (request, env) => listener.fetch(request, env);
  return listener.length === 1 ? (listener as FetchFunction) : null;
}

/** @throws SupervisorError ERR_INVALID_SPEC for a Fetch handler where the package that serves them is not installed. */
export async function toListener(given: HttpListener, { log, path }: ServiceContext): Promise<RequestListener> {
  const onError = (error: unknown) => log.error({ err: error }, "a request failed");
  const fetch = asFetch(given);
  if (fetch !== null) return toRequestListener(fetch, path, onError);

  const send = async (answer: unknown, request: IncomingMessage, response: ServerResponse) => {
    if (!isResponse(answer) || response.headersSent) return;
    (await toRequestListener(() => answer, path, onError))(request, response);
  };
  return (request, response) => {
    const fail = (error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\n");
    };
    try {
      const answer = (given as Answering)(...([request, response] as never[]));
      if (isThenable(answer))
        Promise.resolve(answer)
          .then((value) => send(value, request, response))
          .catch(fail);
      else if (isResponse(answer)) send(answer, request, response).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}
