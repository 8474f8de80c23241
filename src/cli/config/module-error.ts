// module-error.ts: what went wrong in a module of the user's, and in which line, for a message.

import { spawnSync } from "node:child_process";
import { toError } from "../../contract/errors.ts";
import { textOf } from "../../contract/wording.ts";

/** How long Node may take to look for a mistake in the syntax, in milliseconds. */
const nodeTimeoutMs = 10_000;

/** The message, and where in the file it happened. */
export function describeModuleError(file: string, thrown: unknown): string {
  const error = toError(thrown);
  const text = textOf(error);
  const frame = textOf(error, "stack")
    .split("\n")
    .slice(1)
    .find((line) => line.includes(file));
  if (frame !== undefined) return `${text} (${frame.trim()})`;
  return error instanceof SyntaxError ? `${text}${placeOfSyntaxError(file)}` : text;
}

/** Node knows the line of a mistake in the syntax, and reports it only when the mistake ends the process. */
function placeOfSyntaxError(file: string): string {
  const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8", timeout: nodeTimeoutMs });
  const first = stderr.split("\n").find((line) => line.includes(`${file}:`));
  const line = first === undefined ? "" : /^\d+/.exec(first.slice(first.indexOf(file) + file.length + 1))?.[0];
  return line ? ` (line ${line})` : "";
}
