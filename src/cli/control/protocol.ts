// protocol.ts: the messages of the control socket: one request for each connection, then answers; each is a line of JSON.

import type { Failure } from "./call.ts";
import type { CheckedVerb } from "./verbs.ts";

export interface Request {
  readonly verb: CheckedVerb;
  readonly services?: readonly string[];
  /** logs: also send the lines that come later. */
  readonly follow?: boolean;
  /** logs: how many of the newest lines to send first. */
  readonly lines?: number;
  /** logs: only lines from then on, in milliseconds since 1970. */
  readonly since?: number;
  /** wait: how long, in milliseconds. */
  readonly timeoutMs?: number;
  /** reload: only say what it would change. */
  readonly dryRun?: boolean;
  /** restart: one instance after another. */
  readonly rolling?: boolean;
}

export type Answer =
  /** The request has arrived; its answer may take long. */
  | { readonly type: "accepted" }
  /** A part of the answer: its document, or one document of a stream. */
  | { readonly type: "data"; readonly data: unknown }
  /** A message for the user while they wait; not a part of the answer. */
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "end"; readonly ok: boolean }
  | ({ readonly type: "error" } & Failure);

/**
 * Calls `onValue` with each line of a stream, parsed. Calls `onBroken` once when a line is not JSON, or is longer than
 * `maxLength`; nothing more is kept then.
 */
export function readLines(
  stream: NodeJS.ReadableStream,
  onValue: (value: unknown) => void,
  onBroken: (why: string) => void,
  maxLength = Number.POSITIVE_INFINITY,
): void {
  let rest = "";
  const fail = (why: string) => {
    rest = "";
    stream.off("data", read);
    onBroken(why);
  };
  const read = (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    if (rest.length > maxLength) return fail("a line is too long");
    for (const line of lines) {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return fail("a line is not JSON");
      }
      onValue(value);
    }
  };
  stream.setEncoding("utf8");
  stream.on("data", read);
}
