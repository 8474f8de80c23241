// load.ts: a config file as a tree that could be started: read and checked. Starts nothing.

import { statSync } from "node:fs";
import { extname } from "node:path";
import { SupervisorError, toError } from "../../contract/errors.ts";
import type { ChildSpec, SupervisorSpec } from "../../contract/spec.ts";
import { textOf } from "../../contract/wording.ts";
import { describeTree } from "../../index.ts";
import { fileState, type ReadFiles } from "../control/config-age.ts";
import type { LogTargetOf } from "./log-targets.ts";
import { refuseFile } from "./problems.ts";
import { terminalOwners } from "./terminal-owners.ts";
import type { WatchTarget } from "./watch-targets.ts";

export interface LoadedConfig {
  /** Absolute; it names the project. */
  readonly file: string;
  readonly spec: SupervisorSpec;
  /** JSON or YAML: all its services are processes. */
  readonly isData: boolean;
  /** The files that it was read from, the env files included, as they were then. */
  readonly read: ReadFiles;
  readonly logTargetOf: LogTargetOf;
  readonly watchTargets: readonly WatchTarget[];
  /** The cluster of a config of data. */
  readonly cluster: { readonly id: string; readonly store: string } | null;
}

export interface LoadOptions {
  /** It was loaded before: a module is imported anew. */
  readonly isAgain?: boolean;
  /** The profiles whose services run, beside those of no profile. */
  readonly profiles?: readonly string[];
  /** Services of all profiles, and those that are not enabled: the caller selects from them. */
  readonly isWhole?: boolean;
  /** A node of a cluster of data that is tried: it has this name and this engine, whatever the config says. */
  readonly node?: AsNode;
}

export interface AsNode {
  readonly name: string;
  /** The address of the engine. */
  readonly store: string;
}

/** @throws ConfigError whatever is wrong with the file, before anything runs */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  const loaded = await load(file, options);
  const owners = terminalOwners(loaded.spec);
  if (owners.length > 1 && options.isWhole !== true) refuseFile(file, twoOwners(owners));
  return loaded;
}

function twoOwners(owners: readonly string[]): string {
  return `only one service can read from the terminal (\`stdin: inherit\` or \`tty\`); these would: ${owners.join(", ")}`;
}

async function load(file: string, options: LoadOptions): Promise<LoadedConfig> {
  const read = new Map([[file, fileState(file)]]);
  if (!statSync(file).isFile()) refuseFile(file, "it is not a file");
  const isData = [".json", ".yaml", ".yml"].includes(extname(file));
  if (!isData) {
    const spec = await loadModule(file, options);
    return { file, spec, isData, read, logTargetOf: () => undefined, watchTargets: [], cluster: null };
  }
  const { envFiles, ...data } = await loadData(file, options);
  for (const path of envFiles) read.set(path, fileState(path));
  return { file, isData, read, ...data };
}

/** The readers are loaded when there is something to read: a command that needs none starts faster. */
async function loadData(file: string, options: LoadOptions) {
  const [{ readConfigFile }, { readData, hasCluster }] = await Promise.all([
    import("./read-file.ts"),
    import("./read-data.ts"),
  ]);
  const text = await readConfigFile(file, extname(file));
  const clusters = hasCluster(text) ? asNode(await import("./cluster-spec.ts"), options.node) : null;
  return readData(file, text, { clusters, isWanted: (service) => isWanted(service, options) });
}

function asNode(clusters: typeof import("./cluster-spec.ts"), node: AsNode | undefined): typeof clusters {
  if (node === undefined) return clusters;
  const { name, store } = node;
  const toCluster: typeof clusters.toCluster = (config, folder) =>
    clusters.toCluster({ ...config, store, node: { ...config.node, name } }, folder);
  return { ...clusters, toCluster };
}

function isWanted(
  { profiles: own, enabled }: { profiles?: readonly string[] | undefined; enabled?: boolean | undefined },
  { profiles = [], isWhole = false }: LoadOptions,
): boolean {
  if (isWhole) return true;
  return enabled !== false && (own === undefined || own.some((one) => profiles.includes(one)));
}

async function loadModule(file: string, { isAgain = false }: LoadOptions): Promise<SupervisorSpec> {
  const { importDefault } = await import("./load-module.ts");
  const spec = await importDefault(file, isAgain);
  try {
    describeTree(spec);
  } catch (error) {
    // The spec is an object of the user's: reading it may throw anything.
    const hint = error instanceof SupervisorError ? hintFor(spec, error) : "";
    refuseFile(file, `${textOf(toError(error))}${hint}`, { cause: error });
  }
  return spec;
}

/** A process that is written in a module as it would be in YAML. */
function hintFor(spec: SupervisorSpec, { path }: SupervisorError): string {
  const [, ...names] = (path ?? "").split("/");
  const service = names.reduce<ChildSpec | undefined>(
    (parent, name) => parent?.services?.find((child) => child?.name === name),
    spec,
  );
  if (service === undefined || !("command" in service) || "run" in service) return "";
  return '; in a module a process is made by defineProcess({ name, command, … }) of "statevisor/node"';
}
