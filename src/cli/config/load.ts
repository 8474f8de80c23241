// A config file as a tree that could be started: found, read, checked. Starts nothing.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { SupervisorError } from "../../contract/errors.ts";
import type { ChildSpec, SupervisorSpec } from "../../contract/spec.ts";
import { createSupervisor } from "../../index.ts";
import { ConfigError, type Problem } from "./problems.ts";
import type { Source } from "./source.ts";

export interface LoadedConfig {
  /** Absolute; it names the project. */
  readonly file: string;
  readonly spec: SupervisorSpec;
  /** JSON or YAML: all its services are processes. */
  readonly isData: boolean;
}

/** @throws ConfigError whatever is wrong with it, before anything runs */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const isData = [".json", ".yaml", ".yml"].includes(extname(file));
  const spec = isData ? await loadData(file) : await loadModule(file);
  return { file, spec, isData };
}

/** The readers are loaded when there is something to read: a command that needs none starts faster. */
async function loadData(file: string): Promise<SupervisorSpec> {
  const [{ parseSource }, { validateConfig }, { toSpec }] = await Promise.all([
    import("./source.ts"),
    import("./validate.ts"),
    import("./to-spec.ts"),
  ]);
  const source = parseSource(file, await read(file));
  const spec = toSpec(file, validateConfig(file, source));
  checkSpec(file, spec, (path) => locateService(source, path));
  return spec;
}

function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error) => {
    throw new ConfigError(file, [{ place: [], message: `it cannot be read: ${error.message}` }], { cause: error });
  });
}

async function loadModule(file: string): Promise<SupervisorSpec> {
  const { importDefault } = await import("./load-module.ts");
  const spec = await importDefault(file);
  checkSpec(file, spec, () => ({ place: [] }));
  return spec;
}

type Located = Pick<Problem, "place" | "line" | "column">;

/** The rules of the tree itself: names, dependencies, cycles, numbers. */
function checkSpec(file: string, spec: SupervisorSpec, locate: (path: string) => Located): void {
  try {
    createSupervisor(spec);
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    const message = `${error.message}${hintFor(spec, error)}`;
    throw new ConfigError(file, [{ ...locate(error.path ?? ""), message }], { cause: error });
  }
}

/** The first thing that one does who goes from YAML to a module. */
function hintFor(spec: SupervisorSpec, { path }: SupervisorError): string {
  const [, ...names] = (path ?? "").split("/");
  const service = names.reduce<ChildSpec | undefined>(
    (parent, name) => parent?.services?.find((child) => child?.name === name),
    spec,
  );
  if (service === undefined || !("command" in service) || "run" in service) return "";
  return '; in a module a process is made by defineProcess({ name, command, … }) of "statevisor/node"';
}

/** Where in a file of data a service stands, by its path in the tree. */
function locateService(source: Source, path: string): Located {
  const [, ...names] = path.split("/");
  const place: (string | number)[] = [];
  let value = source.value as { services?: readonly { name?: unknown }[] } | undefined;
  for (const name of names) {
    const index = value?.services?.findIndex((child) => child?.name === name) ?? -1;
    if (index === -1) break;
    place.push("services", index);
    value = value?.services?.[index] as typeof value;
  }
  return { place, ...source.locate(place) };
}
