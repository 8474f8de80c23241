// server.ts: the control socket of a running tree. The process that holds the lock of the project owns the socket.

import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { processMark } from "../../node/index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { formatTime } from "../print/format.ts";
import { type Failure, toCall, toFailure } from "./call.ts";
import { askOwner, lockProject, type Owner } from "./project-lock.ts";
import { type Answer, readLines } from "./protocol.ts";
import type { Running } from "./running.ts";
import { makePlace, type Place } from "./runtime-folder.ts";
import { sweep } from "./sweep.ts";
import { toRequest } from "./to-request.ts";
import { verbs } from "./verbs.ts";

export interface ControlServer {
  /** The run before this one, when it was killed: it may have left processes behind. */
  readonly killed: Owner | null;
  /** Removes the socket, and closes all connections; a stream (`logs -f`) ends in order. */
  close(): Promise<void>;
}

/** How long clients may take to read the end, in milliseconds. */
const goodbyeMs = 300;
/** How long a client may take to send its request, in milliseconds. */
const requestMs = 5_000;
const maxRequestLength = 100_000;
/** How many clients may be connected at once. */
const maxClients = 100;
/** How often it is checked that the socket is still there, in milliseconds: cleaners of temporary files remove it. */
const watchMs = 1_000;

/**
 * Serves the verbs about a tree.
 *
 * @throws CliError 2 when another process runs the tree of this project
 */
export async function serveControl(running: Running): Promise<ControlServer> {
  const { startedAt } = running;
  const { file } = running.config;
  const place = makePlace(file);
  const lock = await lockProject(place, { pid: process.pid, file, startedAt, marks: [processMark] });
  if (lock === null) throw await alreadyRunning(file, place);
  const clients = new Clients(running);
  let server = await clients.listen(place.socket).catch((error) => {
    lock.release();
    throw new CliError(exitCodes.failed, `the control socket cannot be made: ${error.message}`, { cause: error });
  });
  const watcher = setInterval(() => {
    if (isThere(place.socket)) return;
    server.close();
    clients.listen(place.socket).then(
      (again) => {
        server = again;
      },
      () => {},
    );
  }, watchMs).unref();
  // Whatever it meets there is not worth a word.
  sweep(place).catch(() => {});
  return {
    killed: lock.killed,
    async close() {
      clearInterval(watcher);
      server.close();
      await clients.close();
      lock.release();
    },
  };
}

async function alreadyRunning(file: string, place: Place): Promise<CliError> {
  const owner = await askOwner(place);
  const where = owner === null ? "" : `, as process ${owner.pid} since ${formatTime(owner.startedAt)}`;
  const hint = "`statevisor status` shows it, `statevisor down` stops it";
  return new CliError(exitCodes.usage, `this project is running already: ${file}${where} (${hint})`);
}

function isThere(socket: string): boolean {
  return process.platform === "win32" || lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true;
}

/** A cleaner of temporary files may have removed the socket in the moment since it was made. */
function chmodIfThere(socket: string): void {
  try {
    chmodSync(socket, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** The connections of the clients, over all sockets that were listened on. */
class Clients {
  readonly #running: Running;
  readonly #sockets = new Set<Socket>();
  /** The clients that asked for `down`. Their connections end with the process: then nothing of the tree is left. */
  readonly #waiting = new Set<Socket>();
  readonly #closing = new AbortController();

  constructor(running: Running) {
    this.#running = running;
  }

  listen(path: string): Promise<Server> {
    const server = createServer((socket) => this.#serve(socket));
    server.maxConnections = maxClients;
    if (process.platform !== "win32") rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject).listen(path, () => {
        // Until now the mode of the folder (0700) has kept other users out.
        if (process.platform !== "win32") chmodIfThere(path);
        server.off("error", reject).on("error", () => {});
        resolve(server);
      });
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const leaving = [...this.#sockets].filter((socket) => !this.#waiting.has(socket) && !socket.closed);
    const left = leaving.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    await Promise.race([Promise.all(left), sleep(goodbyeMs)]);
  }

  #serve(socket: Socket): void {
    const gone = new AbortController();
    const late = setTimeout(() => socket.destroy(), requestMs);
    this.#sockets.add(socket);
    // A client that goes away in the middle must not disturb the tree.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(late);
      gone.abort();
      this.#sockets.delete(socket);
    });
    const answer = (message: Answer): boolean => socket.writable && socket.write(`${JSON.stringify(message)}\n`);
    const refuse = (message: string, failure: Partial<Failure> = {}) => {
      answer({ type: "error", ...failure, message });
      socket.destroySoon();
    };
    let isAsked = false;
    const onValue = (value: unknown) => {
      if (isAsked) return;
      isAsked = true;
      clearTimeout(late);
      const request = toRequest(value);
      if (typeof request === "string") return refuse(request);
      answer({ type: "accepted" });
      const call = toCall(request, {
        signal: AbortSignal.any([gone.signal, this.#closing.signal]),
        send: (data) => answer({ type: "data", data }),
        notice: (text) => void answer({ type: "notice", text }),
        onDrain: (listener) => void socket.on("drain", listener),
      });
      const isDown = request.verb === "down";
      if (isDown) this.#waiting.add(socket);
      verbs[request.verb](this.#running, call).then(
        (ok) => {
          answer({ type: "end", ok });
          if (!isDown) socket.end();
        },
        (error) => {
          const failure = toFailure(error);
          refuse(failure.message, failure);
        },
      );
    };
    readLines(socket, onValue, (why) => refuse(`the request could not be read: ${why}`), maxRequestLength);
  }
}
