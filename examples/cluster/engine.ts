// The engine of the demonstration: a PostgreSQL on a free port, in a folder of its own. npm has brought it; where it brings
// none for this platform, that of this machine is taken.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { accountOf, findDebian, findEmbedded, openTo } from "./programs.ts";

export interface Engine {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** null if there is no PostgreSQL. */
export async function startEngine(): Promise<Engine | null> {
  const found = findEmbedded() ?? findDebian();
  if (found === null) return null;
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), "statevisor-cluster-"));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
  const programs = openTo(account, found, folder);
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
