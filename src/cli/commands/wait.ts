// wait.ts: `wait` returns when services of the running tree are healthy or completed, or will not be.

import { exitCodes } from "../cli-error.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import type { Waited } from "../control/waits.ts";

export interface WaitOptions extends AskOptions {
  /** In milliseconds. */
  timeout?: number;
}

type WaitDocument = Waited & { summary: string };

export async function wait(services: readonly string[], { timeout, ...options }: WaitOptions): Promise<number> {
  let isLate = false;
  const format = ({ service, outcome, summary }: WaitDocument) => {
    if (outcome === "up") return `${style("green", "✔")} ${service} is up`;
    process.stderr.write(`${outcome === "late" ? "…" : "✖"} ${service}: ${summary}\n`);
    return undefined;
  };
  const note = (document: WaitDocument) => {
    isLate ||= document.outcome === "late";
  };
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: timeout };
  const code = await askAndPrint({ verb: "wait", services, ...timeoutMs, format, note }, options);
  return isLate && code !== exitCodes.ok ? exitCodes.timedOut : code;
}
