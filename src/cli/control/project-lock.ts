// project-lock.ts: one tree for each config: a lock that the kernel holds for this process, and releases when it dies.

import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
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
  const release = await (process.platform === "linux" ? bindName(place.lock) : lockFile(`${place.owner}.lock`));
  if (release === null) return null;
  // Whoever ends in order removes the file.
  const killed = readOwner(place);
  const marks = [...owner.marks, ...(killed?.marks ?? [])].slice(0, mostMarks);
  writeFileSync(place.owner, JSON.stringify({ ...owner, marks }), { mode: 0o600 });
  return {
    killed,
    release() {
      rmSync(place.owner, { force: true });
      release();
    },
  };
}

/** The process that holds, or held last, the lock of a project. */
export function readOwner(place: Place): Owner | null {
  try {
    return JSON.parse(readFileSync(place.owner, "utf8")) as Owner;
  } catch {
    return null;
  }
}

/** A name of Linux's abstract sockets: only one process can have it, and it leaves no file. */
function bindName(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(`\0statevisor-${name}`, () => {
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
