// httpProbe where a server upgrades, signs its own certificate, listens at a unix socket, or needs a password.

import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHealthHandler } from "../../src/http/index.ts";
import { defineHttpServer, httpProbe, tcpProbe } from "../../src/node/index.ts";
import { first } from "./certificate.ts";
import { freePort, listen, verdict } from "./probed.ts";
import { createTree, until } from "./support.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: test\r\n\r\n";
const upgrade = { connection: "upgrade", upgrade: "test" };

function upgrading(): Promise<number> {
  return listen(createServer().on("upgrade", (_request, socket) => socket.end(switching)));
}

describe("a probe of a server that upgrades", () => {
  // Case W5
  it("sees status 101", async () => {
    const url = `http://127.0.0.1:${await upgrading()}`;
    expect(await verdict(httpProbe(url, { headers: upgrade, expectStatus: 101 }))).toBe(null);
    expect(await verdict(httpProbe(url, { headers: upgrade }))).toBe(
      `GET ${url}/: expected status 200 to 399; got 101 Switching Protocols`,
    );
  });

  it("refuses to wait for a status that comes before the answer", () => {
    for (const status of [100, 102, 103]) {
      expect(() => httpProbe("http://x", { expectStatus: status })).toThrow(/expectStatus must be/);
    }
  });

  it("answers CONNECT by its status", async () => {
    const port = await listen(
      createServer().on("connect", (_request, socket) => socket.end("HTTP/1.1 200 Established\r\n\r\n")),
    );
    expect(await verdict(httpProbe(`http://127.0.0.1:${port}`, { method: "CONNECT" }))).toBe(null);
  });

  it("says so where the connection is closed without an answer", async () => {
    const port = await listen(createServer().on("connection", (socket) => socket.destroy()));
    expect(await verdict(httpProbe(`http://127.0.0.1:${port}`))).toMatch(
      /^GET http.*: (socket hang up|read ECONNRESET)$/,
    );
  });
});

describe("a URL with a password", () => {
  // Case W6
  it("is not shown, wherever the probe's error goes", async () => {
    const port = await freePort();
    const url = `http://me:s3cret@127.0.0.1:${port}/health?key=k3y#hash`;
    const { supervisor, log } = createTree({
      name: "web",
      start: () => {},
      readiness: { check: httpProbe(url), intervalMs: 5, failureThreshold: 1 },
      restart: "never",
      critical: false,
    });
    await supervisor.start().catch(() => {});
    const shown = await until("the probe has failed", () => supervisor.health().services["app/web"]?.error);
    expect(shown).toContain(`GET http://…@127.0.0.1:${port}/health?…: connect ECONNREFUSED`);
    const { fetch } = createHealthHandler(supervisor);
    const pages = ["/health", "/readyz?verbose", "/readyz/web", "/livez?verbose", "/metrics"].map(async (path) =>
      (await fetch(new Request(`http://localhost${path}`))).text(),
    );
    const everything = [
      ...(await Promise.all(pages)),
      JSON.stringify([supervisor.status(), supervisor.health(), supervisor.explain("web"), log]),
    ].join("\n");
    expect(everything).not.toMatch(/s3cret|k3y/);
  });

  it("is not shown where it is refused", () => {
    for (const url of ["ftp://me:s3cret@host/?key=k3y", "me:s3cret@host", "http://me:s3cret@[/?key=k3y"]) {
      expect(() => httpProbe(url)).toThrow(/absolute URL/);
      expect(() => httpProbe(url)).not.toThrow(/s3cret|k3y/);
    }
  });

  it("is sent to the server, as Basic authentication", async () => {
    const port = await listen(
      createServer(({ headers }, response) => {
        const isKnown = headers.authorization === `Basic ${Buffer.from("me:s3cret").toString("base64")}`;
        response.writeHead(isKnown ? 200 : 401).end();
      }),
    );
    expect(await verdict(httpProbe(`http://me:s3cret@127.0.0.1:${port}/`))).toBe(null);
    expect(await verdict(httpProbe(`http://me:wrong@127.0.0.1:${port}/`))).toMatch(/got 401/);
  });
});

// Case W13
describe("a probe of a server with a certificate of its own", () => {
  it("is unhealthy by default, healthy with its ca, or without a check", async () => {
    const { key, cert } = first;
    const port = await listen(createHttpsServer({ key, cert }, (_request, response) => void response.end("ok")));
    const url = `https://127.0.0.1:${port}/`;
    expect(await verdict(httpProbe(url))).toMatch(/self.signed certificate/);
    expect(await verdict(httpProbe(url, { ca: cert }))).toBe(null);
    expect(await verdict(httpProbe(url, { ca: [cert] }))).toBe(null);
    expect(await verdict(httpProbe(url, { rejectUnauthorized: false }))).toBe(null);
    expect(() => httpProbe(url, { ca: 5 as never })).toThrow(/ca must be/);
    expect(() => httpProbe(url, { rejectUnauthorized: "no" as never })).toThrow(/rejectUnauthorized must be/);
  });
});

// Case W13
describe("a probe of a server at a unix socket", () => {
  it("asks there, and says so where nothing listens", async () => {
    const socketPath = join(temporaryFolder(), "web.sock");
    const web = defineHttpServer({
      name: "web",
      socketPath,
      listener: (_request, response) => void response.end("ok"),
      health: httpProbe(({ value }) => `${value.url}/healthz`, { socketPath: ({ value }) => value.socketPath }),
    });
    const { supervisor } = createTree(web);
    await supervisor.start();
    expect(await verdict(httpProbe("http://localhost/", { socketPath }))).toBe(null);
    await supervisor.stop();
    expect(await verdict(httpProbe("http://localhost/", { socketPath }))).toBe(
      `GET http://localhost/ at ${socketPath}: connect ENOENT ${socketPath}`,
    );
    expect(() => httpProbe("http://x", { socketPath: "" })).toThrow(/socketPath must be/);
  });

  it("connects there, as a TCP probe does to a port", async () => {
    expect(await verdict(tcpProbe(await listen(createServer())))).toBe(null);
  });
});
