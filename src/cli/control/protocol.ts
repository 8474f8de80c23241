// What goes over the control socket: one request a connection, as a line of JSON; answers, one a line, until one ends it.

import type { CheckedVerb } from "./verbs.ts";

export interface Request {
  readonly verb: CheckedVerb;
  readonly services?: readonly string[];
  /** logs: go on with what comes. */
  readonly follow?: boolean;
  /** logs: how many of the newest lines first. */
  readonly lines?: number;
}

export type Answer =
  /** A part of the answer: the document, or one of a stream. */
  | { readonly type: "data"; readonly data: unknown }
  /** Something to tell meanwhile, that is no part of the answer. */
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "end"; readonly ok: boolean }
  | { readonly type: "error"; readonly message: string; readonly code?: string };

/** Calls `onValue` with each line of a stream, parsed; `onBroken` when one is no JSON, or is longer than `maxLength`. */
export function readLines(
  stream: NodeJS.ReadableStream,
  onValue: (value: unknown) => void,
  onBroken: (why: string) => void,
  maxLength = Number.POSITIVE_INFINITY,
): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    if (rest.length > maxLength) return onBroken("a line is too long");
    for (const line of lines) {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return onBroken("a line is not JSON");
      }
      onValue(value);
    }
  });
}
