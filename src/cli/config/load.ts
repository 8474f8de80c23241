// load.ts: a config file as a tree that could be started: read and checked. Starts nothing.

import { statSync } from "node:fs";
import { extname } from "node:path";
import { SupervisorError, toError } from "../../contract/errors.ts";
import type { ChildSpec, SupervisorSpec } from "../../contract/spec.ts";
import { textOf } from "../../contract/wording.ts";
import { describeTree } from "../../index.ts";
import { type FileState, fileState } from "../control/config-age.ts";
import { ConfigError, refuseFile } from "./problems.ts";

export interface LoadedConfig {
  /** Absolute; it names the project. */
  readonly file: string;
  readonly spec: SupervisorSpec;
  /** JSON or YAML: all its services are processes. */
  readonly isData: boolean;
  /** The state of the file when it was read. */
  readonly state: FileState;
}

export interface LoadOptions {
  /** It was loaded before: a module is imported anew. */
  readonly isAgain?: boolean;
}

/** @throws ConfigError whatever is wrong with the file, before anything runs */
export async function loadConfig(file: string, { isAgain = false }: LoadOptions = {}): Promise<LoadedConfig> {
  const state = fileState(file);
  if (!statSync(file).isFile()) refuseFile(file, "it is not a file");
  const isData = [".json", ".yaml", ".yml"].includes(extname(file));
  return { file, spec: await (isData ? loadData(file) : loadModule(file, isAgain)), isData, state };
}

/** The readers are loaded when there is something to read: a command that needs none starts faster. */
async function loadData(file: string): Promise<SupervisorSpec> {
  const [{ readConfigFile }, { parseSource }, { validateConfig }, { toSpec }, { placeOf, toProblem }] =
    await Promise.all([
      import("./read-file.ts"),
      import("./source.ts"),
      import("./validate.ts"),
      import("./to-spec.ts"),
      import("./locate.ts"),
    ]);
  const source = parseSource(file, await readConfigFile(file, extname(file)));
  const spec = toSpec(file, validateConfig(file, source), source);
  try {
    describeTree(spec);
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    const problem = toProblem(error, placeOf(error.path ?? "", source), source);
    throw new ConfigError(file, [problem], { cause: error });
  }
  return spec;
}

async function loadModule(file: string, isAgain: boolean): Promise<SupervisorSpec> {
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
