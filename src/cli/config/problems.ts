// What is wrong with a config file, as a person reads it: file, line, place in the file, what was expected and given.

import { CliError, exitCodes } from "../cli-error.ts";

/** A place in a file of data: keys and indexes from its root. */
export type Place = readonly (string | number)[];

export interface Problem {
  readonly place: Place;
  readonly message: string;
  /** From 1, where the file tells. */
  readonly line?: number;
  readonly column?: number;
}

/** Exit code 4: nothing was started. */
export class ConfigError extends CliError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? "" : ` (${problems.length} problems)`;
    super(
      exitCodes.badConfig,
      `the config is not valid, nothing was started${count}\n${problems.map((problem) => `  ${formatProblem(file, problem)}`).join("\n")}`,
      options,
    );
    this.file = file;
    this.problems = problems;
  }
}

function formatProblem(file: string, { place, message, line, column }: Problem): string {
  const at = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const where = formatPlace(place);
  return where === "" ? `${at}: ${message}` : `${at}: ${where}: ${message}`;
}

/** `services[2].restart.maxRetries` */
export function formatPlace(place: Place): string {
  return place.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
}
