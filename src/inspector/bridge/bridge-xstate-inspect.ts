// bridge-xstate-inspect.ts: lets viewers of @xstate/inspect 0.8 attach to a tree. It speaks the wire protocol of that package
// itself, since the package cannot load beside XState 5.

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { AnyActorRef, InspectionEvent } from "xstate";
import { check, checkKeys, invalid } from "../../contract/check.ts";
import type { ServiceStatus, Supervisor, TreeStatus } from "../../index.ts";
import { createFrames, type Frames } from "./frames.ts";

export interface BridgeOptions {
  /** The port to listen on; 0 takes a free one, which `url` has. */
  port: number;
  /** @default "127.0.0.1" */
  host?: string | undefined;
  /**
   * Which pages may connect, by their origin (`"https://viewer.example"`); programs, which send no origin, always may. A
   * page that connects sees the tree.
   *
   * @default [] none but those of this machine
   */
  origins?: readonly string[] | undefined;
  /**
   * Whether viewers may send events to actors. Any event to any actor of the tree: it can break what it is sent to.
   *
   * @default false
   */
  allowEvents?: boolean | undefined;
  /**
   * What may hold secrets and is left out otherwise: the contexts of actors and what events carry.
   *
   * @default []
   */
  include?: readonly "context"[] | undefined;
}

export interface Bridge {
  /** Where a viewer connects: `ws://127.0.0.1:8787` */
  readonly url: string;
  close(): Promise<void>;
}

/** A viewer with more unread bytes than this is disconnected; it can connect again, and is sent everything anew. */
const maxBuffered = 8_000_000;

/**
 * Serves a tree to viewers of `@xstate/inspect` 0.8: its `createWebSocketReceiver`, or the classic visualiser in its
 * WebSocket mode. Every actor of the tree is registered when a viewer says that it is inspecting, those that come later
 * when they come; then events, states and stops follow. Without a viewer it costs nothing, and it does not keep the
 * process alive.
 *
 * @throws Error (from the promise) when it cannot listen; SupervisorError ERR_INVALID_SPEC for bad options.
 */
export async function bridgeXStateInspect(supervisor: Supervisor, options: BridgeOptions): Promise<Bridge> {
  const { port, host, origins, allowEvents, withContext } = readOptions(options);
  const http = createServer((_request, response) => void response.writeHead(426).end("this is for WebSockets"));
  http.unref();
  http.on("connection", (socket) => void socket.unref());
  const server = new WebSocketServer({
    server: http,
    maxPayload: 1_000_000,
    verifyClient: ({ req }: { req: IncomingMessage }) => isAllowed(req, host, origins),
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    http.listen(port, host, resolve);
  });
  server.on("error", () => {});
  server.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    socket.once("message", (data) => {
      if (typeOf(data) !== "xstate.inspecting") return socket.terminate();
      const viewing = view(supervisor, socket, withContext);
      socket.once("close", viewing.end);
      if (allowEvents) socket.on("message", (message) => viewing.receive(String(message)));
    });
  });
  return {
    url: `ws://${host.includes(":") ? `[${host}]` : host}:${(http.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

interface Viewing {
  receive(message: string): void;
  end(): void;
}

/** Serves one viewer, from its message "inspecting" on. */
function view(supervisor: Supervisor, socket: WebSocket, withContext: boolean): Viewing {
  const known = new Map<string, AnyActorRef>();
  const names = new Map<AnyActorRef, string>();
  const frames: Frames = createFrames((ref) => names.get(ref) ?? ref.id, withContext);
  const send = (frame: string) => {
    if (socket.bufferedAmount > maxBuffered) return socket.terminate();
    socket.send(frame, () => {});
  };
  const register = (ref: AnyActorRef) => {
    if (known.has(ref.sessionId)) return;
    known.set(ref.sessionId, ref);
    send(frames.register(ref));
  };
  for (const [path, ref] of actorsOf(supervisor)) {
    names.set(ref, path);
    register(ref);
  }
  const { system } = supervisor.actor;
  const subscription = system.inspect((event) => {
    try {
      observe(event);
    } catch {
      // What cannot be shown is left out: a viewer must not harm the tree.
    }
  });

  function observe(event: InspectionEvent): void {
    const ref = event.actorRef as AnyActorRef;
    if (event.type === "@xstate.event") {
      register(ref);
      send(frames.event(ref, event.event, event.sourceRef as AnyActorRef | undefined));
    } else if (event.type === "@xstate.snapshot") {
      register(ref);
      send(frames.state(ref, event.event));
      if (event.snapshot.status === "active" && event.event.type !== "xstate.stop") return;
      send(frames.stop(ref));
      known.delete(ref.sessionId);
      names.delete(ref);
    }
  }

  return {
    receive(message) {
      const { type, event } = parse(message);
      if (type !== "xstate.event" || typeof event !== "string") return;
      const { name, data, origin } = parse(event);
      const target = typeof origin === "string" ? known.get(origin) : undefined;
      target?.send(typeof data === "object" && data !== null ? (data as never) : ({ type: name } as never));
    },
    end: () => subscription.unsubscribe(),
  };
}

/** All services; supervisors come before their services, so that a viewer knows each parent. */
function actorsOf(supervisor: Supervisor): [path: string, ref: AnyActorRef][] {
  const visit = (status: ServiceStatus | TreeStatus): [string, AnyActorRef][] => {
    const { path } = status;
    const { service, supervisor: own, actor } = supervisor.actorsOf(path);
    const refs: [string, AnyActorRef | null][] = [
      [path, service],
      [own === null || service === null ? path : `${path} (supervisor)`, own],
      [`${path} (actor)`, actor],
    ];
    const inside = "services" in status ? status.services.flatMap(visit) : [];
    return [...refs.filter((entry): entry is [string, AnyActorRef] => entry[1] !== null), ...inside];
  };
  return visit(supervisor.status());
}

/** Pages of other sites could connect like any program of this machine; a browser sends their origin. */
function isAllowed({ headers }: IncomingMessage, host: string, origins: readonly string[]): boolean {
  if (!isHere(`http://${headers.host}`, host)) return false;
  const { origin } = headers;
  return origin === undefined || origins.includes(origin) || isHere(origin, host);
}

function isHere(url: string, host: string): boolean {
  try {
    return ["127.0.0.1", "localhost", "[::1]", host].includes(new URL(url).hostname);
  } catch {
    return false;
  }
}

function typeOf(data: unknown): unknown {
  return parse(String(data)).type;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readOptions(options: BridgeOptions) {
  const where = "bridgeXStateInspect";
  check.object(where, "options", options);
  checkKeys(where, options, ["port", "host", "origins", "allowEvents", "include"]);
  const { port, host = "127.0.0.1", origins = [], include = [] } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(where, "port", "an integer from 0 to 65535", port);
  }
  if (typeof host !== "string" || host === "") throw invalid(where, "host", "the name or address to listen on", host);
  if (!Array.isArray(origins)) throw invalid(where, "origins", "an array of origins", origins);
  if (!Array.isArray(include)) throw invalid(where, "include", 'an array that may hold "context"', include);
  const allowEvents = check.boolean(where, "allowEvents", options.allowEvents, false);
  return { port, host, origins, allowEvents, withContext: include.includes("context") };
}
