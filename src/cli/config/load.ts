// A config file as a tree that could be started: found, read, checked. Starts nothing.

import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, SupervisorError, textOf, toError } from "../../errors.ts";
import type { SupervisorSpec } from "../../spec.ts";
import { createSupervisor } from "../../supervisor.ts";
import { ConfigError } from "./problems.ts";

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
  checkSpec(file, spec);
  return { file, spec, isData };
}

/** The readers are loaded when there is something to read: a command that needs none starts faster. */
async function loadData(file: string): Promise<SupervisorSpec> {
  const [{ parseSource }, { validateConfig }, { toSpec }] = await Promise.all([
    import("./source.ts"),
    import("./validate.ts"),
    import("./to-spec.ts"),
  ]);
  const source = parseSource(file, await readFile(file, "utf8"));
  const config = validateConfig(file, source);
  try {
    return toSpec(file, config);
  } catch (error) {
    throw new ConfigError(file, [{ place: [], message: textOf(toError(error)) }], { cause: error });
  }
}

async function loadModule(file: string): Promise<SupervisorSpec> {
  const exported = await importDefault(file).catch((error) => {
    throw new ConfigError(file, [{ place: [], message: `it cannot be loaded: ${withPlace(file, error)}` }], {
      cause: error,
    });
  });
  const spec = typeof exported === "function" ? await callFactory(file, exported) : exported;
  if (typeof spec !== "object" || spec === null) {
    const expected = "the default export must be a SupervisorSpec, or a function that returns one";
    throw new ConfigError(file, [{ place: [], message: `${expected}; got ${describe(spec)}` }]);
  }
  return spec as SupervisorSpec;
}

async function importDefault(file: string): Promise<unknown> {
  if (/\.m?js$/.test(file)) return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  const { createJiti } = await import("jiti");
  return ((await createJiti(import.meta.url, { interopDefault: false }).import(file)) as { default?: unknown }).default;
}

async function callFactory(file: string, factory: unknown): Promise<unknown> {
  try {
    return await (factory as () => unknown)();
  } catch (error) {
    const message = `its default export was called, and failed: ${withPlace(file, error)}`;
    throw new ConfigError(file, [{ place: [], message }], { cause: error });
  }
}

/** The message, and where in the file it happened. */
function withPlace(file: string, thrown: unknown): string {
  const error = toError(thrown);
  const line = textOf(error, "stack")
    .split("\n")
    .find((frame) => frame.includes(file));
  return line === undefined ? textOf(error) : `${textOf(error)} (${line.trim()})`;
}

/** The rules of the tree itself: names, dependencies, cycles, numbers. */
function checkSpec(file: string, spec: SupervisorSpec): void {
  try {
    createSupervisor(spec);
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    throw new ConfigError(file, [{ place: [], message: error.message }], { cause: error });
  }
}
