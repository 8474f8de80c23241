// The servers of the soak: the same routes by Node's own HTTP, Express, Fastify and Hono. Each reports the id of every
// request that it has begun to answer.

import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";

export const bigSize = 6_000_000;
const big = Buffer.alloc(bigSize, "x");
const streamed = 10;

/** Pieces of an answer, some time apart. */
async function* pieces() {
  for (let i = 0; i < streamed; i++) {
    await sleep(20);
    yield `piece ${i}\n`;
  }
}

/** Server-sent events until the service is asked to stop; then a last one that says so. */
async function* events(signal) {
  for (let i = 0; !signal.aborted; i++) {
    yield `data: ${i}\n\n`;
    await sleep(15, undefined, { signal }).catch(() => {});
  }
  yield "data: bye\n\n";
}

const eventStream = { "content-type": "text/event-stream" };

function nodeListener(seen, { signal }) {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    seen(searchParams.get("id"));
    switch (pathname) {
      case "/fast":
        return response.end("fast");
      case "/slow":
        await sleep(Number(searchParams.get("ms")));
        return response.end("slow");
      case "/big":
        return response.end(big);
      case "/stream":
        return Readable.from(pieces()).pipe(response);
      case "/events":
        response.writeHead(200, eventStream);
        return Readable.from(events(signal)).pipe(response);
      case "/upload":
        return response.end(`got ${(await text(request)).length}`);
      case "/early":
        return response.end("early");
      default:
        return response.writeHead(404).end();
    }
  };
}

function expressApp(seen, { signal }) {
  const app = express();
  app.use((request, _response, next) => {
    seen(request.query.id);
    next();
  });
  app.get("/fast", (_request, response) => void response.send("fast"));
  app.get("/slow", async (request, response) => {
    await sleep(Number(request.query.ms));
    response.send("slow");
  });
  app.get("/big", (_request, response) => void response.send(big));
  app.get("/stream", (_request, response) => void Readable.from(pieces()).pipe(response));
  app.get("/events", (_request, response) => void Readable.from(events(signal)).pipe(response.set(eventStream)));
  app.post("/upload", async (request, response) => void response.send(`got ${(await text(request)).length}`));
  app.post("/early", (_request, response) => void response.send("early"));
  return app;
}

async function fastifyRouting(seen, { signal }) {
  const app = Fastify({ bodyLimit: 100_000_000 });
  app.addHook("onRequest", async (request) => seen(request.query.id));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  app.get("/fast", () => "fast");
  app.get("/slow", async (request) => {
    await sleep(Number(request.query.ms));
    return "slow";
  });
  app.get("/big", (_request, reply) => reply.send(big));
  app.get("/stream", (_request, reply) => reply.send(Readable.from(pieces())));
  app.get("/events", (_request, reply) => reply.headers(eventStream).send(Readable.from(events(signal))));
  app.post("/upload", async (request) => `got ${(await text(request.body)).length}`);
  app.post("/early", () => "early");
  await app.ready();
  return app.routing;
}

function honoApp(seen, { signal }) {
  const app = new Hono();
  app.use(async (c, next) => {
    seen(c.req.query("id"));
    await next();
  });
  const stream = (source) => ReadableStream.from(encoded(source));
  app.get("/fast", (c) => c.text("fast"));
  app.get("/slow", async (c) => {
    await sleep(Number(c.req.query("ms")));
    return c.text("slow");
  });
  app.get("/big", (c) => c.body(big));
  app.get("/stream", (c) => c.body(stream(pieces())));
  app.get("/events", (c) => c.body(stream(events(signal)), 200, eventStream));
  app.post("/upload", async (c) => c.text(`got ${(await c.req.text()).length}`));
  app.post("/early", (c) => c.text("early"));
  return app;
}

async function* encoded(source) {
  for await (const piece of source) yield new TextEncoder().encode(piece);
}

/** By name: makes what `createListener` of `defineHttpServer` returns. */
export const servers = { node: nodeListener, express: expressApp, fastify: fastifyRouting, hono: honoApp };
