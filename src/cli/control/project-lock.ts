// project-lock.ts: one tree for each config: a lock that the kernel holds for this process, and releases when it dies.

import { closeSync, constants, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import type { Place } from "./runtime-folder.ts";

/** Who runs a tree. */
export interface Owner {
  readonly pid: number;
  /** The real path of the config. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The marks of its processes, and of those that killed runs before it may have left behind. */
  readonly marks: readonly string[];
}

/** A lock that is held. */
export interface ProjectLock {
  /** The process that held it before, when that was killed. */
  readonly killed: Owner | null;
  release(): void;
}

/** How many killed runs in a row are remembered. */
const mostMarks = 10;

/** Takes the lock of a project; null when another process holds it. */
export async function lockProject(place: Place, owner: Owner): Promise<ProjectLock | null> {
  // Every user of the machine can connect to the name. All they learn is that a process runs.
  const greeting = JSON.stringify({ pid: owner.pid, startedAt: owner.startedAt });
  const isLinux = process.platform === "linux";
  const release = await (isLinux ? bindName(place.lock, greeting) : lockFile(`${place.owner}.lock`));
  if (release === null) return null;
  // Whoever ends in order removes the file.
  const killed = readOwner(place);
  const marks = [...owner.marks, ...(killed?.marks ?? [])].slice(0, mostMarks);
  // Written in full before it gets its name: others read it, and the marks of killed runs must not be lost.
  const made = `${place.owner}.${process.pid}`;
  writeFileSync(made, JSON.stringify({ ...owner, marks }), { mode: 0o600 });
  renameSync(made, place.owner);
  return {
    killed,
    release() {
      rmSync(place.owner, { force: true });
      release();
    },
  };
}

/** How many may ask at once who holds a lock. */
const maxAsking = 50;
/** How long the holder of a lock may take to say who it is, in milliseconds: it may be paused. */
const answerMs = 1_000;

/**
 * The process that holds the lock of a project, by its own word where it gives one: the file may still be that of a process
 * that was killed.
 */
export async function askOwner(place: Place): Promise<Pick<Owner, "pid" | "startedAt"> | null> {
  if (process.platform !== "linux") return readOwner(place);
  const socket = connect(toName(place.lock));
  try {
    return JSON.parse(await textOf(socket)) as Owner;
  } catch {
    return readOwner(place);
  } finally {
    socket.destroy();
  }
}

/** Whether a process holds the lock of a project. Elsewhere than on Linux the file says who does, or did. */
export async function isLocked(place: Place): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const socket = connect(toName(place.lock)).on("error", () => {});
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("close", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

async function textOf(socket: Socket): Promise<string> {
  socket.setTimeout(answerMs, () => socket.destroy(new Error("no answer")));
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  return text;
}

/** The process that holds, or held last, the lock of a project. */
export function readOwner(place: Place): Owner | null {
  try {
    return JSON.parse(readFileSync(place.owner, "utf8")) as Owner;
  } catch {
    return null;
  }
}

/** In Linux's abstract sockets. */
function toName(lock: string): string {
  return `\0statevisor-${lock}`;
}

/** Only one process can have a name, and it leaves no file. It sends `greeting` to whoever connects. */
function bindName(lock: string, greeting: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {}).setTimeout(answerMs, () => socket.destroy());
      socket.end(greeting);
      socket.unref();
    });
    server.maxConnections = maxAsking;
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(toName(lock), () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}

/** BSD and macOS can lock a file when they open it (O_EXLOCK, which Node has no name for). */
async function lockFile(file: string): Promise<(() => void) | null> {
  const exclusive = process.platform === "win32" ? 0 : 0x20 | constants.O_NONBLOCK;
  try {
    const handle = openSync(file, constants.O_RDWR | constants.O_CREAT | exclusive, 0o600);
    return () => closeSync(handle);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EWOULDBLOCK") return null;
    throw error;
  }
}
