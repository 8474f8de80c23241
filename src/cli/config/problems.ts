// problems.ts: what is wrong with a config file, as a person reads it: file, line, place, what was expected and given.

import { CliError, exitCodes } from "../cli-error.ts";

/** A place in a file of data: keys and indexes from its root. */
export type Place = readonly (string | number)[];

export interface Problem {
  readonly place: Place;
  readonly message: string;
  /** From 1, where it is known. */
  readonly line?: number;
  readonly column?: number;
}

/** Exit code 4: nothing was started. */
export class ConfigError extends CliError {
  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? "" : ` (${problems.length} problems)`;
    const lines = problems.slice(0, shownProblems).map((problem) => `\n  ${formatProblem(file, problem)}`);
    const more = problems.length > shownProblems ? `\n  and ${problems.length - shownProblems} more` : "";
    super(exitCodes.badConfig, `the config is not valid, nothing was started${count}${lines.join("")}${more}`, options);
  }
}

const shownProblems = 50;

/** @throws ConfigError about the file as a whole */
export function refuseFile(file: string, message: string, options?: ErrorOptions): never {
  throw new ConfigError(file, [{ place: [], message }], options);
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

/** The opposite of `formatPlace`, for the option that a message of the library names. */
export function parsePlace(text: string): Place {
  return text.split(/[.[\]]+/).flatMap((key) => (key === "" ? [] : [/^\d+$/.test(key) ? Number(key) : key]));
}
