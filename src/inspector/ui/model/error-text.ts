// error-text.ts: an error as text to paste, and the places in its stack.

import type { ErrorInfo } from "../../shared/protocol.ts";

/** Why something is not well, where nothing has failed: a role of a cluster that is not up yet. */
export function isReason({ name, stack }: ErrorInfo): boolean {
  return name === "" && stack === undefined;
}

export function errorAsMarkdown(path: string, error: ErrorInfo): string {
  return [`**\`${path}\`**: ${headOf(error)}`, "", "```", ...linesOf(error), "```", ""].join("\n");
}

function headOf({ name, code, message }: ErrorInfo): string {
  return `${name}${code === undefined ? "" : ` (${code})`}: ${message.split("\n")[0]}`;
}

function linesOf(error: ErrorInfo): string[] {
  const { name, message, cause, errors = [] } = error;
  return [
    ...`${name}: ${message}`.split("\n"),
    ...framesOf(error),
    ...(cause === undefined ? [] : ["caused by:", ...linesOf(cause).map((line) => `  ${line}`)]),
    ...errors.flatMap((one) => ["made of:", ...linesOf(one).map((line) => `  ${line}`)]),
  ];
}

/** The lines of a stack without the message, which V8 repeats at its head. */
export function framesOf({ stack = "" }: ErrorInfo): string[] {
  const at = stack.indexOf("\n    at ");
  return at === -1 ? [] : stack.slice(at + 1).split("\n");
}

/** The file of a line of a stack, as editors open it: `/home/me/shop/api.ts:12:5`; null for Node's own. */
export function placeOf(frame: string): string | null {
  const [, place] = /(?:^|[\s(]|file:\/\/)(\/[^\s():]+:\d+(?::\d+)?)\)?$/.exec(frame) ?? [];
  return place ?? null;
}
