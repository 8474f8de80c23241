// The engine of the demonstration: PostgreSQL of this machine, on a free port, in a folder of its own. It refuses to be root.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

export interface Engine {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** The folder of the programs of PostgreSQL: Debian's newest, or "" for those on the PATH; null if there are none. */
function findPrograms(): string | null {
  const debian = "/usr/lib/postgresql";
  const newest = existsSync(debian) ? readdirSync(debian).sort().at(-1) : undefined;
  if (newest !== undefined) return join(debian, newest, "bin");
  try {
    execFileSync("postgres", ["--version"], { stdio: "ignore" });
    return "";
  } catch {
    return null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** null if PostgreSQL is not installed. */
export async function startEngine(): Promise<Engine | null> {
  const programs = findPrograms();
  if (programs === null) return null;
  const isRoot = process.getuid?.() === 0;
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  const account = isRoot ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  const folder = mkdtempSync(join(tmpdir(), "statevisor-cluster-"));
  if (isRoot) chownSync(folder, idOf("-u"), idOf("-g"));
  const data = join(folder, "data");
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const options = { ...account, cwd: folder, stdio: "ignore", detached: true } as const;
  execFileSync(join(programs, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], options);
  const given = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, `port=${port}`];
  let child: ChildProcess;
  const start = async () => {
    child = spawn(join(programs, "postgres"), ["-D", data, ...given.flatMap((one) => ["-c", one])], options);
    await answers(url);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGQUIT"); // at once, without a last checkpoint, as a crash is
    await exited;
  };
  const remove = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  return { url, kill, start, remove };
}

async function answers(url: string): Promise<void> {
  for (let attempts = 0; ; attempts++) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempts > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
