// What ends a command early: a message for a person, and the exit code.

/** The exit codes of the command; 130 and 143 are those of a second SIGINT and SIGTERM. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3, badConfig: 4 } as const;

export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
