// last-words.ts: the line of a program's output that most likely says why it ended.

import { stripVTControlCharacters } from "node:util";
import { lastState } from "../contract/wording.ts";
import type { OutputStream } from "./process-output.ts";

interface Said {
  readonly line: string;
  readonly stream: OutputStream;
}

/** The last line that is not blank, of stderr if it has any; of a Node program that threw, the line of its error. */
export function lastWordsOf(said: readonly Said[]): string | undefined {
  const lines = said.filter(({ line }) => line.trim() !== "");
  const ofErrors = lines.filter(({ stream }) => stream === "stderr").map(({ line }) => line);
  const told = ofErrors.length > 0 ? ofErrors : lines.map(({ line }) => line);
  const words = thrownBy(told) ?? told.at(-1);
  return words && lastState(words).trim();
}

/**
 * Node prints an uncaught error as: the place and its source, a line of carets, the error, its stack, and in the end its
 * own version. Where the carets are further up than the lines that are kept, the last line that reads like an error is
 * taken.
 */
function thrownBy(lines: readonly string[]): string | undefined {
  const plain = lines.map((line) => stripVTControlCharacters(line));
  if (!/^Node\.js v\d/.test(plain.at(-1) ?? "")) return undefined;
  const carets = plain.findLastIndex((line) => /^\s*\^+\s*$/.test(line));
  const isError = (line: string) => /^\s*(\[?\w*(Error|Exception|Rejection)\b|Uncaught )/.test(line);
  if (carets === -1) return lines[plain.findLastIndex(isError)];
  const isLabel = (line: string) => /^(Uncaught:|Thrown:)$/.test(line.trim());
  const stack = plain.findIndex((line, i) => i > carets && /^\s+at /.test(line));
  const end = stack === -1 ? plain.length - 1 : stack;
  // Of a program that does not parse, Node 22 and later say first what was expected.
  const error = plain.findIndex((line, i) => i > carets && i < end && isError(line));
  const first = plain.findIndex((line, i) => i > carets && !isLabel(line));
  const words = error === -1 ? first : error;
  return words === plain.length - 1 ? undefined : lines[words];
}
