// cluster.ts: `cluster` shows and changes a cluster from any machine that reaches its engine, without a config.

import type { Cluster } from "../../cluster/index.ts";
import { SupervisorError } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import {
  formatExplanation,
  formatMembers,
  formatRoles,
  formatStatus,
  formatTrees,
  formatUpdate,
  nameOfRole,
} from "../print/cluster.ts";
import { formatTime } from "../print/format.ts";
import { createStyle } from "../print/style.ts";

export const clusterVerbs = [
  "status",
  "nodes",
  "roles",
  "explain",
  "restart",
  "start",
  "stop",
  "move",
  "drain",
  "undrain",
  "forget",
  "watch",
  "try",
] as const;

export interface ClusterOptions {
  store?: string;
  id?: string;
  config?: string;
  json?: boolean;
  /** The node whose own tree is meant. */
  node?: string;
  /** The node that a role moves to. */
  to?: string;
  /** `drain`: return once the node holds nothing. */
  wait?: boolean;
  /** `drain`: though there is no other node. */
  force?: boolean;
  /** `try`: how many nodes, and how often each fault comes. */
  nodes?: number;
  rounds?: number;
}

type Connected = Cluster & AsyncDisposable;
type Act = (cluster: Connected, name: string, options: ClusterOptions) => Promise<number>;

const style = createStyle(process.stdout);

const acts: Record<Exclude<(typeof clusterVerbs)[number], "try">, Act> = {
  status: async (cluster, _, { json }) => {
    const status = await cluster.status();
    if (json) print(status);
    else write([...formatStatus(cluster), ...formatTrees(status)]);
    return status.health.status === "healthy" ? exitCodes.ok : exitCodes.failed;
  },
  nodes: async (cluster, _, { json }) => show(json, { members: cluster.members() }, formatMembers(cluster.members())),
  roles: async (cluster, _, { json }) =>
    show(json, { roles: cluster.roles() }, formatRoles(cluster.roles(), cluster.members())),
  explain: async (cluster, name, { json, node }) => {
    const explanation = await cluster.explain(name, { node });
    return show(json, explanation, formatExplanation(explanation));
  },
  restart: async (cluster, name, { node }) => done(cluster.restartService(name, { node })),
  start: async (cluster, name, { node }) => done(cluster.startService(name, { node })),
  stop: async (cluster, name, { node }) => done(cluster.stopService(name, { node })),
  move: async (cluster, name, { to }) => {
    const { role, shard } = toRole(name);
    return done(cluster.move(role, { shard, to }));
  },
  drain: async (cluster, name, { wait, force }) => {
    await cluster.drain(name, { force });
    if (wait) await until(cluster, isEmptied(cluster, name));
    return exitCodes.ok;
  },
  undrain: async (cluster, name) => done(cluster.undrain(name)),
  forget: async (cluster, name) => done(cluster.forget(name)),
  watch: async (cluster, _, { json, node }) => {
    const gone = new AbortController();
    const leave = () => gone.abort();
    process.once("SIGINT", leave);
    process.once("SIGTERM", leave);
    const updates = cluster.updates({ signal: gone.signal, nodes: node === undefined ? [] : node.split(",") });
    if (json) print({ members: cluster.members(), roles: cluster.roles(), health: cluster.health() });
    else write([...formatStatus(cluster), ""]);
    for await (const update of updates) {
      if (json) print({ ...update, time: Date.now() });
      else write([`${style("dim", formatTime(Date.now()))} ${formatUpdate(update)}`]);
    }
    return exitCodes.ok;
  },
};

export async function cluster(verb: string, name: string | undefined, options: ClusterOptions): Promise<number> {
  if (verb === "try") return (await import("../try/try.ts")).tryCluster(options);
  if (verb === "try-node" && name !== undefined && options.store !== undefined)
    return (await import("../try/node.ts")).runNode({ name, store: options.store }, options.config);
  const act = acts[verb as keyof typeof acts];
  if (act === undefined)
    throw new CliError(exitCodes.usage, `cluster has no "${verb}"; there are ${clusterVerbs.join(", ")}`);
  const needsName = !["status", "nodes", "roles", "watch"].includes(verb);
  if (needsName && name === undefined)
    throw new CliError(exitCodes.usage, `cluster ${verb}: which ${verb.endsWith("drain") ? "node" : "role"}?`);
  const connected = await connect(options);
  try {
    return await act(connected, name ?? "", options);
  } catch (error) {
    throw toCliError(error);
  } finally {
    await connected[Symbol.asyncDispose]();
  }
}

async function connect(options: ClusterOptions): Promise<Connected> {
  const { store, id } = await complete(options);
  const [{ connectCluster }, { toStore }] = await Promise.all([
    import("../../cluster/index.ts"),
    import("../cluster-store.ts"),
  ]);
  try {
    return await connectCluster({ id, store: toStore(store) });
  } catch (error) {
    throw toCliError(error);
  }
}

/** What the command line does not say, the config does. */
async function complete({ store, id, config }: ClusterOptions): Promise<{ store: string; id: string }> {
  if (store !== undefined && id !== undefined) return { store, id };
  const found = await findCluster(config);
  if (found === null)
    throw new CliError(
      exitCodes.usage,
      "cluster needs --store (nats://… or postgres://…) and --id, or a config of data with `cluster: { id, store }`",
    );
  return { store: store ?? found.store, id: id ?? found.id };
}

async function findCluster(
  config: string | undefined,
): Promise<{ readonly id: string; readonly store: string } | null> {
  const { findConfig } = await import("../config/find.ts");
  let file: string;
  try {
    file = findConfig(config);
  } catch (error) {
    if (config !== undefined) throw error;
    return null;
  }
  return (await (await import("../config/load.ts")).loadConfig(file)).cluster;
}

function toCliError(error: unknown): unknown {
  if (!(error instanceof SupervisorError)) return error;
  const code = {
    ERR_CLUSTER_UNREACHABLE: exitCodes.notRunning,
    ERR_NODE_UNREACHABLE: exitCodes.notRunning,
    ERR_UNKNOWN_NODE: exitCodes.usage,
    ERR_UNKNOWN_SERVICE: exitCodes.usage,
    ERR_INVALID_SPEC: exitCodes.usage,
  }[error.code as string];
  return new CliError(code ?? exitCodes.failed, error.message, { cause: error });
}

/** `"inbox/17"`: shard 17 of the role `inbox`. */
function toRole(name: string): { role: string; shard: number | undefined } {
  const [role = "", shard] = name.split("/");
  return { role, shard: shard === undefined ? undefined : Number(shard) };
}

async function done(work: Promise<void>): Promise<number> {
  await work;
  return exitCodes.ok;
}

/** A condition: a node holds nothing. It says what the node still holds, each time that this has changed. */
function isEmptied(cluster: Connected, name: string): () => boolean {
  let told = "";
  return () => {
    if (cluster.members().every(({ node, holds }) => node !== name || holds === 0)) return true;
    const held = cluster.roles().filter(({ node }) => node === name);
    const text = `waiting: ${name} still holds ${held.map(nameOfRole).join(", ")}; a role goes once another node would take it, and it has stopped here`;
    if (text !== told) process.stderr.write(`${text}\n`);
    told = text;
    return false;
  };
}

function until(cluster: Connected, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      remove();
      resolve();
    };
    const remove = cluster.on("update", look);
    look();
  });
}

function print(document: object): void {
  write([JSON.stringify({ schemaVersion: 1, ...document })]);
}

function write(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

function show(json: boolean | undefined, document: object, lines: readonly string[]): number {
  if (json) print(document);
  else write(lines);
  return exitCodes.ok;
}
