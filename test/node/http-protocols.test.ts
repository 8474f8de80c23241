// Servers beyond plain HTTP/1 at a port: TLS with a certificate that is renewed, HTTP/2, unix sockets.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, type Http2SecureServer } from "node:http2";
import { get as getHttps } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { defineHttpServer, type HttpServerSpec, type HttpServerValue } from "../../src/node/index.ts";
import { type Certificate, first, second } from "./certificate.ts";
import { bodyOf, createGate, serve } from "./serve.ts";
import { createTree, until } from "./support.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The name in the certificate that a new connection is shown. */
async function nameAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate() as PeerCertificate;
  socket.destroy();
  return String(subject.CN);
}

function write(folder: string, { key, cert }: Certificate): { keyFile: string; certFile: string } {
  const files = { keyFile: join(folder, "tls.key"), certFile: join(folder, "tls.crt") };
  writeFileSync(files.keyFile, key);
  writeFileSync(files.certFile, cert);
  return files;
}

// Case W13
describe("a server with tls", () => {
  it("serves HTTPS, and finishes what is in flight at a stop", async () => {
    const gate = createGate();
    const { url, supervisor } = await serve(
      async (_request, response) => {
        gate.arrived++;
        await gate.opened;
        response.end(Buffer.alloc(5_000_000, "x"));
      },
      { tls: { key: first.key, cert: first.cert } },
    );
    expect(url).toMatch(/^https:/);
    const answer = once(getHttps(url, { ca: first.cert }), "response");
    await until("it is in flight", () => gate.arrived === 1);
    const stopped = supervisor.stop();
    gate.open();
    const [response] = await answer;
    expect(response.headers.connection).toBe("close");
    expect((await bodyOf(response)).length).toBe(5_000_000);
    await stopped;
  });

  it("does not wait at a stop for clients that say nothing, before the handshake or after", async () => {
    const { port, supervisor } = await serve((_request, response) => void response.end(), {
      tls: { key: first.key, cert: first.cert },
      stopTimeoutMs: 20_000,
    });
    const silent = connect(port, "127.0.0.1").on("error", () => {});
    const greeted = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }).on("error", () => {});
    await Promise.all([once(silent, "connect"), once(greeted, "secureConnect")]);
    const begun = performance.now();
    await supervisor.stop();
    expect(performance.now() - begun).toBeLessThan(10_000);
    silent.destroy();
    greeted.destroy();
  });

  it("uses a renewed certificate for new connections, and keeps those that it has", async () => {
    const folder = temporaryFolder();
    const files = write(folder, first);
    const { port, supervisor, log } = await serve((_request, response) => void response.end("ok"), { tls: files });
    expect(await nameAt(port)).toBe("first");
    const old = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(old, "secureConnect");
    write(folder, second);
    await until("it is in use", async () => (await nameAt(port)) === "second");
    old.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect((await old.setEncoding("utf8").toArray()).join("")).toMatch(/^HTTP\/1.1 200 OK/);
    expect(log.some(({ message }) => message.startsWith("the certificate has changed"))).toBe(true);
    expect(supervisor.status("web").incarnation).toBe(1);
  });

  it("sees a renewal by links, as Kubernetes and certbot make it", async () => {
    const folder = temporaryFolder();
    for (const [version, certificate] of [
      ["1", first],
      ["2", second],
    ] as const) {
      mkdirSync(join(folder, version));
      write(join(folder, version), certificate);
    }
    symlinkSync("1", join(folder, "..data"));
    for (const file of ["tls.key", "tls.crt"]) symlinkSync(join("..data", file), join(folder, file));
    const { port } = await serve((_request, response) => void response.end(), {
      tls: { keyFile: join(folder, "tls.key"), certFile: join(folder, "tls.crt") },
    });
    expect(await nameAt(port)).toBe("first");
    symlinkSync("2", join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    await until("it is in use", async () => (await nameAt(port)) === "second");
  });

  it("goes on with the one it has where the new one cannot be used, and takes the next one that can", async () => {
    const folder = temporaryFolder();
    const files = write(folder, first);
    const { port, log, exits } = await serve((_request, response) => void response.end(), { tls: files });
    writeFileSync(files.certFile, "no certificate");
    await until("it is logged", () => log.some(({ level }) => level === "warn"));
    rmSync(files.certFile);
    expect(await nameAt(port)).toBe("first");
    write(folder, second);
    await until("it is in use", async () => (await nameAt(port)) === "second");
    expect(exits).toEqual([]);
  });

  it("has a failed start where its files are missing, or do not belong together", async () => {
    const folder = temporaryFolder();
    const files = write(folder, { ...first, key: second.key });
    for (const tls of [files, { keyFile: join(folder, "none"), certFile: files.certFile }]) {
      const web = defineHttpServer({ name: "web", listener: () => {}, tls, restart: "never", critical: true });
      await expect(createTree(web).supervisor.start()).rejects.toThrow(/key values mismatch|ENOENT/);
    }
  });
});

// Case W13
describe("a server with http2", () => {
  async function serveHttp2(listener: HttpServerSpec["listener"], tls?: HttpServerSpec["tls"]) {
    let value: HttpServerValue<Http2SecureServer> | undefined;
    const web = defineHttpServer<Http2SecureServer>({
      name: "web",
      http2: true,
      ...(tls && { tls }),
      listener: listener!,
      stopTimeoutMs: 20_000,
      health: (ctx) => {
        value = ctx.value;
      },
    });
    const tree = createTree(web);
    await tree.supervisor.start();
    const session = connectHttp2(value!.url, { ca: first.cert }).on("error", () => {});
    return { ...tree, ...value!, session };
  }

  async function ask(session: ClientHttp2Session, path = "/"): Promise<string> {
    const stream = session.request({ ":path": path });
    const [headers] = await once(stream, "response");
    return `${headers[":status"]} ${(await stream.setEncoding("utf8").toArray()).join("")}`;
  }

  it("answers clients of both versions, by one listener", async () => {
    const { session, url } = await serveHttp2(
      (incoming, response) => void response.end(`HTTP/${incoming.httpVersion} ${incoming.url}`),
      { key: first.key, cert: first.cert },
    );
    expect(await ask(session, "/a")).toBe("200 HTTP/2.0 /a");
    const [response] = await once(getHttps(`${url}/b`, { ca: first.cert }), "response");
    expect(await bodyOf(response)).toBe("HTTP/1.1 /b");
    session.destroy();
  });

  it("answers by a Fetch handler, without tls too", async () => {
    const app = new Hono().get("/hello/:name", (c) => c.text(`hello ${c.req.param("name")}`));
    const { session } = await serveHttp2(app);
    expect(await ask(session, "/hello/ada")).toBe("200 hello ada");
    session.destroy();
  });

  it("finishes the streams in flight at a stop, and does not wait for idle sessions", async () => {
    const gate = createGate();
    const { session, supervisor, url } = await serveHttp2(
      async (_request, response) => {
        gate.arrived++;
        await gate.opened;
        response.end(Buffer.alloc(3_000_000, "x"));
      },
      { key: first.key, cert: first.cert },
    );
    const idle = connectHttp2(url, { ca: first.cert }).on("error", () => {});
    await once(idle, "connect");
    const answers = [ask(session), ask(session)];
    await until("both are in flight", () => gate.arrived === 2);
    const stopped = supervisor.stop();
    await once(idle, "close");
    gate.open();
    for (const answer of await Promise.all(answers)) expect(answer.length).toBe(4 + 3_000_000);
    const begun = performance.now();
    await stopped;
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it("answers a stream that the machine has received, and the server has not yet read", async () => {
    const { session, supervisor } = await serveHttp2(({ url }, response) => void response.end(url));
    expect(await ask(session, "/first")).toBe("200 /first");
    const second = ask(session, "/second");
    await new Promise((resolve) => process.nextTick(resolve));
    const end = performance.now() + 50;
    while (performance.now() < end);
    await supervisor.stop();
    expect(await second).toBe("200 /second");
  });

  it("destroys what is left at the deadline", async () => {
    const gate = createGate();
    const { session, supervisor, exits } = await serveHttp2(() => void gate.arrived++, {
      key: first.key,
      cert: first.cert,
    });
    const stream = session.request({ ":path": "/" }).on("error", () => {});
    await until("it is in flight", () => gate.arrived === 1);
    await supervisor.stop({ timeoutMs: 100 });
    await until("it is closed", () => stream.destroyed);
    expect(exits).toEqual(["web stopped"]);
  });
});

// Case W13
describe("a server at a unix socket", () => {
  const answer = async (socketPath: string) => {
    const [response] = await once(get({ socketPath, path: "/a" }), "response");
    return bodyOf(response);
  };

  it("answers there, is named in its value, and takes the file away at a stop", async () => {
    const socketPath = join(temporaryFolder(), "web.sock");
    const server = await serve(({ url }, response) => void response.end(url), { socketPath, socketMode: 0o600 });
    expect([server.url, server.socketPath]).toEqual(["http://localhost", socketPath]);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(await answer(socketPath)).toBe("/a");
    await server.supervisor.stop();
    expect(existsSync(socketPath)).toBe(false);
  });

  it("finishes the request in flight at a stop", async () => {
    const socketPath = join(temporaryFolder(), "web.sock");
    const gate = createGate();
    const { supervisor } = await serve(
      async (_request, response) => {
        gate.arrived++;
        await gate.opened;
        response.end(Buffer.alloc(5_000_000, "x"));
      },
      { socketPath },
    );
    const reply = answer(socketPath);
    await until("it is in flight", () => gate.arrived === 1);
    const stopped = supervisor.stop();
    gate.open();
    expect((await reply).length).toBe(5_000_000);
    await stopped;
  });

  it("replaces one that a killed process has left, and leaves one that another process listens at", async () => {
    const socketPath = join(temporaryFolder(), "web.sock");
    const program = `require("net").createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, "SIGKILL"))`;
    try {
      execFileSync(process.execPath, ["-e", program]);
    } catch {}
    expect(existsSync(socketPath)).toBe(true);
    const { supervisor } = await serve(({ url }, response) => void response.end(url), { socketPath });
    expect(await answer(socketPath)).toBe("/a");
    const other = defineHttpServer({ name: "web", listener: () => {}, socketPath, restart: "never", critical: true });
    await expect(createTree(other).supervisor.start()).rejects.toThrow(
      `cannot listen on ${socketPath}: another server listens there already (EADDRINUSE)`,
    );
    expect(await answer(socketPath)).toBe("/a");
    await supervisor.stop();
  });

  it("does not remove a file that is not a socket", async () => {
    const socketPath = join(temporaryFolder(), "web.sock");
    writeFileSync(socketPath, "precious");
    chmodSync(socketPath, 0o600);
    const web = defineHttpServer({ name: "web", listener: () => {}, socketPath, restart: "never", critical: true });
    await expect(createTree(web).supervisor.start()).rejects.toThrow(/cannot listen on .*web\.sock/);
    expect(statSync(socketPath).size).toBe(8);
  });
});

describe("defineHttpServer refuses", () => {
  const listener = () => {};
  it.for<[spec: Partial<HttpServerSpec> | object, message: RegExp]>([
    [{ listener, socketPath: "" }, /socketPath must be the path of a unix socket/],
    [{ listener, socketPath: "/x", port: 80 }, /expected either socketPath, or port and host/],
    [{ listener, socketPath: "/x", socketMode: 0o7777 }, /socketMode must be an integer from 0 to 0o777/],
    [{ listener, tls: {} }, /tls must be a key and a certificate/],
    [{ listener, tls: { key: "secret" } }, /tls must be a key and a certificate: .*; got (?!.*secret)/],
    [{ listener, tls: { keyFile: 5, cert: "c" } }, /tls\.keyFile must be a path or a file URL/],
    [{ listener, http2: "yes" }, /http2 must be true or false/],
    [{ listener, serverOptions: 5 }, /serverOptions must be an object/],
  ])("%j", ([spec, message]) => {
    expect(() => defineHttpServer({ name: "s", ...spec })).toThrow(message);
  });
});
