// change.ts: `start`, `stop` and `restart` change services of the running tree; exit code 1 if one of them failed.

import { CliError, exitCodes } from "../cli-error.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";

/** What became of one service; the others are changed all the same when it fails. */
interface ChangeResult {
  service: string;
  ok: boolean;
  error?: { message: string };
}

const participles = { start: "started", stop: "stopped", restart: "restarted" } as const;

export function change(
  verb: keyof typeof participles,
  services: readonly string[],
  options: AskOptions,
): Promise<number> {
  if (services.length === 0) {
    throw new CliError(exitCodes.usage, `${verb} which service? \`statevisor status\` shows them`);
  }
  const changed = participles[verb];
  const format = ({ service, ok, error }: ChangeResult) => {
    if (ok) return `${style("green", "✔")} ${service} ${changed}`;
    process.stderr.write(`✖ ${service} not ${changed}: ${error?.message}\n`);
    return undefined;
  };
  return askAndPrint({ verb, services, format }, options);
}
