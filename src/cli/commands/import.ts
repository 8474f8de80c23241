// import.ts: `import` writes a config from the file of another tool, and says what it could not carry over.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { textOf } from "../../contract/wording.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { configNames } from "../config/find.ts";
import { loadAny } from "../config/load-module.ts";
import { ConfigError } from "../config/problems.ts";
import { readData } from "../config/read-data.ts";
import { fromCompose } from "../import/compose.ts";
import { type Imported, toName } from "../import/fields.ts";
import { fromPm2 } from "../import/pm2.ts";
import { fromProcessCompose } from "../import/process-compose.ts";
import { fromProcfile } from "../import/procfile.ts";
import { harmless } from "../print/harmless.ts";

export const target = "statevisor.config.yaml";

/** @throws CliError 2 when there is a config already; 4 when the other file cannot be read */
export async function importFrom(source: string): Promise<number> {
  const file = resolve(source);
  const folder = dirname(file);
  const there = configNames.find((name) => existsSync(resolve(folder, name)));
  if (there !== undefined) throw new CliError(exitCodes.usage, `there is a config already: ${resolve(folder, there)}`);
  const { config, left } = await read(file, toName(basename(folder), new Set()));
  const written = resolve(folder, target);
  writeConfig(written, withEnvFile(config, file));
  process.stdout.write(`wrote ${written}\n`);
  for (const { place, text } of left) process.stderr.write(harmless(`${basename(file)}: ${place}: ${text}\n`, false));
  return tellProblems(written);
}

/** With the .env file beside it, which every one of these tools but PM2 reads. */
export function withEnvFile(config: Record<string, unknown>, file: string): Record<string, unknown> {
  const { name, ...rest } = config;
  const isPm2 = /\.(json|[cm]?js)$/.test(file);
  if (isPm2 || config.envFile !== undefined || !existsSync(resolve(dirname(file), ".env"))) return config;
  return { name, envFile: ".env", ...rest };
}

/** `config`: as data, or as text. */
export function writeConfig(file: string, config: object | string): void {
  const header = `# Run it with \`statevisor up\`; \`statevisor check\` shows the plan.
# yaml-language-server: $schema=./node_modules/statevisor/dist/schema.json
`;
  writeFileSync(file, `${header}${typeof config === "string" ? config : stringify(config)}`);
}

/** What a file of another tool says, as a config of ours. @throws CliError 4 when it cannot be read */
export async function read(file: string, name: string): Promise<Imported> {
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

/** What is left to mend before it runs. Returns the exit code: 0 when there is nothing. */
function tellProblems(file: string): number {
  try {
    readData(file, readFileSync(file, "utf8"));
    process.stderr.write("`statevisor check` shows the plan, `statevisor up` runs it\n");
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `${harmless(error.message.replace("the config is not valid, nothing was started", "still to mend"), false)}\n`,
    );
    return exitCodes.badConfig;
  }
}
