// PostgreSQL and NATS in namespaces of a network.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsStore } from "statevisor/cluster/nats";
import { postgresStore } from "statevisor/cluster/postgres";
import { until } from "../../support/processes.ts";
import type { Engine } from "../faults/engines.ts";
import { findPostgres } from "../store/postgres-server.ts";
import { type Network, ownAddress } from "./network.ts";

const ports = { postgres: 5432, nats: 4222, routes: 6222 };

interface Server {
  readonly address: string;
  remove(): Promise<void>;
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  rmSync(folder, { recursive: true, force: true });
}

/** Starts PostgreSQL in a namespace, or in that of the test. It refuses to be root. */
export async function startPostgresIn(network: Network, namespace: string | null): Promise<Server> {
  const bin = findPostgres()!;
  const id = (flag: string) => execFileSync("id", [flag, "postgres"], { encoding: "utf8" }).trim();
  const folder = mkdtempSync(join(tmpdir(), "sv-partitions-"));
  chownSync(folder, Number(id("-u")), Number(id("-g")));
  const data = join(folder, "data");
  const as = ["setpriv", "--reuid", id("-u"), "--regid", id("-g"), "--clear-groups"];
  const run = (command: string, ...args: string[]) =>
    execFileSync(as[0]!, [...as.slice(1), join(bin, command), ...args], { stdio: "ignore", cwd: folder });
  run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync");
  appendFileSync(join(data, "pg_hba.conf"), "host all all 10.77.0.0/24 trust\n");
  const address = namespace === null ? ownAddress : network.addressOf(namespace);
  const prefix = namespace === null ? [] : network.prefix(namespace);
  const settings = [`listen_addresses=${address}`, `unix_socket_directories=${folder}`].flatMap((one) => ["-c", one]);
  const [command, ...args] = [...prefix, ...as, join(bin, "postgres"), "-D", data, ...settings];
  const child = spawn(command!, args, { stdio: "ignore", cwd: folder });
  await until("PostgreSQL answers", () => {
    try {
      run("pg_isready", "-q", "-h", address, "-p", String(ports.postgres));
      return true;
    } catch {
      return false;
    }
  });
  return { address: `postgres://postgres@${address}:${ports.postgres}/postgres`, remove: () => end(child, folder) };
}

/** PostgreSQL as the engine, in the namespace "e0". */
export async function postgresIn(network: Network): Promise<Engine> {
  network.add("e0");
  const server = await startPostgresIn(network, "e0");
  return toEngine("postgres", [server.address], () => postgresStore({ connectionString: server.address }), [server]);
}

/** Three NATS servers, in the namespaces "e0", "e1" and "e2"; s0, s1 and s2 are their names. */
export async function threeNatsIn(network: Network): Promise<Engine> {
  const names = ["s0", "s1", "s2"];
  for (const name of names) network.add(name);
  const routes = names.map((name) => `nats://${network.addressOf(name)}:${ports.routes}`).join(",");
  const servers = names.map((name): Server => {
    const address = network.addressOf(name);
    const folder = mkdtempSync(join(tmpdir(), "sv-partitions-"));
    const own = ["-js", "-a", address, "-p", String(ports.nats), "-sd", folder, "-n", name];
    const cluster = ["--cluster_name", "test", "--cluster", `nats://${address}:${ports.routes}`, "--routes", routes];
    const [command, ...args] = [...network.prefix(name), "nats-server", ...own, ...cluster];
    const child = spawn(command!, args, { stdio: "ignore" });
    return { address: `nats://${address}:${ports.nats}`, remove: () => end(child, folder) };
  });
  const addresses = servers.map(({ address }) => address);
  return toEngine("3 nats", addresses, () => natsStore({ servers: addresses }), servers);
}

function toEngine(
  name: string,
  addresses: readonly string[],
  store: Engine["store"],
  servers: readonly Server[],
): Engine {
  return {
    name,
    addresses,
    store,
    servers: [],
    ports: [],
    addressOf: () => "",
    wipe: () => Promise.reject(new Error("not here")),
    async remove() {
      for (const server of servers) await server.remove();
    },
  };
}
