// The bridge to viewers of @xstate/inspect 0.8: proved with that package's own receiver, which runs on XState 4.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createMachine, fromPromise } from "xstate";
import { createSupervisor, type Supervisor } from "../../src/index.ts";
import { type Bridge, bridgeXStateInspect } from "../../src/inspector/index.ts";

const program = fileURLToPath(new URL("../xstate-inspect/receiver.mjs", import.meta.url));

interface Told {
  readonly type: string;
  readonly sessionId: string;
  readonly [field: string]: unknown;
}

interface Viewer {
  readonly told: Told[];
  readonly child: ChildProcess;
  /** Resolves to the first message, from now on or before, that fits. */
  hears(fits: (message: Told) => boolean): Promise<Told>;
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const lamp = createMachine({
  id: "lamp",
  initial: "off",
  context: { secret: "password" },
  states: {
    off: { tags: "dark", on: { TOGGLE: "on" } },
    on: { initial: "dim", states: { dim: {}, bright: {} }, on: { TOGGLE: { target: "off", guard: () => true } } },
  },
});

function createTree(): Supervisor {
  const supervisor = createSupervisor({
    name: "app",
    services: [
      { name: "steady", start: () => 1 },
      { name: "lamp", actor: lamp, dependsOn: ["steady"] },
      { name: "sub", services: [{ name: "later", actor: fromPromise(() => new Promise(() => {})), stopTimeoutMs: 0 }] },
    ],
  });
  open.push(() => supervisor.stop());
  return supervisor;
}

async function createBridge(supervisor: Supervisor, options: object = {}): Promise<Bridge> {
  const bridge = await bridgeXStateInspect(supervisor, { port: 0, ...options });
  open.push(() => bridge.close());
  return bridge;
}

function connect(bridge: Bridge): Viewer {
  const child = spawn(process.execPath, [program, bridge.url.replace("ws://", "")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const told: Told[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout! }).on("line", (line) => {
    told.push(JSON.parse(line));
    for (const listener of listeners) listener();
  });
  open.push(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  return {
    told,
    child,
    hears: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = told.find(fits);
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
  };
}

describe("a viewer", () => {
  it("is sent every actor of the tree, each as a machine that XState 4 understands", async () => {
    const supervisor = createTree();
    await supervisor.start();
    const viewer = connect(await createBridge(supervisor));
    await viewer.hears(({ id }) => id === "app/sub/later (actor)");
    const registered = viewer.told.filter(({ type }) => type === "service.register");
    expect(registered.map(({ id }) => id)).toEqual([
      "app",
      "app/steady",
      "app/lamp",
      "app/lamp (actor)",
      "app/sub",
      "app/sub (supervisor)",
      "app/sub/later",
      "app/sub/later (actor)",
    ]);
    const byId = Object.fromEntries(registered.map((message) => [message.id, message]));
    const sessionOf = (id: string) => byId[id]!.sessionId;
    expect(byId["app/steady"]).toMatchObject({
      parent: sessionOf("app"),
      machine: "service",
      initial: { stopped: "idle" },
      value: { running: "healthy" },
      states: ["stopped", "starting", "running", "stopping", "judging", "backoff", "failed"],
    });
    expect(byId["app/steady"]!.nextEvents).toEqual(expect.arrayContaining(["service.stop", "readiness.failed"]));
    expect(byId["app/lamp (actor)"]).toMatchObject({ machine: "lamp", value: "off", nextEvents: ["TOGGLE"] });
    expect(byId["app/sub/later"]!.parent).toBe(sessionOf("app/sub (supervisor)"));
    expect(byId["app/sub/later (actor)"]).toMatchObject({ value: "active", initial: "active" });
  });

  it("hears what happens: events, states, actors that end and that begin", async () => {
    const supervisor = createTree();
    await supervisor.start();
    const viewer = connect(await createBridge(supervisor));
    const old = await viewer.hears(({ id }) => id === "app/lamp (actor)");
    await viewer.hears(({ id }) => id === "app/sub/later (actor)");
    const service = viewer.told.find(({ id }) => id === "app/lamp")!.sessionId;
    await supervisor.restartService("lamp");
    await viewer.hears(({ type, sessionId }) => type === "service.stop" && sessionId === old.sessionId);
    await viewer.hears(
      ({ type, sessionId, event }) => type === "service.event" && sessionId === service && event === "service.restart",
    );
    await viewer.hears(
      ({ type, sessionId, value }) => type === "service.state" && sessionId === service && value === "stopping",
    );
    const fresh = await viewer.hears(
      ({ type, machine, sessionId }) =>
        type === "service.register" && machine === "lamp" && sessionId !== old.sessionId,
    );
    expect(fresh.parent).toBeDefined();
  });

  it("gets neither contexts nor what events carry, unless they are asked for", async () => {
    const supervisor = createTree();
    await supervisor.start();
    const plain = connect(await createBridge(supervisor));
    expect((await plain.hears(({ id }) => id === "app/lamp (actor)")).context).toEqual({});
    const full = connect(await createBridge(supervisor, { include: ["context"] }));
    expect((await full.hears(({ id }) => id === "app/lamp (actor)")).context).toEqual({ secret: "password" });
  });

  it("moves an actor by an event only where that is allowed", async () => {
    const supervisor = createTree();
    await supervisor.start();
    const ref = supervisor.actorsOf("lamp").actor!;
    const stateOf = () => (ref.getSnapshot() as { value: unknown }).value;

    const watching = connect(await createBridge(supervisor));
    const { sessionId } = await watching.hears(({ id }) => id === "app/lamp (actor)");
    watching.child.stdin!.write(`${sessionId} TOGGLE\n`);
    const acting = connect(await createBridge(supervisor, { allowEvents: true }));
    await acting.hears(({ id }) => id === "app/sub/later (actor)");
    acting.child.stdin!.write(`${sessionId} TOGGLE\n`);
    await acting.hears(({ type, value }) => type === "service.state" && JSON.stringify(value) === '{"on":"dim"}');
    expect(stateOf()).toEqual({ on: "dim" });
  });

  it("that goes away, or sends nonsense, does not disturb the tree", async () => {
    const supervisor = createTree();
    await supervisor.start();
    const bridge = await createBridge(supervisor);
    const gone = connect(bridge);
    await gone.hears(({ id }) => id === "app");
    gone.child.kill("SIGKILL");
    const rude = new WebSocket(bridge.url);
    await once(rude, "open");
    rude.send("{{{");
    await once(rude, "close");
    await supervisor.restartService("steady");
    expect(supervisor.health().healthy).toBe(true);
  });
});

describe("the bridge", () => {
  it.each([
    ["a page of another site", { origin: "https://evil.example" }],
    ["a name that was bound anew to this machine", { headers: { host: "evil.example:80" } }],
  ])("refuses %s", async (_, options) => {
    const bridge = await createBridge(createTree());
    const socket = new WebSocket(bridge.url, options);
    const [error] = await once(socket, "error");
    expect(String(error)).toContain("401");
  });

  it("lets a page in whose origin is named", async () => {
    const bridge = await createBridge(createTree(), { origins: ["https://viewer.example"] });
    const socket = new WebSocket(bridge.url, { origin: "https://viewer.example" });
    await once(socket, "open");
    socket.terminate();
  });

  it("checks its options, and says when it cannot listen", async () => {
    const supervisor = createTree();
    await expect(bridgeXStateInspect(supervisor, { port: 70_000 })).rejects.toThrow(
      "port must be an integer from 0 to 65535",
    );
    await expect(bridgeXStateInspect(supervisor, { port: 0, host: "" })).rejects.toThrow("host");
    const bridge = await createBridge(supervisor);
    const { port } = new URL(bridge.url);
    await expect(bridgeXStateInspect(supervisor, { port: Number(port) })).rejects.toThrow("EADDRINUSE");
  });
});
