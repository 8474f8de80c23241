// ProcessError: how a process ended that should not have, and how its command and its end are written.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { asHopeless } from "../contract/hopeless.ts";
import { textOf } from "../contract/wording.ts";
import { redactUrls } from "./redact-url.ts";

/** How a process ended: a code, or the signal that killed it. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process ended by itself, in a way that is not in its `successExitCodes`. The message says where, what, how, and the
 * last line that it wrote; `output` holds its last 50 lines.
 */
export class ProcessError extends Error {
  readonly code = "ERR_PROCESS_EXIT";
  readonly pid: number;
  /** null: a signal killed it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of stdout and stderr, at most 50, each cut at 2,000 characters, oldest first. */
  readonly output: readonly string[];

  constructor(message: string, pid: number, { exitCode, signal }: ProcessEnd, output: readonly string[]) {
    super(message);
    this.pid = pid;
    this.exitCode = exitCode;
    this.signal = signal;
    this.output = output;
  }
}

Object.defineProperty(ProcessError.prototype, "name", { value: "ProcessError", configurable: true, writable: true });

/** The longest command that a message shows. */
const shownCommand = 120;

/** A command as a person would type it, without the passwords in its URLs; a long one is shortened in its middle. */
export function formatCommand(command: string | readonly string[]): string {
  if (typeof command === "string") return withoutMiddle(redactUrls(command));
  const words = command.map(redactUrls);
  return withoutMiddle(words.map((word) => (/^[\w@%+=:,./?…-]+$/.test(word) ? word : JSON.stringify(word))).join(" "));
}

/** What program it is stands at the beginning of a command, what tells it from others of its kind often at the end. */
function withoutMiddle(text: string): string {
  if (text.length <= shownCommand) return text;
  const ofEnd = Math.floor(shownCommand / 3);
  return `${text.slice(0, shownCommand - ofEnd - 3)} … ${text.slice(-ofEnd)}`;
}

/** How a command ended, and what it said last. The end comes first: lines for people are cut at their end. */
export function formatEnd(command: string | readonly string[], end: ProcessEnd, lastWords: string | undefined): string {
  const how = end.signal === null ? `exited with code ${end.exitCode}` : `was killed by ${end.signal}`;
  const said = lastWords === undefined ? "it wrote nothing" : `it said last: ${clip(lastWords)}`;
  return `${how} (${formatCommand(command)}); ${said}`;
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Spawns that fail today may succeed in a moment: too many processes or files, too little memory, a file being written. */
const passing = ["EAGAIN", "EMFILE", "ENFILE", "ENOMEM", "ETXTBSY"];

/**
 * Why a process could not be started. Node reports a missing folder as a missing command. What is missing or not allowed
 * stays so: such an end is not retried.
 */
export function toSpawnError(
  path: string,
  command: string | readonly string[],
  cwd: string | undefined,
  cause: NodeJS.ErrnoException,
): Error {
  const file = typeof command === "string" ? command : command[0]!;
  const where = cwd ?? process.cwd();
  const message = `${path}: cannot start ${formatCommand(command)}: ${explain(cause, file, where)}; in ${where}`;
  const error = Object.assign(new Error(message, { cause }), { code: cause.code });
  return passing.includes(cause.code ?? "") ? error : asHopeless(error);
}

function explain(cause: NodeJS.ErrnoException, file: string, cwd: string): string {
  const why = cause.code ?? cause.message;
  const folder = explainFolder(cwd);
  if (folder !== null) return `${folder} (cwd; ${why})`;
  if (cause.code === "ENOENT") {
    if (!file.includes("/")) return `there is no program "${file}" on its PATH (${why})`;
    const exists = existsSync(file.startsWith("/") ? file : `${cwd}/${file}`);
    return exists ? `${file} exists, but the interpreter that it names does not (${why})` : `no such file (${why})`;
  }
  if (cause.code === "EACCES") return `${file} is not an executable file, or may not be executed (${why})`;
  if (cause.code === "EPERM") return `not allowed; only root may change uid and gid (${why})`;
  return why === cause.message ? why : `${why}: ${cause.message}`;
}

function explainFolder(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory()) return `${cwd} is not a folder`;
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    return textOf(error, "code") === "ENOENT"
      ? `the folder ${cwd} does not exist`
      : `the folder ${cwd} may not be entered`;
  }
}
