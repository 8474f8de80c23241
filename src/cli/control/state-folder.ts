// state-folder.ts: the folder with the log files of a project that runs in the background.

import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CliError, exitCodes } from "../cli-error.ts";
import { hash } from "./runtime-folder.ts";

/**
 * `<state>/<name of its folder>-<hash of its path>`, made if it is not there, for the user alone. The state folder is
 * STATEVISOR_STATE_DIR, or else `statevisor` in XDG_STATE_HOME, which is `~/.local/state` where it is not set.
 *
 * @throws CliError 1 when it cannot be made
 */
export function makeStateFolder(configFile: string): string {
  const folder = join(
    stateHome(),
    `${basename(dirname(configFile)).slice(0, 50) || "root"}-${hash(configFile).slice(0, 8)}`,
  );
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    const message = `the folder for log files cannot be made: ${(error as Error).message}; STATEVISOR_STATE_DIR names another`;
    throw new CliError(exitCodes.failed, message, { cause: error });
  }
}

function stateHome(): string {
  const { STATEVISOR_STATE_DIR, XDG_STATE_HOME, HOME } = process.env;
  if (STATEVISOR_STATE_DIR) return STATEVISOR_STATE_DIR;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, "statevisor");
  if (HOME) return join(HOME, ".local", "state", "statevisor");
  const message = "there is no folder for log files: neither HOME nor STATEVISOR_STATE_DIR is set";
  throw new CliError(exitCodes.failed, message);
}
