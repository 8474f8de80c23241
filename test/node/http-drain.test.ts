// The stop of a server, byte by byte: no begun answer is cut, no received request is lost, no answered client is waited for.

import { describe, expect, it } from "vitest";
import { createGate, isRefused, RawClient, serve } from "./serve.ts";
import { until } from "./support.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\nhost: x\n\n`;

async function measure(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

describe("a stop that meets", () => {
  // Case W1
  it("a client that reads slowly gives it every byte of an answer that has ended", async () => {
    const size = 30_000_000;
    const { port, supervisor } = await serve((_request, response) => void response.end(Buffer.alloc(size, "x")), {
      stopTimeoutMs: 20_000,
    });
    const client = await RawClient.connect(port);
    client.send(get("/"));
    await until("the answer comes", () => client.socket.bytesRead > 0);
    client.socket.pause();
    const stopped = supervisor.stop();
    // What the kernel holds on both sides is far less than the answer.
    await until("the server has closed", () => isRefused(port));
    client.socket.resume();
    await client.closed;
    await stopped;
    expect(client.text.length - client.text.indexOf("\r\n\r\n") - 4).toBe(size);
  });

  // Case W8
  it("pipelined requests answers all of them, the last with Connection: close", async () => {
    const gate = createGate();
    const { port, supervisor } = await serve(async ({ url }, response) => {
      gate.arrived++;
      await gate.opened;
      response.end(url);
    });
    const client = await RawClient.connect(port);
    client.send(get("/1") + get("/2") + get("/3"));
    await until("all are in flight", () => gate.arrived === 3);
    const stopped = supervisor.stop();
    gate.open();
    await client.closed;
    await stopped;
    expect(client.statuses).toEqual([200, 200, 200]);
    expect(client.text.match(/connection: close/gi)).toHaveLength(1);
    expect(client.text.toLowerCase().indexOf("connection: close")).toBeGreaterThan(client.text.indexOf("/2"));
  });

  // Case W10
  it("a request that the machine has received, and the server has not yet read, answers it", async () => {
    const { port, supervisor } = await serve(({ url }, response) => void response.end(url));
    const client = await RawClient.connect(port);
    client.send(get("/first"));
    await until("it is answered", () => client.text.includes("/first"));
    client.send(get("/second"));
    // The write has gone to the kernel in the same turn; the server cannot read it before this turn ends.
    const end = performance.now() + 50;
    while (performance.now() < end);
    await supervisor.stop();
    await client.closed;
    expect([client.statuses, client.error]).toEqual([[200, 200], null]);
  });

  it("clients that connect after the deadline destroys them too, and has stopped", async () => {
    const { port, supervisor, exits, updates } = await serve(() => {}, { stopTimeoutMs: 0 });
    const clients: RawClient[] = [];
    const connecting = setInterval(() => {
      RawClient.connect(port).then(
        (client) => {
          clients.push(client);
          client.send(get("/"));
        },
        () => {},
      );
    }, 1);
    try {
      await until("clients wait", () => clients.length > 5);
      await supervisor.stop();
    } finally {
      clearInterval(connecting);
    }
    await Promise.all(clients.map(({ closed }) => closed));
    expect([exits, updates.filter(({ type }) => type === "unstopped")]).toEqual([["web stopped"], []]);
  });

  // A machine that stands still for 200 ms cannot show it.
  it("a proxy that has just connected answers the request that it sends then", { retry: 3 }, async () => {
    const { port, server, supervisor } = await serve(({ url }, response) => void response.end(url), {
      stopTimeoutMs: 20_000,
    });
    const [proxy, silent] = [await RawClient.connect(port), await RawClient.connect(port)];
    const stopped = measure(() => supervisor.stop());
    await until("the server takes no more clients", () => !server.listening);
    proxy.send(get("/late"));
    await Promise.all([proxy.closed, silent.closed]);
    expect([proxy.statuses, proxy.error]).toEqual([[200], null]);
    expect(proxy.text.toLowerCase()).toContain("connection: close");
    expect(await stopped).toBeLessThan(10_000);
  });

  // Case W11
  it("a request that was answered before its body had come closes it", async () => {
    const { port, supervisor } = await serve((_request, response) => void response.end("ok"), {
      stopTimeoutMs: 20_000,
    });
    const client = await RawClient.connect(port);
    client.send("POST / HTTP/1.1\nhost: x\ncontent-length: 1000\n\nabc");
    await until("it is answered", () => client.text.includes("ok"));
    expect(await measure(() => supervisor.stop())).toBeLessThan(10_000);
    await client.closed;
    expect(client.error).toBe(null);
  });
});
