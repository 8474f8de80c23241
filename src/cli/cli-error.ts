// cli-error.ts: the error that ends a command early, with a message for the user and the exit code.

/** The exit codes of the command; 130 and 143 are those of a second SIGINT and SIGTERM. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3, badConfig: 4, timedOut: 124 } as const;

export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
