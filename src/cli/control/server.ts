// The control socket of a running tree. It belongs to one `up` at a time: a stale one is taken over, a live one refused.

import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { didYouMean } from "../../contract/wording.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { withLock } from "./lock.ts";
import { type Answer, type Request, readLines } from "./protocol.ts";
import { ensureRuntimeFolder, socketPath } from "./socket-path.ts";
import { type Call, type Running, toFailure, verbs } from "./verbs.ts";

export interface ControlServer {
  /** Removes the socket, and lets go of who is still connected; a stream (`logs -f`) ends in order. */
  close(): Promise<void>;
}

/** How long those who are connected may take to read the end, in milliseconds. */
const goodbyeMs = 300;

/** A request is short; what is longer is none of ours. */
const maxRequestLength = 100_000;

/**
 * Listens for the commands about a tree.
 *
 * @throws CliError 2 when another process runs this project's tree
 */
export async function serveControl(running: Running): Promise<ControlServer> {
  const path = socketPath(running.file);
  const sockets = new Set<Socket>();
  /** Who has asked for `down`: their connections end with the process, so that they know that nothing of it is left. */
  const waiting = new Set<Socket>();
  const closing = new AbortController();
  const server = createServer((socket) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)));
    // A client that goes away in the middle harms nobody.
    socket.on("error", () => socket.destroy());
    serve(running, socket, closing.signal, waiting);
  });
  ensureRuntimeFolder();
  await withLock(`${path}.lock`, async () => {
    if (await isLive(path)) {
      throw new CliError(
        exitCodes.usage,
        `this project is running already: ${running.file} (\`statevisor status\` shows it, \`statevisor down\` stops it)`,
      );
    }
    if (process.platform !== "win32") rmSync(path, { force: true });
    await listen(server, path);
  });
  return {
    async close() {
      closing.abort();
      server.close();
      const leaving = [...sockets].filter((socket) => !waiting.has(socket)).map((socket) => once(socket, "close"));
      await Promise.race([Promise.all(leaving), sleep(goodbyeMs)]);
    },
  };
}

/** Whether somebody answers there: the file of a process that was killed stays behind. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (live: boolean) => {
      socket.destroy();
      resolve(live);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Between listening and chmod the folder's mode (0700) keeps others out.
    server.once("error", reject).listen(path, () => {
      if (process.platform !== "win32") chmodSync(path, 0o600);
      resolve();
    });
  });
}

function serve(running: Running, socket: Socket, closing: AbortSignal, waiting: Set<Socket>): void {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  const answer = (message: Answer): boolean => socket.writable && socket.write(`${JSON.stringify(message)}\n`);
  const refuse = (message: string, code?: string) => {
    answer({ type: "error", message, ...(code !== undefined && { code }) });
    socket.end();
  };
  let isAsked = false;
  readLines(
    socket,
    (value) => {
      if (isAsked) return;
      isAsked = true;
      const request = value as Request;
      if (!Object.hasOwn(verbs, request?.verb)) {
        return refuse(`there is no verb "${request?.verb}"${didYouMean(String(request?.verb), Object.keys(verbs))}`);
      }
      const call: Call = {
        services: request.services ?? [],
        follow: request.follow ?? false,
        lines: request.lines ?? 100,
        signal,
        send: (data) => answer({ type: "data", data }),
        notice: (text) => void answer({ type: "notice", text }),
        onDrain: (listener) => void socket.on("drain", listener),
      };
      if (request.verb === "down") waiting.add(socket);
      verbs[request.verb](running, call).then(
        (ok) => {
          answer({ type: "end", ok });
          if (request.verb !== "down") socket.end();
        },
        (error) => {
          const { message, code } = toFailure(error);
          refuse(message, code);
        },
      );
    },
    (why) => refuse(`the request could not be read: ${why}`),
    maxRequestLength,
  );
}
