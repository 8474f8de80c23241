// Starts a PostgreSQL on a free port of loopback, as a child process, for tests: Debian's, or the one that npm brings.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { accountOf, findDebian, openTo } from "../../../examples/cluster/programs.ts";
import { until } from "../../support/processes.ts";
import { freePort, listens } from "./ports.ts";

export interface PostgresServer {
  readonly url: string;
  kill(): Promise<void>;
  /** Starts it again, with its data. */
  start(): Promise<void>;
  /** SIGSTOP, to it and to the processes of its connections. */
  freeze(): void;
  wake(): void;
  remove(): Promise<void>;
}

export { findDebian as findPostgres, findEmbedded } from "../../../examples/cluster/programs.ts";

async function isReady(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** `found` is the folder of its programs. */
export async function startPostgres(found = findDebian()!): Promise<PostgresServer> {
  const port = await freePort();
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), "sv-postgres-"));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
  const bin = openTo(account, found, folder);
  const data = join(folder, "data");
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const options = { ...account, cwd: folder, stdio: "ignore" } as const;
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], options);
  let child: ChildProcess;
  const start = async () => {
    const given = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`];
    const args = ["-D", data, "-p", String(port), ...given.flatMap((setting) => ["-c", setting])];
    child = spawn(join(bin, "postgres"), args, options);
    await listens(port);
    // It listens before it answers.
    await until("PostgreSQL answers", () => isReady(url));
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGQUIT");
    await exited;
  };
  await start();
  return {
    url,
    kill,
    start,
    freeze() {
      child.kill("SIGSTOP");
      signalAll(childrenOf(child.pid!), "SIGSTOP");
    },
    wake() {
      signalAll(childrenOf(child.pid!), "SIGCONT");
      child.kill("SIGCONT");
    },
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
