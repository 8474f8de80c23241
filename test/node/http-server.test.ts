// defineHttpServer: listening, answering by each kind of listener, and the stop.

import { once } from "node:events";
import { Agent, get, type IncomingMessage, type RequestListener, request } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { defineHttpServer } from "../../src/node/index.ts";
import { connectTo, createGate, isRefused, serve } from "./serve.ts";
import { createTree, until } from "./support.ts";

const hello: RequestListener = (_request, response) => void response.end("hello");

describe("an HTTP server", () => {
  it("is up when it listens, and its value carries its url", async () => {
    const { url, supervisor } = await serve(hello);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(url)).text()).toBe("hello");
    await supervisor.stop();
    await expect(fetch(url)).rejects.toThrow();
  });

  it("listens at the address it is given", async () => {
    expect((await serve(hello, { host: "::1" })).url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await serve(hello, { host: "0.0.0.0" })).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("on an address in use has a failed start, which is tried again", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const tree = createTree(
      defineHttpServer({
        name: "web",
        listener: hello,
        port,
        restart: { initialBackoffMs: 5, multiplier: 1, maxRetries: 10_000 },
      }),
    );
    const started = tree.supervisor.start();
    await until("it has failed", () => tree.supervisor.status("web").failures > 1);
    expect(tree.supervisor.status("web").error).toMatchObject({
      message: `app/web: cannot listen on 127.0.0.1:${port}: another server listens there already (EADDRINUSE)`,
      code: "EADDRINUSE",
    });
    other.close();
    await started;
  });

  it("makes its listener for each incarnation, with what it depends on", async () => {
    const greeting = { name: "greeting", start: () => "good day" };
    const web = defineHttpServer({
      name: "web",
      dependsOn: [greeting],
      port: 0,
      createListener: async ({ use }) => {
        const text = use(greeting);
        return (_request, response) => void response.end(text);
      },
      health: async ({ value }) => expect(await (await fetch(value.url)).text()).toBe("good day"),
    });
    await createTree(greeting, web).supervisor.start();
  });

  it("answers 500 where its listener throws or rejects, and goes on", async () => {
    const { url, log, exits } = await serve(async (incoming, response) => {
      if (incoming.url === "/ok") return void response.end("ok");
      throw new Error("bad listener");
    });
    expect((await fetch(url)).status).toBe(500);
    expect((await fetch(`${url}/ok`)).status).toBe(200);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([{ err: { message: "bad listener" } }]);
    expect(exits).toEqual([]);
  });
});

/** Nothing but its stop closes a connection of this server within the time that a test takes. */
const patient: Parameters<typeof serve>[1] = {
  stopTimeoutMs: 20_000,
  onServer: (server) => {
    server.keepAliveTimeout = 60_000;
  },
};

describe("the stop of an HTTP server", () => {
  it("finishes the requests in flight, answers them with Connection: close, and takes no new connection", async () => {
    const gate = createGate();
    const { url, port, supervisor, exits } = await serve(async (_request, response) => {
      gate.arrived++;
      await gate.opened;
      response.end("slow");
    });
    const agent = new Agent({ keepAlive: true });
    const answers = [1, 2].map(() => once(get(url, { agent }), "response") as Promise<[IncomingMessage]>);
    await until("both are in flight", () => gate.arrived === 2);
    const stopped = supervisor.stop();
    await until("no new connection is taken", () => isRefused(port));
    expect(supervisor.status("web").state).toBe("stopping");
    gate.open();
    for (const answer of answers) {
      const [response] = await answer;
      expect([response.statusCode, response.headers.connection]).toEqual([200, "close"]);
      response.resume();
    }
    await stopped;
    expect(exits).toEqual(["web stopped"]);
    agent.destroy();
  });

  it("closes idle keep-alive connections at once, and soon those that have never sent anything", async () => {
    const { url, port, supervisor } = await serve(hello, patient);
    const agent = new Agent({ keepAlive: true });
    const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
    await response.resume().toArray();
    const silent = await connectTo(port);
    const closed = once(silent, "close");
    const begun = performance.now();
    await supervisor.stop();
    await closed;
    expect(performance.now() - begun).toBeLessThan(10_000);
    agent.destroy();
  });

  it("finishes an answer whose headers have promised to keep the connection, and closes it then", async () => {
    const gate = createGate();
    const { url, supervisor } = await serve(async (_request, response) => {
      response.write("begin ");
      gate.arrived++;
      await gate.opened;
      response.end("end");
    }, patient);
    const agent = new Agent({ keepAlive: true });
    const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
    expect(response.headers.connection).toBe("keep-alive");
    const begun = performance.now();
    const stopped = supervisor.stop();
    gate.open();
    expect((await response.setEncoding("utf8").toArray()).join("")).toBe("begin end");
    await stopped;
    expect(performance.now() - begun).toBeLessThan(10_000);
    agent.destroy();
  });

  it("waits for a request whose body is still coming", async () => {
    const { url, supervisor, bytesRead } = await serve(async (incoming, response) => {
      response.end(`${(await incoming.toArray()).join("")}!`);
    });
    const upload = request(url, { method: "POST" });
    upload.write("first ");
    await until("it is in flight", () => bytesRead() > 0);
    const stopped = supervisor.stop();
    await until("it stops", () => supervisor.status("web").state === "stopping");
    upload.end("second");
    const [response] = (await once(upload, "response")) as [IncomingMessage];
    expect((await response.setEncoding("utf8").toArray()).join("")).toBe("first second!");
    await stopped;
  });

  it.for<[what: string, open: (port: number) => Promise<Socket>]>([
    [
      "an answer that does not come",
      async (port) => {
        const socket = await connectTo(port);
        socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        return socket;
      },
    ],
    [
      "a request that does not end",
      async (port) => {
        const socket = await connectTo(port);
        socket.write("GET / HT");
        return socket;
      },
    ],
    [
      "an upgraded connection",
      async (port) => {
        const socket = await connectTo(port);
        socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n");
        await once(socket, "data");
        return socket;
      },
    ],
  ])("destroys %s at the deadline, and has stopped", async ([, open]) => {
    const { port, supervisor, exits, updates, bytesRead } = await serve(() => {}, {
      stopTimeoutMs: 100,
      onServer: (server) =>
        server.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
    });
    const socket = await open(port);
    await until("it is in flight", () => bytesRead() > 0);
    const closed = once(socket, "close");
    await supervisor.stop();
    await closed;
    expect(exits).toEqual(["web stopped"]);
    expect(updates.filter(({ type }) => type === "unstopped")).toEqual([]);
  });

  it("destroys what is left at a deadline of the whole stop, too", async () => {
    const { port, supervisor, exits, bytesRead } = await serve(() => {});
    const socket = await connectTo(port);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await until("it is in flight", () => bytesRead() > 0);
    await supervisor.stop({ timeoutMs: 50 });
    expect(exits).toEqual(["web stopped"]);
  });
});

describe("a Fetch handler", () => {
  it("is given the request, and answers it (Hono)", async () => {
    const app = new Hono();
    app.get("/hello/:name", (c) => c.text(`hello ${c.req.param("name")}`, 201, { "x-kind": "hono" }));
    app.post("/echo", async (c) => c.body(await c.req.arrayBuffer()));
    const { url } = await serve(app);
    const hi = await fetch(`${url}/hello/ada`);
    expect([hi.status, await hi.text(), hi.headers.get("x-kind")]).toEqual([201, "hello ada", "hono"]);
    const echo = await fetch(`${url}/echo`, { method: "POST", body: new Uint8Array([0, 255, 1]) });
    expect([...new Uint8Array(await echo.arrayBuffer())]).toEqual([0, 255, 1]);
    expect((await fetch(`${url}/none`)).status).toBe(404);
  });

  it("sees url, method and headers as they were sent", async () => {
    const { url } = await serve({
      fetch: (incoming) =>
        Response.json([incoming.method, new URL(incoming.url).pathname, incoming.headers.get("x-a")]),
    });
    expect(await (await fetch(`${url}//a?b`, { method: "PUT", headers: { "x-a": "1" } })).json()).toEqual([
      "PUT",
      "//a",
      "1",
    ]);
  });

  it("may set several cookies, and answers HEAD without a body", async () => {
    const { url } = await serve({
      fetch: () => {
        const response = new Response("body", { status: 202, statusText: "Fine" });
        response.headers.append("set-cookie", "a=1");
        response.headers.append("set-cookie", "b=2");
        return response;
      },
    });
    const response = await fetch(url, { method: "HEAD" });
    expect([response.status, response.statusText, response.headers.getSetCookie()]).toEqual([
      202,
      "Fine",
      ["a=1", "b=2"],
    ]);
    expect(await response.text()).toBe("");
  });

  it("streams its answer, piece by piece", async () => {
    let push: ReadableStreamDefaultController<Uint8Array> | undefined;
    const { url } = await serve({
      fetch: () =>
        new Response(
          new ReadableStream<Uint8Array>({
            start(controller) {
              push = controller;
            },
          }),
        ),
    });
    const reader = (await fetch(url)).body!.getReader();
    for (const word of ["one", "two"]) {
      push!.enqueue(new TextEncoder().encode(word));
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(word);
    }
    push!.close();
    expect((await reader.read()).done).toBe(true);
  });

  it("hears that the client has gone, by the request's signal and by the cancellation of its stream", async () => {
    const heard: string[] = [];
    const { url, log } = await serve({
      fetch: (incoming) => {
        incoming.signal.addEventListener("abort", () => heard.push("abort"));
        return new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
            cancel: () => void heard.push("cancel"),
          }),
        );
      },
    });
    const client = new AbortController();
    await (await fetch(url, { signal: client.signal })).body!.getReader().read();
    client.abort();
    await until("both are heard", () => heard.length === 2);
    expect(heard.sort()).toEqual(["abort", "cancel"]);
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it.for<[what: string, fetch: () => never]>([
    [
      "throws",
      () => {
        throw new Error("bad handler");
      },
    ],
    ["rejects", () => Promise.reject(new Error("bad handler")) as never],
    ["returns no Response", () => "hello" as never],
  ])("that %s answers 500, and is logged", async ([, handler]) => {
    const { url, log } = await serve({ fetch: handler });
    expect((await fetch(url)).status).toBe(500);
    expect(log.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("is not asked about a request that no URL can be made of", async () => {
    const { port } = await serve({ fetch: () => new Response("asked") });
    const socket = await connectTo(port);
    socket.write("GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n");
    expect((await socket.setEncoding("utf8").toArray()).join("")).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("defineHttpServer refuses", () => {
  it.for<[spec: object, message: RegExp]>([
    [{}, /^s: expected exactly one of listener and createListener$/],
    [{ listener: hello, createListener: () => hello }, /exactly one of/],
    [
      { listener: {} },
      /listener must be a function \(request, response\), a function \(request\) .*, or an object with fetch\(request\)/,
    ],
    [{ listener: hello, port: 70_000 }, /port must be an integer from 0 to 65535; got 70000/],
    [{ listener: hello, port: Number.NaN }, /port must be/],
    [{ listener: hello, host: "" }, /host must be a name or an address/],
  ])("%j", ([spec, message]) => {
    expect(() => defineHttpServer({ name: "s", ...spec })).toThrow(message);
  });
});
