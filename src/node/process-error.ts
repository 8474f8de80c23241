// ProcessError: how a process ended that should not have, and how its command and its end are written.

import { accessSync, constants, existsSync, statSync } from "node:fs";
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

/** A command as a person would type it, without the passwords in its URLs. */
export function formatCommand(command: string | readonly string[]): string {
  if (typeof command === "string") return redactUrls(command);
  const words = command.map(redactUrls);
  return words.map((word) => (/^[\w@%+=:,./?…-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

export function formatEnd({ exitCode, signal }: ProcessEnd): string {
  return signal === null ? `exited with code ${exitCode}` : `was killed by ${signal}`;
}

/** Why a process could not be started. Node reports a missing folder as a missing command. */
export function toSpawnError(
  path: string,
  command: string | readonly string[],
  cwd: string | undefined,
  cause: NodeJS.ErrnoException,
): Error {
  const file = typeof command === "string" ? command : command[0]!;
  const where = cwd ?? process.cwd();
  const message = `${path}: cannot start ${formatCommand(command)} in ${where}: ${explain(cause, file, where)}`;
  return Object.assign(new Error(message, { cause }), { code: cause.code });
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
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? `the folder ${cwd} does not exist`
      : `the folder ${cwd} may not be entered`;
  }
}
