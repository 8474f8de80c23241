// env-files.ts: reads the env files that a config names.

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { textOf } from "../../contract/wording.ts";
import { replaceIn, type Variables } from "./interpolate.ts";
import { ConfigError, type Place } from "./problems.ts";
import type { Source } from "./source.ts";

/** What a config may say: a path, a path that need not be there, or a list of these; the later wins. */
export type EnvFiles = EnvFile | readonly EnvFile[];
type EnvFile = string | { readonly path: string; readonly required?: boolean | undefined };

/** The longest env file, in bytes. */
const mostBytes = 1_000_000;

export interface EnvReader {
  /** The variables of the files. @throws ConfigError for a file that is missing or cannot be read */
  read(files: EnvFiles | undefined, place: Place): Variables;
  /** The paths that were looked for. */
  readonly paths: ReadonlySet<string>;
}

/** `folder`: what relative paths are relative to. Values may contain variables of `around` and of the lines before. */
export function createEnvReader(file: string, folder: string, source: Source, around: Variables): EnvReader {
  const paths = new Set<string>();

  function refuse(place: Place, message: string): never {
    throw new ConfigError(file, [{ place, message, ...source.locate(place) }]);
  }

  function readOne(path: string, isRequired: boolean, place: Place, before: Variables): Variables {
    const full = resolve(folder, path);
    paths.add(full);
    const stats = statSync(full, { throwIfNoEntry: false });
    if (stats === undefined && !isRequired) return {};
    if (stats === undefined) refuse(place, `there is no file ${full}; { path, required: false } goes on without`);
    if (!stats.isFile()) refuse(place, `${full} is not a file`);
    if (stats.size > mostBytes) refuse(place, `${full} is too long: more than ${mostBytes.toLocaleString("en")} bytes`);
    return parse(full, place, before);
  }

  function parse(full: string, place: Place, before: Variables): Variables {
    const { parse: parseLines }: typeof import("dotenv") = createRequire(import.meta.url)("dotenv");
    let text: string;
    try {
      text = readFileSync(full, "utf8");
    } catch (error) {
      return refuse(place, `${full} cannot be read: ${textOf(error)}`);
    }
    const known: Record<string, string | undefined> = { ...before };
    const own: Record<string, string> = {};
    for (const [name, value] of Object.entries(parseLines(text))) {
      const replaced = replaceIn(value, known, place, (_, message) => refuse(place, `${full}: ${name}: ${message}`));
      own[name] = String(replaced);
      known[name] = around[name] ?? own[name];
    }
    return own;
  }

  return {
    paths,
    read(files, place) {
      const all = files === undefined ? [] : Array.isArray(files) ? files : [files as EnvFile];
      const places = Array.isArray(files) ? all.map((_, at) => [...place, at]) : [place];
      const variables: Record<string, string> = {};
      for (const [at, one] of all.entries()) {
        const { path, required = true } = typeof one === "string" ? { path: one } : one;
        Object.assign(variables, readOne(path, required, places[at]!, { ...variables, ...around }));
      }
      return variables;
    },
  };
}

/** The env files of the top of a file that has not been checked yet; undefined for what is not of that form. */
export function envFilesIn(value: unknown): EnvFiles | undefined {
  const given = (value as { envFile?: unknown } | null)?.envFile;
  const all = Array.isArray(given) ? given : [given];
  const isForm = (one: unknown) =>
    typeof one === "string" || typeof (one as { path?: unknown } | null)?.path === "string";
  return all.every(isForm) ? (given as EnvFiles) : undefined;
}
