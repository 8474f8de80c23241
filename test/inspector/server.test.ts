// The server of the inspector: which requests it answers, what it changes, and what it streams.

import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { type InspectorOptions, type Served, serveInspector, serveRecording } from "../../src/inspector/index.ts";
import { unpackState, unpackTree } from "../../src/inspector/shared/packed.ts";
import type { Entry, Events } from "../../src/inspector/shared/protocol.ts";
import { type SseEvent, SseParser } from "../../src/inspector/ui/model/sse.ts";

const token = "0123456789abcdef";
const bearer = { authorization: `Bearer ${token}` };

let served: Served[] = [];
let trees: Supervisor[] = [];
let streams: AbortController[] = [];
afterEach(async () => {
  for (const stream of streams) stream.abort();
  for (const one of served) await one.close();
  for (const tree of trees) await tree.stop();
  [served, trees, streams] = [[], [], []];
});

/** A small tree with its inspector; the address ends with "/". */
async function serve(
  options: InspectorOptions = {},
): Promise<{ supervisor: Supervisor; base: string; served: Served }> {
  const supervisor = createSupervisor({
    name: "app",
    services: [
      { name: "api", start: () => "up" },
      { name: "web", services: [{ name: "front", start: () => 1 }], meta: { big: 1n } },
    ],
  });
  trees.push(supervisor);
  await supervisor.start();
  const inspector = await serveInspector(supervisor, { token, ...options });
  served.push(inspector);
  return { supervisor, base: inspector.url.replace(/#.*/, ""), served: inspector };
}

function post(base: string, verb: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}api/${verb}`, {
    method: "POST",
    headers: { ...bearer, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** A request with headers that fetch does not allow. */
function get(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on("error", reject)
      .end();
  });
}

interface Stream {
  /** The next event of a name, with what came before it dropped. */
  next(name: string): Promise<SseEvent>;
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
}

async function openStream(base: string, headers: Record<string, string> = {}): Promise<Stream> {
  const abort = new AbortController();
  streams.push(abort);
  const response = await fetch(`${base}events`, { headers: { ...bearer, ...headers }, signal: abort.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  const events: SseEvent[] = [];
  let wake = () => {};
  const ended = (async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        events.push(...parser.push(value));
        wake();
      }
    } catch {
      // The server has cut it off.
    }
  })();
  return {
    ended,
    async next(name) {
      for (;;) {
        while (events.length > 0) {
          const event = events.shift()!;
          if (event.event === name) return event;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const entriesOf = ({ data }: SseEvent): Entry[] => (JSON.parse(data) as Events["entries"]).entries;

describe("a request", () => {
  it("needs the token, to look as well as to change", async () => {
    const { base } = await serve();
    for (const path of ["events", "api/session", "api/recording", "api/explain?path=api"]) {
      expect((await fetch(base + path)).status, path).toBe(401);
      expect((await fetch(base + path, { headers: { authorization: "Bearer wrong" } })).status, path).toBe(401);
    }
    const { "content-type": _, ...headers } = { "content-type": "" };
    expect((await post(base, "stop", { path: "api" }, { authorization: "Bearer wrong", ...headers })).status).toBe(401);
    expect((await fetch(`${base}api/session`, { headers: bearer })).status).toBe(200);
  });

  it("may carry the token in the query where it only looks", async () => {
    const { base } = await serve();
    expect((await fetch(`${base}api/session?token=${token}`)).status).toBe(200);
    const change = await fetch(`${base}api/stop?token=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"path":"api"}',
    });
    expect(change.status).toBe(401);
  });

  it("is refused under a name of another machine", async () => {
    const { base } = await serve();
    const { port } = new URL(base);
    expect(await get(`${base}api/session`, { ...bearer, host: `evil.example:${port}` })).toBe(403);
    expect(await get(base, { host: `evil.example:${port}` })).toBe(403);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await get(`${base}api/session`, { ...bearer, host }), host).toBe(200);
    }
  });

  it("is refused from another site", async () => {
    const { base } = await serve();
    const { host } = new URL(base);
    const status = (headers: Record<string, string>) => get(`${base}api/session`, { ...bearer, host, ...headers });
    expect(await status({ origin: "http://evil.example" })).toBe(403);
    expect(await status({ origin: "null" })).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-site" })).toBe(403);
    expect(await status({ origin: `http://${host}`, "sec-fetch-site": "same-origin" })).toBe(200);
  });

  it("from another site may open the page itself, as a link does, and nothing else", async () => {
    const { base } = await serve();
    const { host } = new URL(base);
    const link = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    // There is no page when the server runs from its sources.
    expect(await get(base, link)).toBe((await fetch(base)).status);
    expect(await get(base, { ...link, "sec-fetch-dest": "iframe" })).toBe(403);
    expect(await get(base, { ...link, "sec-fetch-mode": "no-cors" })).toBe(403);
    expect(await get(base, { ...link, origin: "http://evil.example" })).toBe(403);
    for (const path of ["api/session", "events", "index.html", `api/session?token=${token}`]) {
      expect(await get(base + path, { ...link, ...bearer }), path).toBe(403);
    }
  });

  it("is answered with a policy that lets nothing but the page's own files run", async () => {
    const { base } = await serve();
    for (const path of ["api/session", "nothing"]) {
      const { headers } = await fetch(base + path, { headers: bearer });
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(headers.get("content-security-policy")).not.toMatch(/unsafe|\*|http/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("access-control-allow-origin")).toBe(null);
    }
  });

  // Case H11.
  it.each(["//", "/\\", "http://["])("for the malformed target %s is answered 400", async (target) => {
    const { base } = await serve();
    const { hostname, port } = new URL(base);
    const socket = connect({ port: Number(port), host: hostname });
    socket.end(`GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
    const [answer] = (await once(socket.setEncoding("utf8"), "data")) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("for an unknown path is answered 404, and for files beside the page, too", async () => {
    const { base } = await serve();
    for (const path of ["nothing", "api/nothing", "../package.json", "..%2f..%2fpackage.json", "%00"]) {
      expect((await fetch(base + path, { headers: bearer })).status, path).toBe(404);
    }
  });
});

describe("an action", () => {
  it("stops, starts and restarts a service, and answers when it is done", async () => {
    const { base, supervisor } = await serve();
    expect((await post(base, "stop", { path: "app/api" })).status).toBe(200);
    expect(supervisor.status("api").state).toBe("stopped");
    expect((await post(base, "start", { path: "api" })).status).toBe(200);
    expect(supervisor.status("api")).toMatchObject({ state: "running", incarnation: 2 });
    expect((await post(base, "restart", { path: "web/front" })).status).toBe(200);
    expect(supervisor.status("web/front").incarnation).toBe(2);
  });

  it("that fails says why", async () => {
    const { base } = await serve();
    const response = await post(base, "restart", { path: "app/apo" });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ error: { code: "ERR_UNKNOWN_SERVICE" } });
    expect((await post(base, "stop", { path: "app" })).status).toBe(409);
  });

  it("is refused unless it is as the page would send it", async () => {
    const { base, supervisor } = await serve();
    expect((await fetch(`${base}api/stop`, { headers: bearer })).status).toBe(405);
    expect((await post(base, "stop", { path: "api" }, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post(base, "stop", "{")).status).toBe(400);
    expect((await post(base, "stop", { path: 7 })).status).toBe(400);
    expect((await post(base, "stop", { path: "a".repeat(20_000) })).status).toBe(400);
    expect(supervisor.status("api").state).toBe("running");
  });

  it("is refused by an inspector that is read-only", async () => {
    const { base, supervisor } = await serve({ readOnly: true });
    expect((await post(base, "stop", { path: "api" })).status).toBe(403);
    expect(supervisor.status("api").state).toBe("running");
  });
});

describe("the stream", () => {
  it("begins with what is shown first, and goes on with what was before it and what happens", async () => {
    const { base, supervisor } = await serve();
    const stream = await openStream(base);
    const snapshot = JSON.parse((await stream.next("snapshot")).data) as Events["snapshot"];
    const tree = unpackTree(snapshot.tree);
    expect(snapshot).toMatchObject({ name: "app", head: 0 });
    expect(tree.path).toBe("app");
    const paths = ["app", "app/api", "app/web", "app/web/front"];
    expect(unpackState(snapshot.live, tree).rows.map(({ path }) => path)).toEqual(paths);
    const { charts } = JSON.parse((await stream.next("charts")).data) as Events["charts"];
    expect(Object.keys(charts)).toEqual(["service", "supervisor"]);
    const before = (JSON.parse((await stream.next("base")).data) as Events["base"]).base;
    expect(unpackState(before, tree).rows.map(({ path }) => path)).toEqual(paths);
    await supervisor.restartService("api");
    expect(entriesOf(await stream.next("entries"))[0]).toMatchObject({ n: 1, path: "app/api" });
  });

  it("survives a meta that is not JSON", async () => {
    const hostile = {
      toJSON() {
        throw new Error("no");
      },
    };
    const supervisor = createSupervisor({
      name: "app",
      services: [{ name: "api", start: () => 1, meta: { hostile } }],
      meta: { big: 1n },
    });
    const inspector = await serveInspector(supervisor, { token });
    served.push(inspector);
    const stream = await openStream(inspector.url.replace(/#.*/, ""));
    const tree = unpackTree((JSON.parse((await stream.next("snapshot")).data) as Events["snapshot"]).tree);
    expect(tree.meta).toEqual({ "(not JSON)": '{"big":"1"}' });
    expect(tree.services[0]!.meta).toEqual({ "(not JSON)": "(unreadable)" });
  });

  it("goes on after the last fact that the viewer has seen", async () => {
    const { base, supervisor } = await serve();
    const first = await openStream(base);
    await first.next("snapshot");
    await supervisor.restartService("api");
    const last = await first.next("entries");
    const { n } = entriesOf(last).at(-1)!;
    await supervisor.restartService("api");
    const second = await openStream(base, { "last-event-id": last.id! });
    expect(entriesOf(await second.next("entries"))[0]!.n).toBe(n + 1);
  });

  it("begins anew when the position is of another run, or is no longer kept", async () => {
    const { base, supervisor } = await serve({ historySize: 100 });
    await supervisor.restartService("api");
    for (const id of ["other:3", "nonsense", "x:99999"]) {
      const stream = await openStream(base, { "last-event-id": id });
      await stream.next("snapshot");
    }
    const stream = await openStream(base);
    // A page that has nothing but the first moment has nothing to go on from.
    expect((await stream.next("snapshot")).id).toBe(null);
    const { id } = await stream.next("base");
    for (let i = 0; i < 40; i++) await supervisor.restartService("api");
    const late = await openStream(base, { "last-event-id": id! });
    const snapshot = JSON.parse((await late.next("snapshot")).data) as Events["snapshot"];
    const { n } = (JSON.parse((await late.next("base")).data) as Events["base"]).base;
    expect([snapshot.live.n, n < snapshot.head]).toEqual([snapshot.head, true]);
    expect(n).toBeGreaterThan(0);
    expect(entriesOf(await late.next("entries"))[0]!.n).toBe(n + 1);
  });

  it("streams what was added and removed", async () => {
    const { base, supervisor } = await serve();
    const stream = await openStream(base);
    await stream.next("snapshot");
    await supervisor.addService({ name: "cache", start: () => 1 });
    expect((await stream.next("tree")).data).toContain('"cache"');
    await supervisor.removeService("cache");
    expect((await stream.next("tree")).data).not.toContain('"cache"');
  });

  it("ends at once when the inspector is closed, and the tree goes on", async () => {
    const { base, supervisor, served: inspector } = await serve();
    const stream = await openStream(base);
    await stream.next("snapshot");
    await inspector.close();
    await stream.ended;
    await expect(fetch(base)).rejects.toThrow();
    await supervisor.restartService("api");
    expect(supervisor.status("api").incarnation).toBe(2);
    await inspector.close();
  });

  it("has the end of the run, when the inspector is closed right after it", async () => {
    const { base, supervisor, served: inspector } = await serve();
    const stream = await openStream(base);
    await stream.next("snapshot");
    await supervisor.stop();
    await inspector.close();
    await stream.ended;
    const last = entriesOf(await stream.next("entries")).filter(({ kind }) => kind === "status");
    expect(last.at(-1)).toMatchObject({ path: "app", to: "stopped" });
  });

  it("of a viewer that leaves in the middle is forgotten", async () => {
    const { base, supervisor } = await serve();
    const { port } = new URL(base);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    for (let i = 0; i < 20; i++) await supervisor.restartService("api");
    const stream = await openStream(base);
    await stream.next("snapshot");
  });
});

describe("explanations", () => {
  it("are given for each path, with null for no limit", async () => {
    const { base } = await serve();
    const response = await fetch(`${base}api/explain?path=api&path=nothing`, { headers: bearer });
    expect(await response.json()).toMatchObject([
      { path: "api", state: "running", intensityLeft: null, retriesLeft: 5 },
      { path: "nothing", error: expect.stringContaining("no service has the path") },
    ]);
  });
});

describe("serveInspector", () => {
  it("gives a URL on loopback with a token of its own", async () => {
    const supervisor = createSupervisor({ name: "app", services: [] });
    const [one, two] = [await serveInspector(supervisor), await serveInspector(supervisor)];
    served.push(one, two);
    expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{24}$/);
    expect(one.url.slice(-24)).not.toBe(two.url.slice(-24));
  });

  it("refuses options that make no sense", async () => {
    const supervisor = createSupervisor({ name: "app", services: [] });
    const wrong: unknown[] = [
      { port: 70_000 },
      { host: "" },
      { token: "short" },
      { readOnly: 1 },
      { historySize: 5 },
      { include: ["contexts"] },
      { prot: 1 },
    ];
    for (const options of wrong) {
      await expect(serveInspector(supervisor, options as InspectorOptions)).rejects.toMatchObject({
        code: "ERR_INVALID_SPEC",
      });
    }
    await expect(serveInspector({} as Supervisor)).rejects.toMatchObject({ code: "ERR_INVALID_SPEC" });
  });

  it("rejects when its port is taken, and leaves nothing behind", async () => {
    const { base, supervisor } = await serve();
    const port = Number(new URL(base).port);
    await expect(serveInspector(supervisor, { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("serveRecording", () => {
  it("serves what an inspector has recorded, and nothing that changes anything", async () => {
    const { base } = await serve();
    const text = await (await fetch(`${base}api/recording`, { headers: bearer })).text();
    for (const recording of [text, JSON.parse(text) as object]) {
      const offline = await serveRecording(recording, { token });
      served.push(offline);
      const at = offline.url.replace(/#.*/, "");
      expect(await (await fetch(`${at}api/session`, { headers: bearer })).json()).toEqual({
        mode: "recording",
        name: "app",
        readOnly: true,
      });
      expect(await (await fetch(`${at}api/recording`, { headers: bearer })).json()).toEqual(JSON.parse(text));
      expect((await post(at, "stop", { path: "api" })).status).toBe(404);
    }
  });

  it("says where one is broken", async () => {
    const { base } = await serve();
    const recording = (await (await fetch(`${base}api/recording`, { headers: bearer })).json()) as { base: object };
    const broken: [object, string][] = [
      [{ entries: [{ n: 1 }, 5, null] }, "`entries[0]` is malformed"],
      [{ charts: { x: 1 } }, "`charts.x` is malformed"],
      [{ tree: { name: "app", path: "app", services: [null] } }, "`tree` is missing or malformed"],
      [{ base: { rows: [null], charts: [] } }, "`base` is missing or malformed"],
      // Case H10.
      [
        { entries: [{ n: 1, at: 0, path: "app", kind: "status", from: "stopped", to: "odd", phase: null }] },
        "`entries[0]`",
      ],
      [{ entries: [{ n: 1, at: 0, path: "app", kind: "strange" }] }, "`entries[0]` is malformed"],
      [
        { entries: [{ n: 1, at: 0, path: "app", kind: "escalation", error: { name: 5, message: {} } }] },
        "`entries[0]`",
      ],
      [{ base: { ...recording.base, rows: [{ path: "app", state: "odd", phase: null, since: 0 }] } }, "`base`"],
    ];
    for (const [part, message] of broken) {
      const served = serveRecording({ ...recording, ...part }, { token });
      await expect(served).rejects.toThrow(message);
    }
  });

  it("refuses anything that is not a recording", async () => {
    for (const wrong of ["{", "[]", {}, { format: "statevisor-recording", version: 2 }]) {
      await expect(serveRecording(wrong)).rejects.toMatchObject({ code: "ERR_INVALID_SPEC" });
    }
  });
});
