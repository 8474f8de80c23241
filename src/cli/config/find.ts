// find.ts: finds the config file: the one that the user names, or the nearest one at or above the working directory.

import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";

/** In the order in which they are looked for. */
export const configNames = ["ts", "mts", "js", "mjs", "json", "yaml", "yml"].map(
  (extension) => `statevisor.config.${extension}`,
);

/**
 * The absolute path of the config file, with links resolved: it identifies the project.
 *
 * @throws CliError 4 when there is none
 */
export function findConfig(named: string | undefined, cwd = process.cwd()): string {
  if (named !== undefined) {
    const file = resolve(cwd, named);
    if (!existsSync(file)) throw new CliError(exitCodes.badConfig, `there is no config file ${file}`);
    return realpathSync(file);
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = configNames.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return realpathSync(found);
    if (folder === dirname(folder)) break;
  }
  throw new CliError(
    exitCodes.badConfig,
    `there is no config file: looked for ${configNames.join(", ")} in ${resolve(cwd)} and the folders above it; ` +
      "`statevisor init` writes a first one, `-c <file>` names another",
  );
}
