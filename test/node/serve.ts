// A running HTTP server for tests, raw clients for it, and a gate at which its requests wait.

import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { connect, type Socket } from "node:net";
import {
  defineHttpServer,
  type HttpListener,
  type HttpServerSpec,
  type HttpServerValue,
} from "../../src/node/index.ts";
import { createTree, type RealTree } from "./support.ts";

export interface RunningServer extends RealTree, HttpServerValue {
  readonly port: number;
  /** How many bytes the server has read, from all connections so far. */
  bytesRead(): number;
}

/** A tree with one HTTP server, "app/web". `onServer` is called with the server before it is used. */
export async function serve(
  listener: HttpListener,
  { onServer, ...spec }: Partial<HttpServerSpec> & { onServer?: (server: Server) => void } = {},
): Promise<RunningServer> {
  let value: HttpServerValue | undefined;
  const web = defineHttpServer({
    ...(spec.createListener === undefined && { listener }),
    ...spec,
    name: "web",
    health: (ctx) => {
      value = ctx.value;
    },
  });
  const tree = createTree(web);
  await tree.supervisor.start();
  const { server, url } = value!;
  onServer?.(server as Server);
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const bytesRead = () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
  return { ...tree, ...value!, bytesRead, port: Number(new URL(url).port) };
}

/** A gate that requests wait at. */
export function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened, arrived: 0 };
}

export async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Whether nothing listens at a port. */
export function isRefused(port: number): Promise<boolean> {
  return connectTo(port).then(
    (socket) => socket.destroy() && false,
    ({ code }) => code === "ECONNREFUSED",
  );
}

/** A raw connection: sends any text, and keeps everything that comes back. */
export class RawClient {
  readonly socket: Socket;
  #text = "";
  error: NodeJS.ErrnoException | null = null;
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1").on("data", (text) => {
      this.#text += text;
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await connectTo(port));
  }

  get text(): string {
    return this.#text;
  }

  /** The status lines of all answers so far. */
  get statuses(): number[] {
    return [...this.#text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => Number(match[1]));
  }

  send(text: string): void {
    this.socket.write(text.replaceAll("\n", "\r\n"), "latin1");
  }
}

/** The body of an answer, whole. */
export async function bodyOf(response: IncomingMessage): Promise<string> {
  return (await response.setEncoding("utf8").toArray()).join("");
}
