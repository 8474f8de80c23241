// createHealthHandler in node:http, Express, Fastify and Hono.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { afterEach, expect, it } from "vitest";
import { createStage, scripted } from "./support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server: Server): Promise<string> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function createRunning() {
  const stage = createStage({ services: [scripted("a").spec] });
  await stage.supervisor.start();
  closing.push(() => stage.supervisor.stop());
  return stage;
}

async function expectHealth(url: string): Promise<void> {
  const ready = await fetch(`${url}/readyz?verbose`, { headers: { connection: "close" } });
  expect([ready.status, await ready.text()]).toEqual([200, "ok\n[+] shop/a ok\n"]);
  const head = await fetch(`${url}/livez`, { method: "HEAD", headers: { connection: "close" } });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "3", ""]);
  const metrics = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  expect(await metrics.text()).toContain('statevisor_service_healthy{service="shop/a"} 1');
}

it("answers as the listener of node:http", async () => {
  const { handler } = await createRunning();
  const url = await listen(createServer(handler));
  await expectHealth(url);
  expect((await fetch(`${url}/other`, { headers: { connection: "close" } })).status).toBe(404);
});

it("is middleware for Express, and passes on what is not its own", async () => {
  const { handler } = await createRunning();
  const app = express();
  app.use("/internal", handler);
  app.get("/internal/other", (_, response) => void response.send("mine"));
  const url = await listen(createServer(app));
  await expectHealth(`${url}/internal`);
  const other = await fetch(`${url}/internal/other`, { headers: { connection: "close" } });
  expect(await other.text()).toBe("mine");
});

it("answers in Fastify, which hands its request over", async () => {
  const { handler } = await createRunning();
  const app = Fastify();
  for (const path of ["/livez", "/readyz", "/metrics"]) {
    app.get(path, (request, reply) => {
      reply.hijack();
      handler(request.raw, reply.raw);
    });
  }
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => app.close());
  await expectHealth(url);
});

it("answers by fetch, as in Hono", async () => {
  const { handler } = await createRunning();
  const app = new Hono().all("/*", (context) => handler.fetch(context.req.raw));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  await new Promise((resolve) => server.once("listening", resolve));
  await expectHealth(await listen(server));
});
