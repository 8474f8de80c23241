// read-foreign.ts: the file of another tool, of whichever it is, as a config of ours.

import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { parse } from "yaml";
import { textOf } from "../../contract/wording.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { loadAny } from "../config/load-module.ts";
import { fromCompose } from "./compose.ts";
import type { Imported } from "./fields.ts";
import { fromPm2 } from "./pm2.ts";
import { fromProcessCompose } from "./process-compose.ts";
import { fromProcfile } from "./procfile.ts";

/** @throws CliError 4 when it cannot be read, or is of none of the tools that are known */
export async function readForeign(file: string, name: string): Promise<Imported> {
  const known = basename(file).toLowerCase();
  if (known.startsWith("procfile")) return fromProcfile(textIn(file), name);
  if ([".js", ".cjs", ".mjs"].includes(extname(known))) return fromPm2(await loadAny(file), name);
  const value = valueIn(file);
  if (extname(known) === ".json") return fromPm2(value, name);
  if (typeof value === "object" && value !== null && "processes" in value) return fromProcessCompose(value, name);
  if (typeof value === "object" && value !== null && "services" in value) return fromCompose(value, name);
  if (typeof value === "object" && value !== null && "apps" in value) return fromPm2(value, name);
  const kinds = "an ecosystem file of PM2 (apps), a compose file (services), process-compose (processes) or a Procfile";
  throw new CliError(exitCodes.badConfig, `${file} is none of the files that can be imported: ${kinds}`);
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(exitCodes.badConfig, `${file} cannot be read: ${textOf(error)}`, { cause: error });
  }
}

function valueIn(file: string): unknown {
  const text = textIn(file);
  try {
    return extname(file) === ".json" ? JSON.parse(text) : parse(text, { merge: true });
  } catch (error) {
    throw new CliError(exitCodes.badConfig, `${file} cannot be read: ${textOf(error)}`, { cause: error });
  }
}
