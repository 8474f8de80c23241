// change.ts: `start`, `stop` and `restart` change services of the running tree; exit code 1 if one of them failed.

import type { Phase, ServiceState } from "../../contract/states.ts";
import { CliError, exitCodes } from "../cli-error.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";

/** What became of one service; the others are changed all the same when it fails. */
interface ChangeResult {
  service: string;
  ok: boolean;
  /** Its state before the change, and its state and phase after it. */
  before?: ServiceState;
  state?: ServiceState;
  phase?: Phase | null;
  error?: { message: string };
}

const participles = { start: "started", stop: "stopped", restart: "restarted" } as const;

export interface ChangeOptions extends AskOptions {
  /** restart: one instance after another, each healthy before the next. */
  rolling?: boolean;
}

export function change(
  verb: keyof typeof participles,
  services: readonly string[],
  { rolling, ...options }: ChangeOptions,
): Promise<number> {
  if (services.length === 0) {
    throw new CliError(exitCodes.usage, `${verb} which service? \`statevisor status\` shows them`);
  }
  const changed = participles[verb];
  const format = ({ ok, error, ...result }: ChangeResult) => {
    const { service } = result;
    if (ok) return `${style("green", "✔")} ${service} ${unchanged(verb, result) ?? changed}`;
    process.stderr.write(`✖ ${service} not ${changed}: ${error?.message}\n`);
    return undefined;
  };
  return askAndPrint({ verb, services, format, ...(rolling && { rolling }) }, options);
}

/** What is so of a service that was there already; undefined where the verb has changed it. */
function unchanged(
  verb: keyof typeof participles,
  { before, phase }: Pick<ChangeResult, "before" | "phase">,
): string | undefined {
  if (verb === "start") return before === "running" ? "runs already" : undefined;
  if (verb !== "stop" || (before !== "stopped" && before !== "failed")) return undefined;
  if (phase === "completed") return "has completed, and does not run";
  return before === "failed" ? "has failed, and does not run" : "does not run";
}
