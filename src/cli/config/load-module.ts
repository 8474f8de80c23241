// A config that is a module: imported, and called when it gives a function.

import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { toError } from "../../contract/errors.ts";
import type { SupervisorSpec } from "../../contract/spec.ts";
import { describe, textOf } from "../../contract/wording.ts";
import { ConfigError } from "./problems.ts";

/** How long a module may take to give its tree. */
const patienceMs = 30_000;

/** The default export, or what it returns. @throws ConfigError */
export async function importDefault(file: string): Promise<SupervisorSpec> {
  const fail = (what: string) => (error: unknown) => {
    throw new ConfigError(file, [{ place: [], message: `${what}: ${withPlace(file, error)}` }], { cause: error });
  };
  const exported = await inTime(file, importModule(file)).catch(fail("it cannot be loaded"));
  const called = typeof exported === "function" ? call(exported as () => unknown) : exported;
  const spec = await inTime(file, called).catch(fail("its default export was called, and failed"));
  if (typeof spec === "object" && spec !== null) return spec as SupervisorSpec;
  const expected = "the default export must be a SupervisorSpec, or a function that returns one";
  throw new ConfigError(file, [{ place: [], message: `${expected}; got ${describe(spec)}` }]);
}

async function importModule(file: string): Promise<unknown> {
  if (/\.m?js$/.test(file)) return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  const { createJiti } = await import("jiti");
  return ((await createJiti(import.meta.url, { interopDefault: false }).import(file)) as { default?: unknown }).default;
}

async function call(factory: () => unknown): Promise<unknown> {
  return factory();
}

/** What never settles would end the command without a word, since nothing would keep it alive. */
async function inTime<T>(file: string, work: T | PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it has not come to an end within ${patienceMs / 1_000} s (${file})`));
    }, patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The message, and where in the file it happened. */
function withPlace(file: string, thrown: unknown): string {
  const error = toError(thrown);
  const text = textOf(error);
  const frame = textOf(error, "stack")
    .split("\n")
    .slice(1)
    .find((line) => line.includes(file));
  if (frame !== undefined) return `${text} (${frame.trim()})`;
  return error instanceof SyntaxError ? `${text}${placeOfSyntaxError(file)}` : text;
}

/** Node knows the line of a slip in the syntax, and tells it only when it ends by it. */
function placeOfSyntaxError(file: string): string {
  const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
  const first = stderr.split("\n").find((line) => line.includes(`${file}:`));
  const line = first === undefined ? "" : /^\d+/.exec(first.slice(first.indexOf(file) + file.length + 1))?.[0];
  return line ? ` (line ${line})` : "";
}
