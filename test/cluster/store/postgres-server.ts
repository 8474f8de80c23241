// Starts Debian's PostgreSQL on a free port of loopback, as a child process, for tests. It refuses to run as root.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** The folder of the newest server; null if none is installed. */
export function findPostgres(): string | null {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
  const newest = versions.at(-1);
  return newest === undefined ? null : `/usr/lib/postgresql/${newest}/bin`;
}

/** The account to run as: that of Debian's package for root, else the own one. */
function accountOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function isReady(bin: string, port: number): boolean {
  return spawnSync(join(bin, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]).status === 0;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const bin = findPostgres()!;
  const port = await freePort();
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), "sv-postgres-"));
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
  const data = join(folder, "data");
  const options = { ...account, cwd: folder, stdio: "ignore" } as const;
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], options);
  let child: ChildProcess;
  const start = async () => {
    const given = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, ...settings];
    const args = ["-D", data, "-p", String(port), ...given.flatMap((setting) => ["-c", setting])];
    child = spawn(join(bin, "postgres"), args, options);
    await listens(port);
    // It listens before it answers.
    await until("PostgreSQL answers", () => isReady(bin, port));
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGQUIT");
    await exited;
  };
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    kill,
    start,
    freeze() {
      child.kill("SIGSTOP");
      for (const pid of childrenOf(child.pid!)) process.kill(pid, "SIGSTOP");
    },
    wake() {
      for (const pid of childrenOf(child.pid!)) process.kill(pid, "SIGCONT");
      child.kill("SIGCONT");
    },
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
