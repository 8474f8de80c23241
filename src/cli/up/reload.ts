// reload.ts: reads the config of a running tree again, and applies the difference.

import { toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";
import type { Supervisor } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { type LoadedConfig, type LoadOptions, loadConfig } from "../config/load.ts";
import { isSameInConfig } from "../config/same.ts";
import { selectServices } from "../config/select.ts";
import type { Reload, Running } from "../control/running.ts";

/** `paths` and `options`: the services and the profiles that `up` was called with. */
export function createReload(
  running: Pick<Running, "config" | "supervisor">,
  paths: readonly string[],
  options: LoadOptions,
  onReload: (loaded: LoadedConfig) => void,
): Reload {
  const { config, supervisor } = running;
  return async () => {
    const loaded = await loadConfig(config.file, { ...options, isAgain: true }).catch(refuse);
    const { read, logTargetOf } = loaded;
    const selected = selectServices(loaded.spec, paths);
    return {
      difference: await redefine(supervisor, selected, true).catch(refuseRunning),
      apply() {
        // From here on the new config is what runs, also when not all of it comes up.
        Object.assign(config, { read, logTargetOf });
        onReload(loaded);
        return redefine(supervisor, selected, false);
      },
    };
  };
}

function redefine(supervisor: Supervisor, spec: Parameters<Supervisor["redefine"]>[0], dryRun: boolean) {
  return supervisor.redefine(spec, { isSame: isSameInConfig, dryRun });
}

/** @throws CliError 4 the running tree is as it was */
function refuse(error: unknown): never {
  if (!(error instanceof CliError)) throw error;
  const message = error.message.replace("nothing was started", "nothing has changed");
  throw new CliError(error.exitCode, message, { cause: error });
}

/** @throws CliError 1 the options of the root, and what added services require, cannot be changed while the tree runs */
function refuseRunning(error: unknown): never {
  const message = `${textOf(toError(error))} (\`statevisor down\` and \`statevisor up\` apply it)`;
  throw new CliError(exitCodes.failed, message, { cause: error });
}
