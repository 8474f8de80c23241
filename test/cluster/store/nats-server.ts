// Starts nats-server with JetStream on free ports of loopback, as a child process, for tests.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, listens } from "./ports.ts";

/** Whether the machine has the program. */
export const hasNats = spawnSync("nats-server", ["--version"], { stdio: "ignore" }).status === 0;

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  /** Starts it again, with its data. */
  start(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  wake(): void;
  /** Kills it and removes its data; `start` begins with none. */
  wipe(): Promise<void>;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
}

/** Starts one server; with `routes`, as one of a cluster. */
export async function startNatsServer(args: readonly string[] = [], given?: number): Promise<NatsServer> {
  const port = given ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "sv-nats-"));
  let child: ChildProcess;
  const start = async () => {
    child = spawn("nats-server", ["-js", "-a", "127.0.0.1", "-p", String(port), "-sd", folder, ...args], {
      stdio: "ignore",
    });
    await listens(port);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: () => void child.kill("SIGSTOP"),
    wake: () => void child.kill("SIGCONT"),
    async wipe() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts servers that are a cluster. */
export async function startNatsCluster(count = 3): Promise<NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(",");
  return Promise.all(
    ports.map((port, index) =>
      startNatsServer([
        "-n",
        `s${index}`,
        "--cluster_name",
        "test",
        "--cluster",
        `nats://127.0.0.1:${port}`,
        "--routes",
        routes,
      ]),
    ),
  );
}
