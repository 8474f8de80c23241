// import.ts: `import` writes a config from the file of another tool, and says what it could not carry over.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";
import { configNames } from "../config/find.ts";
import { ConfigError } from "../config/problems.ts";
import { readData } from "../config/read-data.ts";
import { target, withEnvFile, writeConfig } from "../config/write-config.ts";
import { toName } from "../import/fields.ts";
import { readForeign } from "../import/read-foreign.ts";
import { harmless } from "../print/harmless.ts";

/** @throws CliError 2 when there is a config already; 4 when the other file cannot be read */
export async function importFrom(source: string): Promise<number> {
  const file = resolve(source);
  const folder = dirname(file);
  const there = configNames.find((name) => existsSync(resolve(folder, name)));
  if (there !== undefined) throw new CliError(exitCodes.usage, `there is a config already: ${resolve(folder, there)}`);
  const { config, left } = await readForeign(file, toName(basename(folder), new Set()));
  const written = resolve(folder, target);
  writeConfig(written, withEnvFile(config, file));
  process.stdout.write(`wrote ${written}\n`);
  for (const { place, text } of left) process.stderr.write(harmless(`${basename(file)}: ${place}: ${text}\n`, false));
  return tellProblems(written);
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
