// The probes: when each is healthy, and what its error says when it is not.

import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { HealthCheck } from "../../src/index.ts";
import { defineHttpServer, execProbe, httpProbe, tcpProbe } from "../../src/node/index.ts";
import { freePort, listen, verdict } from "./probed.ts";
import { createTree, isAlive, sh, until } from "./support.ts";

const serve = (listener: RequestListener) => listen(createServer(listener));

describe("httpProbe", () => {
  it.for([200, 204, 302, 399])("is healthy with status %i", async (status) => {
    const port = await serve((_request, response) => void response.writeHead(status).end());
    expect(await verdict(httpProbe(`http://127.0.0.1:${port}`))).toBe(null);
  });

  it("says what was expected, what came, and the beginning of the answer", async () => {
    const port = await serve(
      (_request, response) => void response.writeHead(503).end(`no database\n${"x".repeat(1_000)}`),
    );
    const url = `http://127.0.0.1:${port}/healthz`;
    expect(await verdict(httpProbe(url))).toMatch(
      new RegExp(`^GET ${url}: expected status 200 to 399; got 503 Service Unavailable: "no database\\\\nx{100,200}"$`),
    );
  });

  it("takes the statuses, the method and the headers it is given", async () => {
    const port = await serve(
      ({ method, headers }, response) =>
        void response.writeHead(method === "POST" && headers["x-key"] === "k" ? 418 : 200).end(),
    );
    const url = new URL(`http://127.0.0.1:${port}/`);
    expect(await verdict(httpProbe(url, { method: "POST", headers: { "x-key": "k" }, expectStatus: [204, 418] }))).toBe(
      null,
    );
    expect(await verdict(httpProbe(url, { expectStatus: 418 }))).toBe(
      `GET ${url.href}: expected status 418; got 200 OK`,
    );
  });

  it("says why nothing came", async () => {
    const port = await freePort();
    expect(await verdict(httpProbe(`http://127.0.0.1:${port}`))).toBe(
      `GET http://127.0.0.1:${port}/: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  it("ends when its signal aborts, before or while it waits", async () => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const port = await serve(() => arrived());
    const controller = new AbortController();
    const answer = verdict(httpProbe(`http://127.0.0.1:${port}`), { signal: controller.signal });
    await asked;
    controller.abort();
    expect(await answer).toMatch(/abort/);
    expect(await verdict(httpProbe(`http://127.0.0.1:${port}`), { signal: AbortSignal.abort() })).toMatch(/abort/);
  });

  it("is given the url by the service it probes", async () => {
    let asked = 0;
    const web = defineHttpServer({
      name: "web",
      listener: (_request, response) => {
        asked++;
        response.end();
      },
      health: httpProbe(({ value }) => `${value.url}/healthz`),
    });
    await createTree(web).supervisor.start();
    expect(asked).toBeGreaterThan(0);
  });

  it("refuses anything but a URL, and options that make no sense", () => {
    expect(() => httpProbe("localhost:80")).toThrow(/^httpProbe: url must be an absolute URL/);
    expect(() => httpProbe("/healthz")).toThrow(/url must be an absolute URL/);
    expect(() => httpProbe("http://x", { expectStatus: 99 })).toThrow(
      /expectStatus must be 101, a status from 200 to 599/,
    );
    expect(() => httpProbe("http://x", { expectedStatus: 200 } as never)).toThrow(
      /unknown option "expectedStatus"; did you mean "expectStatus"/,
    );
  });
});

describe("tcpProbe", () => {
  it("is healthy when a connection can be made, and closes it", async () => {
    let closed = 0;
    const port = await listen(
      createTcpServer((socket) =>
        socket
          .on("error", () => {})
          .on("close", () => closed++)
          .resume(),
      ),
    );
    expect(await verdict(tcpProbe(port))).toBe(null);
    await until("it is closed", () => closed === 1);
  });

  it("says what was tried, and why it failed", async () => {
    const port = await freePort();
    expect(await verdict(tcpProbe(port))).toBe(`connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`);
    expect(await verdict(tcpProbe(port, "localhost"))).toMatch(
      new RegExp(`^connect to localhost:${port}: .*ECONNREFUSED`),
    );
  });

  it("ends when its signal aborts", async () => {
    expect(await verdict(tcpProbe(1, "127.0.0.1"), { signal: AbortSignal.abort() })).toMatch(/abort/);
  });

  it("is given the port by the service it probes", async () => {
    const port = await listen(createTcpServer());
    expect(
      await verdict(tcpProbe<{ port: number }>(({ value }) => value.port) as HealthCheck, { value: { port } }),
    ).toBe(null);
  });

  it("refuses anything but a port", () => {
    expect(() => tcpProbe(0)).toThrow(/^tcpProbe: port must be an integer from 1 to 65535; got 0/);
    expect(() => tcpProbe("80" as never)).toThrow(/port must be/);
    expect(() => tcpProbe(80, "")).toThrow(/host must be/);
  });
});

describe("execProbe", () => {
  it("is healthy with exit code 0", async () => {
    expect(await verdict(execProbe(["true"]))).toBe(null);
    expect(await verdict(execProbe(sh("[ $PWD = / ] && [ $A = b ]"), { cwd: "/", env: { A: "b" } }))).toBe(null);
  });

  it.for<[command: readonly [string, ...string[]], message: string]>([
    [
      sh("echo no; echo why >&2; exit 3"),
      'exited with code 3 (sh -c "echo no; echo why >&2; exit 3"); it said last: why',
    ],
    [["false"], "exited with code 1 (false); it wrote nothing"],
    [sh("kill -9 $$"), 'was killed by SIGKILL (sh -c "kill -9 $$"); it wrote nothing'],
  ])("says how %j ended, and what it said last", async ([command, message]) => {
    expect(await verdict(execProbe(command))).toBe(message);
  });

  it("says why nothing could be run", async () => {
    expect(await verdict(execProbe(["statevisor-no-such"], { cwd: "/" }))).toBe(
      'app/web: cannot start statevisor-no-such: there is no program "statevisor-no-such" on its PATH (ENOENT); in /',
    );
  });

  it("kills the whole group when its signal aborts", async () => {
    const pids: number[] = [];
    const { readFileSync } = await import("node:fs");
    const controller = new AbortController();
    const file = `/tmp/statevisor-probe-${process.pid}`;
    const answer = verdict(
      execProbe(
        sh(
          `sh -c 'trap "" TERM; while :; do sleep 1; done' & echo $! $$ > ${file}.part; mv ${file}.part ${file}; wait`,
        ),
      ),
      { signal: controller.signal },
    );
    pids.push(
      ...(
        await until("it runs", () => {
          try {
            return readFileSync(file, "utf8");
          } catch {
            return false;
          }
        })
      )
        .trim()
        .split(" ")
        .map(Number),
    );
    (await import("node:fs")).rmSync(file);
    expect(pids.filter(isAlive)).toHaveLength(2);
    controller.abort();
    expect(await answer).toMatch(/was killed by SIGKILL/);
    await until("all are gone", () => pids.filter(isAlive).length === 0);
  });

  it("refuses anything but a command", () => {
    expect(() => execProbe("true" as never)).toThrow(/^execProbe: command must be an array of strings/);
    expect(() => execProbe([] as never)).toThrow(/command must be/);
    expect(() => execProbe(["true"], { shell: true } as never)).toThrow(/unknown option "shell"/);
  });
});
