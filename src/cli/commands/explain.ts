// explain.ts: `explain` prints why a service is in its state, what it waits for, and how it failed last.

import type { Explanation } from "../../index.ts";
import { type AskOptions, askAndPrint, style } from "../control/ask-and-print.ts";
import { withoutRoot } from "../print/format.ts";

interface Explained extends Explanation {
  /** The newest lines that the service wrote. */
  output: string[];
}

export function explain(services: readonly string[], options: AskOptions): Promise<number> {
  return askAndPrint({ verb: "explain", services, format }, options);
}

function format({ path, state, summary, waitingFor, retriesLeft, lastError, output }: Explained): string {
  const waits = waitingFor.map(
    ({ path: on, condition, because }) => `  waits for ${withoutRoot(on)} to be ${condition}: ${because}`,
  );
  const lastOutput = output.map((line) => `    ${style("dim", line)}`);
  return [
    `${style("bold", withoutRoot(path))}: ${summary}`,
    ...waits,
    ...(state === "backoff" ? [`  retries left: ${retriesLeft ?? "no limit"}`] : []),
    ...(lastError ? [`  last failure: ${indent(textOfError(lastError))}`] : []),
    ...(lastError && output.length > 0 ? ["  last output:", ...lastOutput] : []),
  ].join("\n");
}

/** The stack of a ProcessError shows this package, not the place where the program failed. */
function textOfError({ name, message, stack }: NonNullable<Explanation["lastError"]>): string {
  return name === "ProcessError" ? message : (stack ?? `${name}: ${message}`);
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
