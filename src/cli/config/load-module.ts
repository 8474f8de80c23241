// load-module.ts: the tree of a config that is a module: imported, and called when its default export is a function.

import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { SupervisorSpec } from "../../contract/spec.ts";
import { describe } from "../../contract/wording.ts";
import { exitCodes } from "../cli-error.ts";
import { describeModuleError } from "./module-error.ts";
import { refuseFile } from "./problems.ts";

/** How long a module may take to give its tree, in milliseconds. */
const patienceMs = 10_000;

/** The default export, or what it returns. `isAgain`: the module was imported before, and is to be anew. @throws ConfigError */
export async function importDefault(file: string, isAgain: boolean): Promise<SupervisorSpec> {
  const exported = await guarded(file, () => importModule(file, isAgain), "it cannot be loaded");
  const spec =
    typeof exported === "function"
      ? await guarded(file, async () => exported(), "its default export was called, and failed")
      : await exported;
  if (typeof spec === "object" && spec !== null) return spec as SupervisorSpec;
  const expected = "the default export must be a SupervisorSpec, or a function that returns one";
  return refuseFile(file, `${expected}; got ${describe(spec)}`);
}

/** The default export of any module: the config of another tool. @throws ConfigError */
export function loadAny(file: string): Promise<unknown> {
  return guarded(file, () => importModule(file, false), "it cannot be loaded");
}

/**
 * Node keeps every module that it has imported, by its address; another query is another address. What the file itself
 * imports is kept: only the loader of TypeScript can read that again.
 */
async function importModule(file: string, isAgain: boolean): Promise<unknown> {
  if (/\.[mc]?js$/.test(file)) {
    const query = isAgain ? `?read=${Date.now()}` : "";
    const module: { default?: unknown } = await import(pathToFileURL(file).href + query);
    return module.default;
  }
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { interopDefault: false, moduleCache: !isAgain });
  return (await jiti.import<{ default?: unknown }>(file)).default;
}

/**
 * Runs code of the user's module. All of these are its failure: that it throws or rejects, an error that escapes from a
 * callback of it, that it takes too long, and that it ends this process.
 */
async function guarded(file: string, work: () => Promise<unknown>, what: string): Promise<unknown> {
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const timer = setTimeout(() => {
    fail(new Error(`it has not given its tree within ${patienceMs / 1_000} s`));
  }, patienceMs);
  const onExit = (code: number) => {
    writeSync(2, `statevisor: ${file}: it has called process.exit(${code}) while it was loaded; nothing was started\n`);
    process.exitCode = exitCodes.badConfig;
  };
  process.once("exit", onExit).on("uncaughtException", fail);
  try {
    return await Promise.race([work(), failure]);
  } catch (error) {
    return refuseFile(file, `${what}: ${describeModuleError(file, error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    process.off("exit", onExit).off("uncaughtException", fail);
  }
}
