// explanation.ts: why a service is in its state, as text: for `explain`, and for the page of the live view.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { Explanation } from "../../index.ts";
import { withoutRoot } from "./format.ts";
import type { Style } from "./style.ts";

const packageFolder = dirname(createRequire(import.meta.url).resolve("statevisor/package.json"));

export interface Explained extends Explanation {
  /** The newest lines that the service wrote. */
  output: string[];
}

export function formatExplanation(explained: Explained, style: Style): string {
  const { path, state, summary, waitingFor, retriesLeft, lastError, output } = explained;
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

/** The stack says where in the user's code it failed. What no code of the user's has thrown has no such place. */
function textOfError({ name, message, stack }: NonNullable<Explanation["lastError"]>): string {
  const places = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !isOurs(line));
  const isPlain = name === "ProcessError" || name === "SupervisorError" || places.length === 0;
  const text = message.startsWith(`${name}: `) || isPlain ? message : `${name}: ${message}`;
  return name === "ProcessError" ? text : [text, ...places].join("\n");
}

/** A line of a stack inside this package, or inside Node. */
function isOurs(line: string): boolean {
  return line.includes("node:") || line.includes(packageFolder);
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
