// Fetch handlers at their edges: malformed hosts, bodies that are not read, Responses that cannot be sent.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RawClient, serve } from "./serve.ts";
import { until } from "./support.ts";

describe("a Fetch handler", () => {
  // Case W2
  it.for([
    "localhost/admin?",
    "localhost#",
    "localhost\\",
    "me@localhost",
    "a b",
    "\u00fc/admin",
  ])("is not asked about a request to the host %j", async (host) => {
    const asked: string[] = [];
    const { port } = await serve({
      fetch: ({ url }) => {
        asked.push(url);
        return new Response("ok");
      },
    });
    const client = await RawClient.connect(port);
    client.send(`GET /public HTTP/1.1\nhost: ${host}\nconnection: close\n\n`);
    await client.closed;
    expect([client.statuses, asked]).toEqual([[400], []]);
  });

  // Case W3
  it("that reads no body leaves the connection for the next request, and a stop does not wait for it", async () => {
    const { port, supervisor } = await serve({ fetch: () => new Response("ok") }, { stopTimeoutMs: 20_000 });
    const client = await RawClient.connect(port);
    client.send(
      `POST / HTTP/1.1\nhost: x\ncontent-length: 200000\n\n${"x".repeat(200_000)}GET / HTTP/1.1\nhost: x\n\n`,
    );
    await until("both are answered", () => client.statuses.length === 2, 3_000);
    const begun = performance.now();
    await supervisor.stop();
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  // Case W4
  it.for<[what: string, respond: () => Response | Promise<Response>]>([
    ["Response.error()", () => Response.error()],
    [
      "a Response whose body was used",
      async () => {
        const response = new Response("used");
        await response.text();
        return response;
      },
    ],
    [
      "a Response whose body is locked",
      () => {
        const response = new Response("locked");
        response.body!.getReader();
        return response;
      },
    ],
    ["a status that HTTP does not have", () => Object.defineProperty(new Response("x"), "status", { value: 99 })],
  ])("that returns %s answers a well-framed 500, and the connection goes on", async ([, respond]) => {
    const { port, log } = await serve({ fetch: ({ url }) => (url.endsWith("/ok") ? new Response("fine") : respond()) });
    const client = await RawClient.connect(port);
    client.send("GET / HTTP/1.1\nhost: x\n\n");
    await until("it is answered", () => client.text.includes("Error\n"), 3_000);
    client.send("GET /ok HTTP/1.1\nhost: x\nconnection: close\n\n");
    await client.closed;
    expect(client.statuses).toEqual([500, 200]);
    const [, body] = /\r\n\r\n(.*?)HTTP\/1\.1 200/s.exec(client.text)!;
    expect(Number(/content-length: (\d+)/i.exec(client.text)![1])).toBe(body!.length);
    expect(log.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it.for<[what: string, body: () => ReadableStream<Uint8Array>]>([
    [
      "at once",
      () =>
        new ReadableStream({
          start() {
            throw new Error("bad body");
          },
        }),
    ],
    [
      "at its first piece",
      () =>
        new ReadableStream({
          async pull() {
            throw new Error("bad body");
          },
        }),
    ],
  ])("whose body fails %s answers a 500 that says nothing of it", async ([, body]) => {
    const { url, log } = await serve({ fetch: () => new Response(body()) });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([500, "Internal Server Error\n"]);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([{ err: { message: "bad body" } }]);
  });

  it.for([1, 5])("whose body fails after %i pieces has its connection cut, and that is logged", async (pieces) => {
    const { port, log } = await serve({
      fetch: () => {
        let count = 0;
        const body = new ReadableStream({
          async pull(controller) {
            if (count++ < pieces) controller.enqueue(new TextEncoder().encode("piece\n"));
            else {
              await sleep(20);
              throw new Error("bad body");
            }
          },
        });
        return new Response(body);
      },
    });
    const client = await RawClient.connect(port);
    client.send("GET / HTTP/1.1\nhost: x\n\n");
    await client.closed;
    expect([client.statuses, client.text.match(/piece/g)!.length, /\r\n0\r\n\r\n$/.test(client.text)]).toEqual([
      [200],
      pieces,
      false,
    ]);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([{ err: { message: "bad body" } }]);
  });

  it("has an endless body cancelled where only the head is asked for", async () => {
    let isCancelled = false;
    const { url } = await serve({
      fetch: () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
            cancel: () => {
              isCancelled = true;
            },
          }),
          { headers: { "x-kind": "endless" } },
        ),
    });
    const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(3_000) });
    expect([answer.status, answer.headers.get("x-kind"), isCancelled]).toEqual([200, "endless", true]);
  });

  // Case W9
  it("that gives up on a body part-way harms neither its service nor the process", async () => {
    let given = 0;
    const { port, exits, supervisor } = await serve({
      fetch: async (incoming) => {
        const giveUp = new AbortController();
        const sink = new WritableStream<Uint8Array>({
          async write(chunk) {
            given += chunk.length;
            await sleep(1);
            if (given > 100_000) giveUp.abort();
          },
        });
        await incoming.body!.pipeTo(sink, { signal: giveUp.signal }).catch(() => {});
        return new Response("given up");
      },
    });
    const stray: unknown[] = [];
    const keep = (error: unknown) => void stray.push(error);
    process.on("uncaughtException", keep);
    try {
      const client = await RawClient.connect(port);
      client.send(`POST / HTTP/1.1\nhost: x\ncontent-length: 4000000\n\n${"x".repeat(4_000_000)}`);
      await until("it is answered", () => client.text.includes("given up"));
      // Hono's listener drops what is left of the body, and closes the connection if that takes long.
      await client.closed;
    } finally {
      process.off("uncaughtException", keep);
    }
    expect([stray, exits, supervisor.status("web").state]).toEqual([[], [], "running"]);
  });

  // Case U3
  it.for<[what: string, listener: (...args: never[]) => unknown]>([
    ["(request) => Response", (_request: Request) => new Response("hi")],
    ["() => Response", () => new Response("hi")],
    ["async (request) => Response", async (request: Request) => new Response(new URL(request.url).protocol && "hi")],
    ["a node:http listener that returns a Response", (_request: never, _response: never) => new Response("hi")],
  ])("may be written as %s", async ([, listener]) => {
    const { url } = await serve(listener as never);
    const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    expect([answer.status, await answer.text()]).toEqual([200, "hi"]);
  });
});
