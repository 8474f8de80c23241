// completion.ts: `completion` prints a script that completes verbs, flags and services in a shell.

import { describeTree } from "../../index.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { findConfig } from "../config/find.ts";
import { loadConfig } from "../config/load.ts";
import { listChildren } from "../print/children.ts";
import { withoutRoot } from "../print/format.ts";
import { scripts, shells, type Verb } from "./completion-scripts.ts";

/** @throws CliError 2 for another shell */
export function completion(shell: string | undefined, verbs: readonly Verb[]): number {
  const known = shells.find((one) => one === shell);
  if (known === undefined) throw new CliError(exitCodes.usage, `for which shell? there are ${shells.join(", ")}`);
  process.stdout.write(scripts[known](verbs));
  return exitCodes.ok;
}

/** Prints the services of the config, for the scripts; nothing where there is no valid one. */
export async function printServices(): Promise<number> {
  try {
    const { spec } = await loadConfig(findConfig(undefined), { isWhole: true });
    process.stdout.write(
      listChildren(describeTree(spec))
        .map(({ path }) => `${withoutRoot(path)}\n`)
        .join(""),
    );
  } catch {
    // A shell completes while the user types: there is nothing to say now.
  }
  return exitCodes.ok;
}
