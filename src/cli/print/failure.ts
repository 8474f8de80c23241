// failure.ts: the reason of a failure in the words of the command: without the path that the line names already.

import { textOf } from "../../contract/wording.ts";
import { clip, withoutPath } from "./format.ts";

/** The longest reason that a line shows. */
const shownLength = 300;

export function reasonOf(error: Error, path: string): string {
  return clip(withoutPath(textOf(error), path), shownLength);
}

/** The reason without the last line of output, where the output follows below. */
export function withoutLastWords(reason: string): string {
  return reason.replace(/; it said last: [\s\S]*$/, "");
}

/** The last lines that a process wrote, which its error carries. */
export function outputOf(error: Error): readonly string[] {
  const { output } = error as { output?: unknown };
  return Array.isArray(output) ? output.filter((line) => typeof line === "string") : [];
}
